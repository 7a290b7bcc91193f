//! What a function reads from its environment: one struct, and one error that lists everything that is wrong.

use alicloud::Endpoints;
use alicloud::{AccountId, Region};
use audit::{Keys as AuditKeys, SigningKey, Verifiers};
use connection::words::Kind;
use engine::jdcloud_keys::{FILE_VARIABLE, Keys, VARIABLE};
use fc_runtime::Environment;
use store::Location;

/// How long a message may be overdue before a sweep sends it again, in seconds.
pub const SWEEP_GRACE_SECONDS: WholeNumber =
    WholeNumber { variable: "CAUSEWAY_SWEEP_GRACE_SECONDS", unit: "seconds", least: 5, most: 86_400, otherwise: 60 };
/// How often every connection is compared with the cloud, in minutes.
pub const DRIFT_EVERY_MINUTES: WholeNumber =
    WholeNumber { variable: "CAUSEWAY_DRIFT_EVERY_MINUTES", unit: "minutes", least: 5, most: 10_080, otherwise: 60 };

/// The variable with the key by which a function that decides signs entries and checkpoints.
pub const AUDIT_KEY: &str = "CAUSEWAY_AUDIT_KEY";
/// The variable that names a file which holds the same.
pub const AUDIT_KEY_FILE: &str = "CAUSEWAY_AUDIT_KEY_FILE";
/// The variable with the keys by which entries are verified, separated by spaces.
pub const AUDIT_VERIFIERS: &str = "CAUSEWAY_AUDIT_VERIFIERS";

/// The variable with the place for copies of checkpoints.
pub const CHECKPOINT_COPIES: &str = "CAUSEWAY_CHECKPOINT_COPIES";

/// Makes sure that a function which decides can sign what it decides.
///
/// # Errors
/// When the environment has no key.
pub fn decides(environment: &Environment) -> Result<(), BadEnvironment> {
    let has = |name| environment.get(name).is_some_and(|text| !text.is_empty());
    if has(AUDIT_KEY) || has(AUDIT_KEY_FILE) {
        return Ok(());
    }
    Err(BadEnvironment(vec![format!(
        "{AUDIT_KEY} is missing (PRIVATE+KEY+NAME+HASH+KEY): this function decides, and signs what it decides; `causeway audit key \
         NAME` makes one"
    )]))
}

/// Makes sure that a function which goes by what was decided can verify it.
///
/// # Errors
/// When the environment has no keys.
pub fn verifies(environment: &Environment) -> Result<(), BadEnvironment> {
    if environment.get(AUDIT_VERIFIERS).is_some_and(|text| !text.trim().is_empty()) {
        return Ok(());
    }
    Err(BadEnvironment(vec![format!(
        "{AUDIT_VERIFIERS} is missing (NAME+HASH+KEY, several separated by spaces): this function goes by what was decided, and \
         verifies it; `causeway audit key NAME` prints it"
    )]))
}

/// A setting that is a whole number. template.yml has the same limits.
#[derive(Debug, Clone, Copy)]
pub struct WholeNumber {
    /// The variable.
    pub variable: &'static str,
    /// What is counted.
    pub unit: &'static str,
    /// The smallest value.
    pub least: u32,
    /// The largest.
    pub most: u32,
    /// The value where the environment holds none.
    pub otherwise: u32,
}

impl WholeNumber {
    /// Reads it from `environment`.
    ///
    /// # Errors
    /// When the variable holds anything else.
    pub fn read(&self, environment: &Environment) -> Result<u32, BadEnvironment> {
        let Self { variable, unit, least, most, otherwise } = *self;
        let Some(text) = environment.get(variable) else { return Ok(otherwise) };
        // The value is no secret, and nobody finds a blank or a decimal point who does not see it.
        let bad = || {
            BadEnvironment(vec![format!(
                "{variable} is {text:?}; it must be a whole number of {unit}, {least} to {most}"
            )])
        };
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number| is_plain && (least..=most).contains(number)).ok_or_else(bad)
    }
}

