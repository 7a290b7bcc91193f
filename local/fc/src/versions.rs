//! Versions of functions, and the aliases that point to them (docs/reference/deploy-apis.md, section 6.1).
//!
//! A version is the function's code and configuration as they were when it was published; triggers and settings of asynchronous
//! calls are not among them. An alias points to one version and may give others a part of the calls. Whoever names no qualifier
//! gets `LATEST`, which is the function itself.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use local_core::ids::Ids;
use local_core::refuse_if;
use local_core::rpc::RpcError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::contract::Place;
use super::manage::{deployed_inside, let_go, limit, parameter, time};
use super::pool::Pool;
use super::rows::{AliasRow, FunctionRow, PackageRow, Tables, VersionRow, version_key};
use super::{Deployed, Inner};

/// The qualifier of the function itself.
pub(super) const LATEST: &str = "LATEST";

/// What runs a call.
pub(super) struct Target {
    pub pool: Arc<Pool>,
    /// What the caller asked for.
    pub qualifier: String,
    /// The version that it came to; none for `LATEST`.
    pub version: Option<u64>,
}

/// What a qualifier is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A call: the weights of an alias decide. The cloud's own chance draws.
    Call,
    /// To be shown: an alias stands for the version that it points to. That its weights count for calls alone is documented for
    /// FC 2.0.
    Look,
}

/// What PublishFunctionVersion is told.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Publish {
    description: Option<String>,
}

/// What CreateAlias and UpdateAlias are told. What is missing stays as it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Change {
    alias_name: Option<String>,
    version_id: Option<String>,
    description: Option<String>,
    additional_version_weight: Option<BTreeMap<u64, f64>>,
}

impl Inner {
    /// What runs a call of a function by this qualifier.
    pub(super) fn target(&self, place: &Place, name: &str, qualifier: Option<&str>) -> Result<Target, RpcError> {
        let deployed = self.find(place, name)?;
        let version = self.resolve(&deployed, qualifier, Purpose::Call)?;
        let pool = match version {
            None => Arc::clone(&deployed.pool),
            Some(id) => self.version_pool(&deployed, id).ok_or_else(|| no_version(name, id))?,
        };
        let qualifier = qualifier.filter(|text| !text.is_empty()).unwrap_or(LATEST).to_owned();
        Ok(Target { pool, qualifier, version })
    }

    /// The version that a qualifier comes to; none for `LATEST`.
    pub(super) fn resolve(
        &self,
        deployed: &Deployed,
        qualifier: Option<&str>,
        purpose: Purpose,
    ) -> Result<Option<u64>, RpcError> {
        let Some(qualifier) = qualifier.filter(|text| !matches!(*text, "" | LATEST)) else { return Ok(None) };
        let (key, name) = (deployed.key(), deployed.name());
        let rows = self.rows();
        let id = match number(qualifier) {
            Some(id) => id,
            None => {
                let alias = rows.aliases.get(&format!("{key}/{qualifier}"));
                let alias = alias.ok_or_else(|| no_alias(name, qualifier))?;
                match purpose {
                    Purpose::Call => alias.draw(&self.shared.ids),
                    Purpose::Look => alias.version,
                }
            }
        };
        refuse_if!(rows.versions.get(&version_key(&key, id)).is_none(), no_version(name, id));
        Ok(Some(id))
    }

    /// The instances of a version; none when there is no such version any more.
    pub(super) fn version_pool(&self, deployed: &Deployed, id: u64) -> Option<Arc<Pool>> {
        let own = version_key(&deployed.key(), id);
        let launcher = Arc::clone(&self.launcher.lock().unwrap_or_else(PoisonError::into_inner));
        // Held to the end, so that nobody deletes the version while its instances come into being.
        let rows = self.rows();
        let mut config = rows.versions.get(&own)?.function.config.clone();
        config.package = rows.packages.get(&own).map(|row| row.zip.clone());
        let place = deployed.pool.place.clone();
        let make = || Pool::of_version(id.to_string(), config, place, self.shared.clone(), launcher);
        Some(Arc::clone(self.version_pools().entry(own).or_insert_with(make)))
    }

