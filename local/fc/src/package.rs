//! Instances whose program is the function's own package.

use std::collections::BTreeMap;
use std::io::{Cursor, Error};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use local_oss::crc64;

use super::FunctionConfig;
use super::launcher::{Instance, LaunchError, Launcher};
use super::spawn::{LineSink, SpawnLauncher};

/// Where a package lies in an instance.
const CODE: &str = "/code/";

/// Unpacks the package of a function and starts its program: `CustomRuntimeConfig.Command`, or `bootstrap`. Each package is unpacked
/// once, into a folder of this process that goes with it.
pub struct PackageLauncher {
    spawn: SpawnLauncher,
    folder: Mutex<Option<Arc<tempfile::TempDir>>>,
}

impl PackageLauncher {
    /// Sends what programs print to `sink`.
    #[must_use]
    pub fn new(sink: LineSink) -> Self {
        Self { spawn: SpawnLauncher::new("").with_sink(sink), folder: Mutex::default() }
    }

    /// The folder of all packages.
    fn folder(&self) -> Result<Arc<tempfile::TempDir>, Error> {
        let mut folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        match &*folder {
            Some(made) => Ok(Arc::clone(made)),
            None => Ok(Arc::clone(folder.insert(Arc::new(tempfile::tempdir()?)))),
        }
    }

    /// Unpacks a package, unless that was done before.
    fn unpack(&self, package: &Bytes) -> Result<PathBuf, Error> {
        let all = self.folder()?;
        let place = all.path().join(crc64(package).to_string());
        if place.is_dir() {
            return Ok(place);
        }
        // Renamed when it is whole, so that nobody starts half a package.
        let unfinished = tempfile::tempdir_in(all.path())?;
        zip::ZipArchive::new(Cursor::new(package)).and_then(|mut zip| zip.extract(unfinished.path()))?;
        match std::fs::rename(unfinished.keep(), &place) {
            Err(error) if !place.is_dir() => Err(error),
            _ => Ok(place),
        }
    }
}

/// A program of a package, by the path that it has in an instance.
fn program(place: &Path, command: Option<&String>) -> Option<PathBuf> {
    let inside = command.map_or("bootstrap", |command| command.strip_prefix(CODE).unwrap_or(command));
    let inside = Path::new(inside.trim_start_matches("./"));
    inside.components().all(|part| matches!(part, Component::Normal(_))).then(|| place.join(inside))
}

#[async_trait]
impl Launcher for PackageLauncher {
    async fn launch(
        &self,
        function: &FunctionConfig,
        mut environment: BTreeMap<String, String>,
    ) -> Result<Arc<dyn Instance>, LaunchError> {
        let name = &function.function_name;
        let refuse = |problem: String| LaunchError::Other { function: name.clone(), problem };
        let package = function.package.as_ref().ok_or_else(|| refuse("it has no package".to_owned()))?;
        let place = self.unpack(package).map_err(|error| refuse(format!("the package cannot be unpacked: {error}")))?;
        let runtime = &function.custom_runtime_config;
        let mut command = runtime.command.iter();
        let first = command.next();
        let program = program(&place, first).ok_or_else(|| refuse(format!("{first:?} is not in the package")))?;
        let arguments: Vec<String> = command.chain(&runtime.args).cloned().collect();
        environment.insert("FC_FUNC_CODE_PATH".to_owned(), place.display().to_string());
        self.spawn.start(name, &program, &arguments, environment).await
    }
}
