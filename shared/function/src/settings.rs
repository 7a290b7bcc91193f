//! What a function reads from its environment: one struct, and one error that lists everything that is wrong.

use alicloud::Endpoints;
use alicloud::{AccountId, Region};
use engine::jdcloud_keys::{FILE_VARIABLE, Keys, VARIABLE};
use fc_runtime::Environment;
use store::Location;

/// What every function of Causeway needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where records live (`CAUSEWAY_STORE`).
    pub store: Location,
    /// The address of a local cloud (`CAUSEWAY_ENDPOINT`); `None` for Alibaba Cloud's own addresses.
    pub endpoint: Option<String>,
    /// Where each product is reached.
    pub endpoints: Endpoints,
    /// The keys of accounts of JD Cloud (`CAUSEWAY_JDCLOUD_KEYS`, or the file that `CAUSEWAY_JDCLOUD_KEYS_FILE` names); none in
    /// a function that needs none.
    pub jdcloud_keys: Keys,
    /// Where JD Cloud is reached.
    pub jdcloud_endpoints: jdcloud::Endpoints,
    /// The operator's account (`FC_ACCOUNT_ID`, set by the platform).
    pub account_id: AccountId,
    /// The region the functions and queues live in (`FC_REGION`, set by the platform).
    pub region: Region,
}

/// Everything that is wrong with the environment, at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment is incomplete: {}", .0.join("; "))]
pub struct BadEnvironment(pub Vec<String>);

impl Settings {
    /// Reads `environment`.
    ///
    /// # Errors
    /// Names every variable that is missing or does not read. Values are not repeated: some are secret.
    pub fn read(environment: &Environment) -> Result<Self, BadEnvironment> {
        let mut reader = Reader { environment, problems: Vec::new() };
        let store = reader.required("CAUSEWAY_STORE", "oss://BUCKET or file:///FOLDER");
        let account_id = reader.required("FC_ACCOUNT_ID", "the account's id, set by the platform");
        let region: Option<Region> = reader.required("FC_REGION", "the region, set by the platform");
        let endpoint = environment.get("CAUSEWAY_ENDPOINT").filter(|text| !text.is_empty()).map(str::to_owned);
        let endpoints = match (&endpoint, &region) {
            (Some(base), _) => Endpoints::at(base)
                .map_err(|error| reader.problems.push(format!("CAUSEWAY_ENDPOINT does not read: {error}")))
                .ok(),
            (None, Some(region)) => Some(Endpoints::inside(region.clone())),
            (None, None) => None,
        };
        let jdcloud_endpoints = match &endpoint {
            Some(base) => jdcloud::Endpoints::at(base).unwrap_or_else(|_| jdcloud::Endpoints::public()),
            None => jdcloud::Endpoints::public(),
        };
        let jdcloud_keys = reader.jdcloud_keys();
        match (store, account_id, region, endpoints) {
            (Some(store), Some(account_id), Some(region), Some(endpoints)) if reader.problems.is_empty() => {
                Ok(Self { store, endpoint, endpoints, jdcloud_keys, jdcloud_endpoints, account_id, region })
            }
            _ => Err(BadEnvironment(reader.problems)),
        }
    }
}

struct Reader<'a> {
    environment: &'a Environment,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn required<T: std::str::FromStr>(&mut self, name: &str, meaning: &str) -> Option<T> {
        let Some(text) = self.environment.get(name).filter(|text| !text.is_empty()) else {
            self.problems.push(format!("{name} is missing ({meaning})"));
            return None;
        };
        let value = text.parse().ok();
        if value.is_none() {
            self.problems.push(format!("{name} does not read; it must be {meaning}"));
        }
        value
    }

    fn jdcloud_keys(&mut self) -> Keys {
        let given = |name| self.environment.get(name).filter(|text| !text.is_empty());
        let (name, text) = match (given(VARIABLE), given(FILE_VARIABLE)) {
            (None, None) => return Keys::default(),
            (Some(_), Some(_)) => {
                self.problems.push(format!("{VARIABLE} and {FILE_VARIABLE} are both set; set one of them"));
                return Keys::default();
            }
            (Some(text), None) => (VARIABLE, Ok(text.to_owned())),
            (None, Some(path)) => (FILE_VARIABLE, std::fs::read_to_string(path)),
        };
        let keys = match text {
            Ok(text) => Keys::from_json(&text).map_err(|error| format!("{name} does not read: {error}")),
            Err(error) => Err(format!("the file that {name} names cannot be read: {}", error.kind())),
        };
        keys.unwrap_or_else(|problem| {
            self.problems.push(problem);
            Keys::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().copied().collect()
    }

    #[test]
    fn everything_missing_is_named_at_once() {
        let error = Settings::read(&environment(&[("CAUSEWAY_STORE", "bucket")])).unwrap_err();
        assert_eq!(error.0.len(), 3, "{error}");
        assert!(error.to_string().contains("FC_REGION"));
    }

    #[test]
    fn an_empty_endpoint_means_the_clouds_own_addresses() {
        let good = [("CAUSEWAY_STORE", "oss://b"), ("FC_ACCOUNT_ID", "1000000000000001"), ("FC_REGION", "cn-hangzhou")];
        let environment = environment(&good);
        let with = |endpoint: &str| Settings::read(&environment.clone().with("CAUSEWAY_ENDPOINT", endpoint));
        assert_eq!(with("").unwrap().endpoint, None);
        assert!(with("not an address").is_err());
    }

    #[test]
    fn keys_come_from_a_variable_or_a_file_and_are_never_told() {
        let good = [("CAUSEWAY_STORE", "oss://b"), ("FC_ACCOUNT_ID", "1000000000000001"), ("FC_REGION", "cn-hangzhou")];
        let environment = environment(&good);
        let keys = r#"{"a": {"access_key_id": "AKID", "access_key_secret": "sesame"}}"#;
        let file = std::env::temp_dir().join(format!("causeway-keys-{}", std::process::id()));
        std::fs::write(&file, keys).unwrap();
        let path = file.to_str().unwrap();
        for (name, value) in [(VARIABLE, keys), (FILE_VARIABLE, path)] {
            let settings = Settings::read(&environment.clone().with(name, value)).unwrap();
            assert_eq!(settings.jdcloud_keys.names().collect::<Vec<_>>(), ["a"]);
            assert!(!format!("{settings:?}").contains("sesame"));
        }
        let both = environment.clone().with(VARIABLE, keys).with(FILE_VARIABLE, path);
        std::fs::remove_file(&file).unwrap();
        for bad in [both, environment.clone().with(VARIABLE, "sesame"), environment.with(FILE_VARIABLE, path)] {
            let error = Settings::read(&bad).unwrap_err().to_string();
            assert!(error.contains(VARIABLE) && !error.contains("sesame"), "{error}");
        }
    }
}
