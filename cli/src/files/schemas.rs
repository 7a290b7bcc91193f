//! The JSON Schemas of all files, for editors.

use std::path::Path;

use approval::policy::Policy;
use connection::account::Accounts;
use connection::caller::Callers;
use connection::consent::StandingConsents;
use connection::spec::Spec;
use drift::settings::Settings;
use notice::sinks::Sinks;
use serde_json::Value;

use super::FilesError;

/// The folder that an export has them in.
pub const FOLDER: &str = ".schemas";

/// Each schema, by the name of what it describes.
#[must_use]
pub fn all() -> [(&'static str, Value); 7] {
    [
        ("connection", Spec::json_schema()),
        ("accounts", schemars::schema_for!(Accounts).to_value()),
        ("callers", schemars::schema_for!(Callers).to_value()),
        ("consents", schemars::schema_for!(StandingConsents).to_value()),
        ("drift", schemars::schema_for!(Settings).to_value()),
        ("sinks", schemars::schema_for!(Sinks).to_value()),
        ("policy", schemars::schema_for!(Policy).to_value()),
    ]
}

/// Writes all into a folder.
///
/// # Errors
/// When one cannot be written.
pub fn write(folder: &Path) -> Result<(), FilesError> {
    std::fs::create_dir_all(folder).map_err(FilesError::file(folder))?;
    for (name, schema) in all() {
        let path = folder.join(format!("{name}.json"));
        std::fs::write(&path, format!("{schema:#}\n")).map_err(FilesError::file(&path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITE: &str = "CAUSEWAY_WRITE";

    #[test]
    fn docs_schemas_is_what_is_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas");
        if std::env::var_os(WRITE).is_some() {
            write(&folder).unwrap();
        }
        for (name, schema) in all() {
            let kept = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap_or_default();
            let stale = format!(
                "docs/schemas/{name}.json is stale; write it with {WRITE}=1 cargo test -p causeway-cli schemas"
            );
            assert!(kept == format!("{schema:#}\n"), "{stale}");
        }
    }
}