/// What every function of Causeway needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where records live (`CAUSEWAY_STORE`).
    pub store: Location,
    /// Where checkpoints are copied to (`CAUSEWAY_CHECKPOINT_COPIES`); `None` for nowhere.
    pub copies: Option<Location>,
    /// What the names of the queues begin with (`CAUSEWAY_QUEUE_PREFIX`): several deployments live in one account.
    pub queue_prefix: String,
    /// The kinds whose functions and queues are deployed (`CAUSEWAY_KINDS`, separated by commas); all where that is not set.
    pub kinds: Vec<Kind>,
    /// The address of a local cloud (`CAUSEWAY_ENDPOINT`); `None` for Alibaba Cloud's own addresses.
    pub endpoint: Option<String>,
    /// Where each product is reached.
    pub endpoints: Endpoints,
    /// The keys of accounts of JD Cloud (`CAUSEWAY_JDCLOUD_KEYS`, or the file that `CAUSEWAY_JDCLOUD_KEYS_FILE` names); none in
    /// a function that needs none.
    pub jdcloud_keys: Keys,
    /// Where JD Cloud is reached.
    pub jdcloud_endpoints: jdcloud::Endpoints,
    /// The keys of the logs (`CAUSEWAY_AUDIT_KEY`, or the file that `CAUSEWAY_AUDIT_KEY_FILE` names, and `CAUSEWAY_AUDIT_VERIFIERS`);
    /// none in a function that neither decides nor goes by what was decided.
    pub audit: AuditKeys,
    /// The operator's account (`FC_ACCOUNT_ID`, set by the platform).
    pub account_id: AccountId,
    /// The region the functions and queues live in (`FC_REGION`, set by the platform).
    pub region: Region,
}

/// Everything that is wrong with the environment, at once.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct BadEnvironment(pub Vec<String>);

