//! Everything that verifying takes in one file: a line of JSON for each object, one before them, one behind.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use store::{EVIDENCE, Store};

use super::{AuditError, file};

/// What the first line names.
const FORMAT: &str = "causeway audit export";
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    format: String,
    version: u32,
}

/// An object. What it holds is text; what is not is not whole anyhow, and its bytes stand there as numbers.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Object {
    key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<Vec<u8>>,
}

/// How many there are: a file that was cut off has no such line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    objects: usize,
}

fn write_line(out: &mut impl Write, line: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// Writes everything into a file. Returns how many objects.
///
/// # Errors
/// When the store cannot be read or the file cannot be written.
pub async fn export(store: &Store, path: &Path) -> Result<usize, AuditError> {
    let failed = |source| file(path, source);
    let mut out = BufWriter::new(File::create(path).map_err(failed)?);
    write_line(&mut out, &First { format: FORMAT.to_owned(), version: VERSION }).map_err(failed)?;
    let mut objects = 0;
    for folder in EVIDENCE {
        let mut keys = store.files_below(folder).await?;
        keys.sort_unstable();
        for key in keys {
            let Some(bytes) = store.get(&key).await? else { continue };
            let (text, bytes) = match String::from_utf8(bytes) {
                Ok(text) => (Some(text), None),
                Err(error) => (None, Some(error.into_bytes())),
            };
            write_line(&mut out, &Object { key, text, bytes }).map_err(failed)?;
            objects += 1;
        }
    }
    write_line(&mut out, &Last { objects }).map_err(failed)?;
    out.flush().map_err(failed)?;
    Ok(objects)
}

/// Reads such a file into memory.
///
/// # Errors
/// When it cannot be read, or is no whole export.
pub async fn load(path: &Path) -> Result<Store, AuditError> {
    let failed = |source| file(path, source);
    let broken = |why: String| AuditError::NoExport { path: path.display().to_string(), why };
    let lines = BufReader::new(File::open(path).map_err(failed)?).lines();
    let lines = lines.collect::<Result<Vec<String>, _>>().map_err(failed)?;
    let [first, objects @ .., last] = &lines[..] else { return Err(broken("it has no lines".to_owned())) };
    let first: First = serde_json::from_str(first).map_err(|_| broken("its first line names no format".to_owned()))?;
    if first.format != FORMAT || first.version != VERSION {
        return Err(broken(format!("it is {} of version {}", first.format, first.version)));
    }
    let last: Last = serde_json::from_str(last).map_err(|_| broken("its end is missing".to_owned()))?;
    if last.objects != objects.len() {
        return Err(broken(format!("it has {} objects of {}", objects.len(), last.objects)));
    }
    let store = Store::in_memory();
    for (place, line) in (2..).zip(objects) {
        let at = |why: &str| broken(format!("line {place} {why}"));
        let object: Object = serde_json::from_str(line).map_err(|error| at(&format!("does not read: {error}")))?;
        let bytes = object.text.map(String::into_bytes).or(object.bytes).unwrap_or_default();
        if !EVIDENCE.iter().any(|folder| object.key.starts_with(folder)) || !store.create(&object.key, bytes).await? {
            return Err(at("names an object that is there already, or does not belong here"));
        }
    }
    Ok(store)
}