    pub(super) fn publish_version(&self, name: &str, body: &Value, place: &Place) -> Result<Value, RpcError> {
        self.find(place, name)?;
        let Publish { description } = read(body)?;
        let key = place.key(name);
        self.change(|rows, now| {
            let row = rows.functions.get(&key).cloned().ok_or_else(|| deployed_inside(name))?;
            // Clients of the real service meet this code and these words. The status is in no source, nor is what becomes of a
            // function whose last version was deleted: here it is published again.
            let last = rows.versions.get(&version_key(&key, row.last_version));
            refuse_if!(last.is_some_and(|last| last.is_like(&row)), bad "VersionPublishError",
                "can not publish version for function '{name}', detail: 'No changes were made since last publish'");
            let id = row.last_version + 1;
            let own = version_key(&key, id);
            let function = FunctionRow { created_at: now, changed_at: now, last_version: id, ..row };
            let version = VersionRow { id, description: description.unwrap_or_default(), function };
            let shown = describe(&version);
            if let Some(row) = rows.functions.get_mut(&key) {
                row.last_version = id;
            }
            if let Some(zip) = rows.packages.get(&key).map(|row| row.zip.clone()) {
                rows.packages.insert(own.clone(), PackageRow { zip });
            }
            rows.versions.insert(own, version);
            Ok(shown)
        })
    }

    pub(super) fn list_versions(
        &self,
        name: &str,
        query: &[(String, String)],
        place: &Place,
    ) -> Result<Value, RpcError> {
        self.find(place, name)?;
        let (limit, token) = (limit(query)?, parameter(query, "nextToken").filter(|token| !token.is_empty()));
        let start = token.map(|token| number(token).ok_or_else(|| invalid("nextToken is not of a list of versions")));
        let start = start.transpose()?;
        let rows = self.rows();
        let mut versions = rows.versions_of(&place.key(name));
        // Clients of the real service that name no direction take the first version for the newest.
        let direction = parameter(query, "direction").filter(|direction| !direction.is_empty()).unwrap_or("BACKWARD");
        match direction {
            "FORWARD" => versions.retain(|row| start.is_none_or(|start| row.id >= start)),
            "BACKWARD" => {
                versions.retain(|row| start.is_none_or(|start| row.id <= start));
                versions.reverse();
            }
            _ => return Err(invalid("direction must be FORWARD or BACKWARD")),
        }
        let page: Vec<Value> = versions.iter().take(limit).map(|row| describe(row)).collect();
        let mut answer = json!({ "versions": page, "direction": direction });
        if let Some(next) = versions.get(limit) {
            answer["nextToken"] = next.id.to_string().into();
        }
        Ok(answer)
    }

    pub(super) fn delete_version(&self, name: &str, version: &str, place: &Place) -> Result<Value, RpcError> {
        self.find(place, name)?;
        refuse_if!(version == LATEST, bad "InvalidArgument", "{LATEST} cannot be deleted");
        let id = number(version).ok_or_else(|| no_version(name, version))?;
        let key = place.key(name);
        let own = version_key(&key, id);
        self.change(|rows, _| {
            refuse_if!(rows.versions.get(&own).is_none(), no_version(name, id));
            // An alias that points to it points to nothing then, as the manual says (docs/reference/deploy-apis.md, section 6.1).
            rows.versions.remove(&own);
            rows.packages.remove(&own);
            Ok(())
        })?;
        let gone = self.version_pools().remove(&own);
        gone.into_iter().for_each(let_go);
        Ok(json!({}))
    }