impl Settings {
    /// Reads `environment`.
    ///
    /// # Errors
    /// Names every variable that is missing or does not read. Values are not repeated: some are secret.
    pub fn read(environment: &Environment) -> Result<Self, BadEnvironment> {
        let mut reader = Reader { environment, problems: Vec::new() };
        let store = reader.required("CAUSEWAY_STORE", "oss://BUCKET or file:///FOLDER");
        let copies = reader.optional(CHECKPOINT_COPIES, "oss://BUCKET or file:///FOLDER");
        let account_id = reader.required("FC_ACCOUNT_ID", "the account's id, set by the platform");
        let region: Option<Region> = reader.required("FC_REGION", "the region, set by the platform");
        let endpoint = environment.get("CAUSEWAY_ENDPOINT").map(|text| text.trim_end_matches('/').to_owned());
        let endpoints = match (&endpoint, &region) {
            (Some(base), _) => Endpoints::at(base)
                .map_err(|error| reader.problems.push(format!("CAUSEWAY_ENDPOINT cannot be used: {error}")))
                .ok(),
            (None, Some(region)) => Some(Endpoints::inside(region.clone())),
            (None, None) => None,
        };
        // What reads as the one's address reads as the other's: a fault is told once.
        let jdcloud_endpoints = match endpoint.as_deref().map(jdcloud::Endpoints::at) {
            Some(Ok(endpoints)) => Some(endpoints),
            Some(Err(error)) if endpoints.is_some() => {
                reader.problems.push(format!("CAUSEWAY_ENDPOINT cannot be used: {error}"));
                None
            }
            Some(Err(_)) => None,
            None => Some(jdcloud::Endpoints::public()),
        };
        let jdcloud_keys = reader.jdcloud_keys();
        let audit = reader.audit();
        let (queue_prefix, kinds) = (reader.queue_prefix(), reader.kinds());
        match (store, account_id, region, endpoints, jdcloud_endpoints) {
            (Some(store), Some(account_id), Some(region), Some(endpoints), Some(jdcloud_endpoints))
                if reader.problems.is_empty() =>
            {
                Ok(Self {
                    store,
                    copies,
                    queue_prefix,
                    kinds,
                    endpoint,
                    endpoints,
                    jdcloud_keys,
                    jdcloud_endpoints,
                    audit,
                    account_id,
                    region,
                })
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
        if self.environment.get(name).is_none_or(str::is_empty) {
            self.problems.push(format!("{name} is missing ({meaning})"));
        }
        self.optional(name, meaning)
    }

    fn optional<T: std::str::FromStr>(&mut self, name: &str, meaning: &str) -> Option<T> {
        let text = self.environment.get(name).filter(|text| !text.is_empty())?;
        let value = text.parse().ok();
        if value.is_none() {
            self.problems.push(format!("{name} does not read; it must be {meaning}"));
        }
        value
    }

    fn kinds(&mut self) -> Vec<Kind> {
        let Some(text) = self.environment.get("CAUSEWAY_KINDS").filter(|text| !text.is_empty()) else {
            return Kind::ALL.to_vec();
        };
        let mut kinds = Vec::new();
        for word in text.split(',').map(str::trim) {
            match Kind::ALL.into_iter().find(|kind| kind.word() == word) {
                Some(kind) => kinds.push(kind),
                None => self.problems.push(format!(
                    "CAUSEWAY_KINDS has {word:?}, which is no kind; there are {}, separated by commas",
                    Kind::ALL.map(Kind::word).join(", ")
                )),
            }
        }
        kinds
    }

    fn queue_prefix(&mut self) -> String {
        let prefix = self.environment.get("CAUSEWAY_QUEUE_PREFIX").unwrap_or_default();
        // The longest name of a queue follows; a name has at most 120 characters.
        let is_good = prefix.len() <= 80
            && prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !prefix.starts_with('-');
        if !is_good {
            self.problems.push(format!(
                "CAUSEWAY_QUEUE_PREFIX is {prefix:?}; it must be at most 80 letters, digits and hyphens, a letter or digit first. It \
                 is the stack's name and a hyphen, so the stack needs such a name"
            ));
        }
        prefix.to_owned()
    }

    /// A secret from a variable, or from the file that another names; with the name of what it came from.
    fn secret(&mut self, variable: &'static str, file: &'static str) -> Option<(&'static str, String)> {
        let given = |name| self.environment.get(name).filter(|text| !text.is_empty());
        let (name, text) = match (given(variable), given(file)) {
            (None, None) => return None,
            (Some(_), Some(_)) => {
                self.problems.push(format!("{variable} and {file} are both set; set one of them"));
                return None;
            }
            (Some(text), None) => (variable, Ok(text.to_owned())),
            (None, Some(path)) => (file, std::fs::read_to_string(path)),
        };
        match text {
            Ok(text) => Some((name, text)),
            Err(error) => {
                self.problems.push(format!("the file that {name} names cannot be read: {}", error.kind()));
                None
            }
        }
    }

    fn jdcloud_keys(&mut self) -> Keys {
        let Some((name, text)) = self.secret(VARIABLE, FILE_VARIABLE) else { return Keys::default() };
        Keys::from_json(&text).unwrap_or_else(|error| {
            self.problems.push(format!("{name} does not read: {error}"));
            Keys::default()
        })
    }

    fn audit(&mut self) -> AuditKeys {
        let list = self.environment.get(AUDIT_VERIFIERS).unwrap_or_default();
        let trusted: Verifiers = list.parse().unwrap_or_else(|error| {
            self.problems.push(format!("{AUDIT_VERIFIERS} does not read: {error}"));
            Verifiers::default()
        });
        let Some((name, text)) = self.secret(AUDIT_KEY, AUDIT_KEY_FILE) else { return AuditKeys::new(None, trusted) };
        let own = match SigningKey::parse(text.trim()) {
            Ok(own) => own,
            Err(error) => {
                self.problems.push(format!("{name} does not read: {error}"));
                return AuditKeys::new(None, trusted);
            }
        };
        // What this function signs must count with the others.
        if trusted.get(own.id()).is_none_or(|verifier| verifier.until().is_some()) {
            self.problems.push(format!(
                "{AUDIT_VERIFIERS} does not name the key that {name} holds: write {} into it, without @TIME; a key that it \
                 replaces stays, with @TIME",
                own.verifier()
            ));
        }
        AuditKeys::new(Some(own), trusted)
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

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
        assert_eq!(with("http://127.0.0.1:4600/").unwrap().endpoint.as_deref(), Some("http://127.0.0.1:4600"));
        for bad in ["not an address", "127.0.0.1:4600", "http://", "http://host/path", "ftp://host", "http://a@host"] {
            let error = with(bad).unwrap_err().to_string();
            assert_eq!(error.matches("CAUSEWAY_ENDPOINT").count(), 1, "{bad}: {error}");
        }
    }

    #[test]
    fn a_place_for_copies_may_be_left_out_and_must_read() {
        let good = [("CAUSEWAY_STORE", "oss://b"), ("FC_ACCOUNT_ID", "1000000000000001"), ("FC_REGION", "cn-hangzhou")];
        let environment = environment(&good);
        let copies = |text: &str| Settings::read(&environment.clone().with(CHECKPOINT_COPIES, text));
        assert_eq!(Settings::read(&environment).unwrap().copies, None);
        assert_eq!(copies("").unwrap().copies, None);
        assert_eq!(copies("oss://c").unwrap().copies, Some(Location::Oss { bucket: "c".to_owned() }));
        let error = copies("bucket").unwrap_err();
        assert_eq!(error.0, ["CAUSEWAY_CHECKPOINT_COPIES does not read; it must be oss://BUCKET or file:///FOLDER"]);
    }

    #[test]
    fn a_whole_number_within_its_limits_reads_and_nothing_else() {
        let read = |text: &str| SWEEP_GRACE_SECONDS.read(&environment(&[("CAUSEWAY_SWEEP_GRACE_SECONDS", text)]));
        assert_eq!((read("").unwrap(), read("5").unwrap(), read("86400").unwrap()), (60, 5, 86_400));
        for bad in ["4", "0", "86401", "60.0", "6e1", "+60", "-60", " 60", "60s", "ten", "99999999999999999999"] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains("CAUSEWAY_SWEEP_GRACE_SECONDS") && error.contains("5 to 86400"), "{error}");
        }
        assert!(DRIFT_EVERY_MINUTES.read(&environment(&[("CAUSEWAY_DRIFT_EVERY_MINUTES", "10081")])).is_err());
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

    #[test]
    fn the_key_of_the_logs_is_one_that_is_trusted_and_is_never_told() {
        let good = [("CAUSEWAY_STORE", "oss://b"), ("FC_ACCOUNT_ID", "1000000000000001"), ("FC_REGION", "cn-hangzhou")];
        let environment = environment(&good);
        let key = |seed: u8| SigningKey::from_seed("causeway.test", [seed; 32]).unwrap();
        let (own, own_text) = (key(1), key(1).to_text());
        let own_text = own_text.expose_secret();
        let read = |key: &str, list: &str| {
            let environment = environment.clone().with(AUDIT_KEY, key).with(AUDIT_VERIFIERS, list);
            Settings::read(&environment).map_err(|error| error.to_string())
        };
        let former = format!("{}@2027-01-31T00:00:00Z", key(2).verifier());
        let audit = read(own_text, &format!("{former} {}", own.verifier())).unwrap().audit;
        assert_eq!((audit.own().unwrap().id(), audit.trusted().iter().count()), (own.id(), 2));
        let only_trusts = read("", &own.verifier().to_string()).unwrap();
        assert!(only_trusts.audit.own().is_err() && !format!("{only_trusts:?}").contains(own_text));
        for (key, list, words) in [
            (own_text, former.as_str(), "does not name the key that CAUSEWAY_AUDIT_KEY holds"),
            (own_text, &format!("{}@2027-01-31T00:00:00Z", own.verifier()), "without @TIME"),
            (own_text, "", "does not name the key"),
            (own_text, "sesame", "CAUSEWAY_AUDIT_VERIFIERS does not read"),
            (&own_text[..30], &own.verifier().to_string(), "CAUSEWAY_AUDIT_KEY does not read"),
        ] {
            let told = read(key, list).unwrap_err();
            assert!(told.contains(words) && !told.contains(&own_text[40..]), "{told}");
        }
        assert!(decides(&environment).is_err() && verifies(&environment).is_err());
        assert!(decides(&environment.clone().with(AUDIT_KEY_FILE, "/key")).is_ok());
        assert!(verifies(&environment.with(AUDIT_VERIFIERS, own.verifier().to_string())).is_ok());
    }
}
