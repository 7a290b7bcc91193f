//! A machine for tests: its variables, its home, what its network answers, what its programs print.

mod chain;
mod files;
mod modes;
mod renewal;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use alicloud::Credentials;
use async_trait::async_trait;
use http::Response;
use secrecy::ExposeSecret as _;
use tempfile::TempDir;
use transport::TransportError;

use super::{Found, NoneFound, find};
use crate::scripted::{Cloud, Seen, answer, silence};
use crate::surroundings::{ProgramFailed, Programs, Surroundings};

/// A time after the clock's 2026-01-02T03:04:05Z, and one before.
const LATER: &str = "2026-01-02T04:04:05Z";
const BEFORE: &str = "2026-01-02T02:04:05Z";

/// Programs that print what they are told to, and keep what was run.
struct Printing {
    result: Result<String, ProgramFailed>,
    ran: Mutex<Vec<Vec<String>>>,
}

#[async_trait]
impl Programs for Printing {
    async fn run(&self, program: &str, arguments: &[String]) -> Result<Vec<u8>, ProgramFailed> {
        let words = std::iter::once(program.to_owned()).chain(arguments.iter().cloned()).collect();
        self.ran.lock().unwrap().push(words);
        self.result.clone().map(String::into_bytes)
    }
}

struct Machine {
    home: TempDir,
    variables: BTreeMap<String, String>,
    cloud: Arc<Cloud>,
    programs: Arc<Printing>,
}

impl Machine {
    /// A machine whose network is silent.
    fn new() -> Self {
        Self::with_network(|_| silence())
    }

    fn with_network(rule: impl Fn(&Seen) -> Result<Response<String>, TransportError> + Send + Sync + 'static) -> Self {
        Self {
            home: TempDir::new().unwrap(),
            variables: BTreeMap::new(),
            cloud: Cloud::answering(rule),
            programs: Arc::new(Printing { result: Ok(String::new()), ran: Mutex::default() }),
        }
    }

    fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    fn printing(mut self, result: Result<&str, ProgramFailed>) -> Self {
        self.programs = Arc::new(Printing { result: result.map(str::to_owned), ran: Mutex::default() });
        self
    }

    /// Puts a file below the home folder that only its owner may read.
    fn file(self, path: &str, text: &str) -> Self {
        let path = self.home.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        permit(&path, 0o600);
        self
    }

    /// `~/.aliyun/config.json` with these profiles, of which `p` is current.
    fn profiles(self, profiles: &str) -> Self {
        let text = format!(r#"{{"current":"p","profiles":[{profiles}],"meta_path":""}}"#);
        self.file(".aliyun/config.json", &text)
    }

    fn here(&self) -> Surroundings {
        Surroundings {
            variables: Arc::new(self.variables.clone()),
            home: Some(self.home.path().to_owned()),
            io: self.cloud.io(),
            programs: Arc::clone(&self.programs) as _,
            gateway: None,
        }
    }

    async fn find(&self) -> Result<Found, NoneFound> {
        find(&self.here(), None).await
    }

    /// The key that is found, as `id secret token`.
    async fn key(&self) -> String {
        let found = self.find().await.unwrap();
        shown(&found.provider.credentials().await.unwrap())
    }

    /// What the source says of this kind, in one line.
    async fn says(&self, source: &str) -> String {
        let none = self.find().await.unwrap_err().to_string();
        let line = none.lines().find_map(|line| line.trim().strip_prefix(&format!("{source}: ")).map(str::to_owned));
        line.unwrap_or_else(|| panic!("nothing of {source} in {none}"))
    }
}

const PROFILES: &str = "profiles of the aliyun CLI";

fn permit(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn shown(credentials: &Credentials) -> String {
    let token = credentials.security_token.as_ref().map_or("-", |token| token.expose_secret());
    format!("{} {} {token}", credentials.access_key_id, credentials.access_key_secret.expose_secret())
}

/// What the metadata service, credential addresses and STS call a session.
fn session(id: &str, end: &str) -> String {
    format!(
        r#"{{"Code":"Success","AccessKeyId":"{id}","AccessKeySecret":"of-{id}","SecurityToken":"t-{id}","Expiration":"{end}"}}"#
    )
}

/// The answer of STS to whoever takes on a role.
fn assumed(id: &str, end: &str) -> Result<Response<String>, TransportError> {
    answer(200, &format!(r#"{{"RequestId":"R","Credentials":{}}}"#, session(id, end)))
}