    pub(super) fn create_alias(&self, name: &str, body: &Value, place: &Place) -> Result<Value, RpcError> {
        self.find(place, name)?;
        let change: Change = read(body)?;
        let alias = change.alias_name.clone().ok_or_else(|| invalid("aliasName is missing"))?;
        check_name(&alias)?;
        let version = change.version_id.as_deref().ok_or_else(|| invalid("versionId is missing"))?;
        let version = version_id(version)?;
        let key = place.key(name);
        let own = format!("{key}/{alias}");
        self.change(|rows, now| {
            refuse_if!(rows.functions.get(&key).is_none(), deployed_inside(name));
            refuse_if!(rows.aliases.get(&own).is_some(),
                conflict "AliasAlreadyExists", "alias '{alias}' of function '{name}' already exists");
            let (description, weights) = (String::new(), BTreeMap::new());
            let row = AliasRow { name: alias, version, description, weights, created_at: now, changed_at: now };
            let row = change.applied(row, rows, &key, name)?;
            let shown = describe_alias(&row);
            rows.aliases.insert(own, row);
            Ok(shown)
        })
    }

    pub(super) fn get_alias(&self, name: &str, alias: &str, place: &Place) -> Result<Value, RpcError> {
        self.find(place, name)?;
        let rows = self.rows();
        let row = rows.aliases.get(&format!("{}/{alias}", place.key(name)));
        row.map(describe_alias).ok_or_else(|| no_alias(name, alias))
    }

    pub(super) fn update_alias(&self, name: &str, alias: &str, body: &Value, place: &Place) -> Result<Value, RpcError> {
        self.find(place, name)?;
        let change: Change = read(body)?;
        refuse_if!(change.alias_name.as_ref().is_some_and(|other| other != alias),
            bad "InvalidArgument", "aliasName cannot be changed");
        let key = place.key(name);
        let own = format!("{key}/{alias}");
        self.change(|rows, now| {
            let row = rows.aliases.get(&own).cloned().ok_or_else(|| no_alias(name, alias))?;
            let row = change.applied(AliasRow { changed_at: now, ..row }, rows, &key, name)?;
            let shown = describe_alias(&row);
            rows.aliases.insert(own, row);
            Ok(shown)
        })
    }

    pub(super) fn list_aliases(
        &self,
        name: &str,
        query: &[(String, String)],
        place: &Place,
    ) -> Result<Value, RpcError> {
        self.find(place, name)?;
        let limit = limit(query)?;
        let (prefix, start) =
            (parameter(query, "prefix").unwrap_or_default(), parameter(query, "nextToken").unwrap_or_default());
        let rows = self.rows();
        let key = place.key(name);
        let mut rest = rows.aliases_of(&key).filter(|row| row.name.starts_with(prefix) && row.name.as_str() >= start);
        let page: Vec<Value> = rest.by_ref().take(limit).map(describe_alias).collect();
        let mut answer = json!({ "aliases": page });
        if let Some(next) = rest.next() {
            answer["nextToken"] = next.name.as_str().into();
        }
        Ok(answer)
    }

    pub(super) fn delete_alias(&self, name: &str, alias: &str, place: &Place) -> Result<Value, RpcError> {
        self.find(place, name)?;
        let own = format!("{}/{alias}", place.key(name));
        self.change(|rows, _| rows.aliases.remove(&own).ok_or_else(|| no_alias(name, alias)))?;
        Ok(json!({}))
    }

    /// Lets the instances of all versions of a function go.
    pub(super) fn let_versions_go(&self, key: &str) {
        let prefix = format!("{key}/");
        let gone: Vec<Arc<Pool>> =
            self.version_pools().extract_if(.., |key, _| key.starts_with(&prefix)).map(|(_, pool)| pool).collect();
        gone.into_iter().for_each(let_go);
    }

    /// A version of a function, for whoever asks for one.
    pub(super) fn version(&self, key: &str, name: &str, id: u64) -> Result<VersionRow, RpcError> {
        self.rows().versions.get(&version_key(key, id)).cloned().ok_or_else(|| no_version(name, id))
    }
}

impl AliasRow {
    /// The version that a call runs.
    fn draw(&self, ids: &Ids) -> u64 {
        const PARTS: u32 = 1_000_000;
        if self.weights.is_empty() {
            return self.version;
        }
        let drawn = u32::try_from(ids.below(PARTS.into())).unwrap_or_default();
        let mut left = f64::from(drawn) / f64::from(PARTS);
        for (version, weight) in &self.weights {
            if left < *weight {
                return *version;
            }
            left -= weight;
        }
        self.version
    }
}

impl VersionRow {
    /// Whether the function is still what it was when it was published.
    fn is_like(&self, row: &FunctionRow) -> bool {
        self.function.config == row.config && self.function.checksum == row.checksum
    }
}

impl Change {
    /// The alias as the change makes it, if it can be so.
    fn applied(self, mut row: AliasRow, rows: &Tables, key: &str, function: &str) -> Result<AliasRow, RpcError> {
        if let Some(version) = &self.version_id {
            row.version = version_id(version)?;
        }
        row.description = self.description.unwrap_or(row.description);
        row.weights = self.additional_version_weight.unwrap_or(row.weights);
        // The code is that of FC 2.0. How many versions there may be beside the first is in no source.
        refuse_if!(row.weights.contains_key(&row.version), bad "AdditionalVersionContainsMajorVersion",
            "additionalVersionWeight should not contain major version {}", row.version);
        let all: f64 = row.weights.values().sum();
        refuse_if!(!row.weights.values().all(|weight| (0.0..=1.0).contains(weight)) || all > 1.000_001,
            bad "InvalidArgument", "additionalVersionWeight must be between 0 and 1, all together too");
        for id in row.weights.keys().chain([&row.version]) {
            refuse_if!(rows.versions.get(&version_key(key, *id)).is_none(), no_version(function, id));
        }
        Ok(row)
    }
}

fn describe(row: &VersionRow) -> Value {
    json!({
        "versionId": row.id.to_string(),
        "description": row.description,
        "createdTime": time(row.function.created_at),
        "lastModifiedTime": time(row.function.changed_at),
    })
}

fn describe_alias(row: &AliasRow) -> Value {
    json!({
        "aliasName": row.name,
        "versionId": row.version.to_string(),
        "description": row.description,
        "additionalVersionWeight": row.weights,
        "createdTime": time(row.created_at),
        "lastModifiedTime": time(row.changed_at),
    })
}

fn read<T: DeserializeOwned>(body: &Value) -> Result<T, RpcError> {
    serde_path_to_error::deserialize(body).map_err(|error| invalid(&error.to_string()))
}

/// The number that a text in digits is.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The version that an alias shall point to. The official tool puts a number in the place of `LATEST`; whether an alias can point to
/// that too is in no source.
fn version_id(text: &str) -> Result<u64, RpcError> {
    number(text).ok_or_else(|| invalid(&format!("versionId must be the number of a version, not '{text}'")))
}

/// The rule is in no source. This one keeps a qualifier from meaning two things.
fn check_name(alias: &str) -> Result<(), RpcError> {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_');
    let fits = alias.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && alias.len() <= 128
        && alias.chars().all(is_sign);
    refuse_if!(!fits || alias == LATEST, bad "InvalidArgument",
        "aliasName must be 1 to 128 letters, digits, - and _, must not begin with a digit or -, and must not be {LATEST}");
    Ok(())
}

fn invalid(message: &str) -> RpcError {
    RpcError::bad("InvalidArgument", message)
}

fn no_version(function: &str, version: impl std::fmt::Display) -> RpcError {
    RpcError::missing("VersionNotFound", format!("version '{version}' of function '{function}' does not exist"))
}

fn no_alias(function: &str, alias: &str) -> RpcError {
    RpcError::missing("AliasNotFound", format!("alias '{alias}' of function '{function}' does not exist"))
}
