//! What the management API does: functions with their packages, triggers, settings of asynchronous calls. Versions and aliases are
//! in `versions`.
//!
//! A change is on disk before it is answered. A function that is changed gets new instances; the calls on their way end on the old
//! ones (docs/reference/deploy-apis.md, section 6.1).

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use local_core::access;
use local_core::identity::Identity;
use local_core::refuse_if;
use local_core::rpc::RpcError;
use local_oss::crc64;
use serde_json::{Map, Value, json};
use tokio::runtime::Handle;

use super::api::{Operation, not_found};
use super::asynchronous::Destination;
use super::contract::Place;
use super::deploy::DeployError;
use super::pool::Pool;
use super::rows::{FunctionRow, PackageRow, Tables, TriggerRow, VersionRow, version_key};
use super::schedule::Schedule;
use super::tasks::Tasks;
use super::versions::Purpose;
use super::{Deployed, Fc, FunctionConfig, Inner, Source};
use crate::ros::pseudo::stable_id;
use crate::ros::resource::{AsyncInvokeConfig, Kind as _, Resource, Trigger, TriggerConfig};

/// How long a trigger that is changed may still work on what it has in hand.
const DRAIN: Duration = Duration::from_secs(30);

/// A stream that feeds a function from a queue, as EventBridge shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventStream {
    /// Its name.
    pub name: String,
    /// The queue.
    pub queue: String,
    /// The function.
    pub function: String,
    /// Whether it takes messages.
    pub is_running: bool,
}

impl Fc {
    /// The streams that triggers made in an account and region.
    #[must_use]
    pub fn streams(&self, account_id: &str, region: &str) -> Vec<EventStream> {
        let prefix = format!("{account_id}/{region}/");
        let mut streams = Vec::new();
        for (key, deployed) in self.0.functions().iter().filter(|(key, _)| key.starts_with(&prefix)) {
            for row in &deployed.triggers {
                let Ok(Trigger { config: TriggerConfig::EventBridge(queue), .. }) = row.read() else { continue };
                streams.push(EventStream {
                    name: stream_name(key, row.name()),
                    queue: queue.queue,
                    function: deployed.name().to_owned(),
                    is_running: row.is_enabled(),
                });
            }
        }
        streams
    }

    /// Pauses or starts a stream. Returns whether there is one of this name. Only those of functions that were made over the API.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn set_stream_paused(
        &self,
        account_id: &str,
        region: &str,
        name: &str,
        paused: bool,
    ) -> Result<bool, RpcError> {
        let prefix = format!("{account_id}/{region}/");
        let found = self.0.rows().triggers.prefixed(&prefix).find_map(|(key, row)| {
            let function = key.rsplit_once('/').map(|(function, _)| function)?;
            (stream_name(function, row.name()) == name).then(|| (key.to_owned(), function.to_owned()))
        });
        let Some((key, function)) = found else { return Ok(false) };
        self.0.change(|rows, _| {
            if let Some(row) = rows.triggers.get_mut(&key) {
                row.is_paused = paused;
            }
            Ok(())
        })?;
        self.0.renew(&function);
        self.0.renew_trigger(&key);
        Ok(true)
    }

    /// The package of a function that was made over the API, or of a version of one, by its key.
    #[must_use]
    pub fn package(&self, key: &str) -> Option<Bytes> {
        self.0.rows().packages.get(key).map(|row| row.zip.clone())
    }
}

/// How FC names a stream is in no source: one name for each trigger.
fn stream_name(function: &str, trigger: &str) -> String {
    format!("FC-{}", stable_id(&["stream", function, trigger]))
}

impl Inner {
    /// Does what an operation asks for, in the caller's place.
    pub(super) fn manage(
        self: &Arc<Self>,
        operation: &Operation,
        caller: &Identity,
        place: &Place,
    ) -> Result<Value, RpcError> {
        self.check_opened(&place.account_id)?;
        match operation {
            Operation::InvokeFunction { function, .. } => Err(not_found(function)),
            Operation::CreateFunction { body } => self.create_function(operation, body, caller, place),
            Operation::GetFunction { function, qualifier } => {
                let deployed = self.find(place, function)?;
                match self.resolve(&deployed, qualifier.as_deref(), Purpose::Look)? {
                    None => Ok(self.describe(&deployed)),
                    Some(id) => Ok(describe_version(self.version(&deployed.key(), function, id)?, place)),
                }
            }
            Operation::UpdateFunction { function, body } => {
                self.update_function(operation, function, body, caller, place)
            }
            Operation::DeleteFunction { function } => self.delete_function(function, place),
            Operation::ListFunctions { query } => self.list_functions(query, place),
            Operation::GetFunctionCode { function, qualifier } => {
                self.function_code(function, qualifier.as_deref(), place)
            }
            Operation::CreateTrigger { function, body } => self.create_trigger(function, body, place),
            Operation::GetTrigger { function, trigger } => {
                let deployed = self.find(place, function)?;
                let row = deployed.triggers.iter().find(|row| row.name() == trigger);
                Ok(self.describe_trigger(&deployed, row.ok_or_else(|| no_trigger(trigger))?))
            }
            Operation::UpdateTrigger { function, trigger, body } => self.update_trigger(function, trigger, body, place),
            Operation::DeleteTrigger { function, trigger } => self.delete_trigger(function, trigger, place),
            Operation::ListTriggers { function } => {
                let deployed = self.find(place, function)?;
                let all = deployed.triggers.iter().map(|row| self.describe_trigger(&deployed, row));
                Ok(json!({ "triggers": all.collect::<Vec<_>>() }))
            }
            Operation::PutAsyncInvokeConfig { function, body } => self.put_asynchronous(function, body, place),
            Operation::GetAsyncInvokeConfig { function } => {
                let deployed = self.find(place, function)?;
                let config = deployed.asynchronous.as_ref().ok_or_else(|| no_config(function))?;
                Ok(camel(json!(config)))
            }
            Operation::DeleteAsyncInvokeConfig { function } => {
                self.find(place, function)?;
                let key = place.key(function);
                self.change(|rows, _| rows.asynchronous.remove(&key).ok_or_else(|| no_config(function)))?;
                self.renew(&key);
                Ok(json!({}))
            }
            Operation::PublishFunctionVersion { function, body } => self.publish_version(function, body, place),
            Operation::ListFunctionVersions { function, query } => self.list_versions(function, query, place),
            Operation::DeleteFunctionVersion { function, version } => self.delete_version(function, version, place),
            Operation::CreateAlias { function, body } => self.create_alias(function, body, place),
            Operation::GetAlias { function, alias } => self.get_alias(function, alias, place),
            Operation::UpdateAlias { function, alias, body } => self.update_alias(function, alias, body, place),
            Operation::ListAliases { function, query } => self.list_aliases(function, query, place),
            Operation::DeleteAlias { function, alias } => self.delete_alias(function, alias, place),
        }
    }

    fn create_function(
        self: &Arc<Self>,
        operation: &Operation,
        body: &Value,
        caller: &Identity,
        place: &Place,
    ) -> Result<Value, RpcError> {
        let properties = pascal(body.clone());
        let config = read_function(properties)?;
        let key = place.key(&config.function_name);
        refuse_if!(self.functions().contains_key(&key),
            conflict "FunctionAlreadyExists", "function '{}' already exists", config.function_name);
        let package = self
            .package_of(operation, &config, caller, place)?
            .ok_or_else(|| RpcError::bad("InvalidArgument", "code names no package"))?;
        self.check(&config, place)?;
        self.change(|rows, now| {
            put_function(rows, &key, config, Some(package), now);
            Ok(())
        })?;
        self.renew(&key);
        Ok(self.describe(&*self.deployed(&key).map_err(|_| not_found(&key))?))
    }

    fn update_function(
        self: &Arc<Self>,
        operation: &Operation,
        name: &str,
        body: &Value,
        caller: &Identity,
        place: &Place,
    ) -> Result<Value, RpcError> {
        let key = place.key(name);
        self.find(place, name)?;
        let row = self.rows().functions.get(&key).cloned().ok_or_else(|| deployed_inside(name))?;
        let Value::Object(mut properties) = json!(row.config) else { return Err(not_found(name)) };
        properties.extend(pascal(body.clone()));
        properties.retain(|_, value| !value.is_null());
        let config = read_function(properties)?;
        refuse_if!(config.function_name != name, bad "InvalidArgument", "functionName cannot be changed");
        let package = self.package_of(operation, &config, caller, place)?;
        self.check(&config, place)?;
        self.change(|rows, now| {
            put_function(rows, &key, config, package, now);
            Ok(())
        })?;
        self.renew(&key);
        Ok(self.describe(&*self.deployed(&key).map_err(|_| not_found(name))?))
    }

    /// The package that a request brings, if it brings one: FC copies it now, and does not follow the object later.
    fn package_of(
        &self,
        operation: &Operation,
        config: &FunctionConfig,
        caller: &Identity,
        place: &Place,
    ) -> Result<Option<Bytes>, RpcError> {
        let (Operation::CreateFunction { body } | Operation::UpdateFunction { body, .. }) = operation else {
            return Ok(None);
        };
        let (Some(code), true) = (&config.code, body.get("code").is_some_and(|code| !code.is_null())) else {
            return Ok(None);
        };
        let invalid = |message: String| RpcError::bad("InvalidArgument", message);
        let package = match (&code.zip_file, &code.oss_bucket_name, &code.oss_object_name) {
            (Some(text), _, _) => {
                STANDARD.decode(text).map(Bytes::from).map_err(|_| invalid("code.zipFile is not base64".to_owned()))?
            }
            (None, Some(bucket), Some(key)) => {
                let unable = |why: &str| invalid(format!("unable to access object {key} in bucket {bucket}: {why}"));
                let need = operation.reads(&place.account_id);
                access::check(&self.shared, caller, need.as_slice(), &[])
                    .map_err(|denied| unable(&denied.message()))?;
                let account = &place.account_id;
                let region = self.oss.region_of(account, bucket).map_err(|error| unable(&error.to_string()))?;
                refuse_if!(
                    region != place.region,
                    unable(&format!("the bucket is in {region}, not in {}", place.region))
                );
                self.oss.object(account, bucket, key).map_err(|error| unable(&error.to_string()))?
            }
            _ => return Err(invalid("code must have zipFile, or ossBucketName and ossObjectName".to_owned())),
        };
        let checksum = crc64(&package).to_string();
        if let Some(wanted) = code.checksum.as_ref().filter(|wanted| **wanted != checksum) {
            return Err(invalid(format!("code checksum {wanted} does not match that of the package, {checksum}")));
        }
        zip::ZipArchive::new(std::io::Cursor::new(&package))
            .map_err(|error| invalid(format!("the package is not a zip archive: {error}")))?;
        Ok(Some(package))
    }

    /// What a function needs beside its package.
    fn check(&self, config: &FunctionConfig, place: &Place) -> Result<(), RpcError> {
        self.check_role(config, |_, _| None).map_err(invalid)?;
        let log = config.log_config.as_ref();
        let names = log.and_then(|log| log.project.as_deref()).filter(|project| !project.is_empty());
        if let Some(project) = names {
            let store = log.and_then(|log| log.logstore.as_deref()).unwrap_or_default();
            let found = self.sls.find(&place.account_id, &place.region, project, store);
            found.map_err(|why| RpcError::bad("InvalidArgument", why))?;
        }
        Ok(())
    }

    /// Versions and aliases go with the function. Whether it is refused while it has any is in no source; the official tool deletes
    /// them before.
    fn delete_function(self: &Arc<Self>, name: &str, place: &Place) -> Result<Value, RpcError> {
        let key = place.key(name);
        self.find(place, name)?;
        refuse_if!(self.rows().functions.get(&key).is_none(), deployed_inside(name));
        let triggers = self.change(|rows, _| {
            rows.functions.remove(&key);
            rows.packages.remove(&key);
            rows.asynchronous.remove(&key);
            rows.remove_versions(&key);
            let triggers: Vec<String> =
                rows.triggers.prefixed(&format!("{key}/")).map(|(key, _)| key.to_owned()).collect();
            for trigger in &triggers {
                rows.triggers.remove(trigger);
            }
            Ok(triggers)
        })?;
        for trigger in triggers {
            self.renew_trigger(&trigger);
        }
        self.renew(&key);
        self.let_versions_go(&key);
        Ok(json!({}))
    }

    fn list_functions(&self, query: &[(String, String)], place: &Place) -> Result<Value, RpcError> {
        let get = |name: &str| parameter(query, name);
        let limit = limit(query)?;
        let (prefix, after) =
            (place.key(get("prefix").unwrap_or_default()), place.key(get("nextToken").unwrap_or_default()));
        let all = self.functions();
        let mut rest = all.iter().filter(|(key, _)| key.starts_with(&prefix) && **key > after).map(|(_, one)| one);
        let page: Vec<&Arc<Deployed>> = rest.by_ref().take(limit).collect();
        let mut answer = json!({ "functions": page.iter().map(|one| self.describe(one)).collect::<Vec<_>>() });
        if let (Some(_), Some(last)) = (rest.next(), page.last()) {
            answer["nextToken"] = last.name().into();
        }
        Ok(answer)
    }

    fn function_code(&self, name: &str, qualifier: Option<&str>, place: &Place) -> Result<Value, RpcError> {
        let key = place.key(name);
        let deployed = self.find(place, name)?;
        let (key, checksum) = match self.resolve(&deployed, qualifier, Purpose::Look)? {
            Some(id) => (version_key(&key, id), self.version(&key, name, id)?.function.checksum),
            None => {
                let rows = self.rows();
                let row = rows.functions.get(&key).ok_or_else(|| deployed_inside(name))?;
                (key, row.checksum.clone())
            }
        };
        let base = match self.http_base() {
            none if none.is_empty() => "http://127.0.0.1".to_owned(),
            base => base,
        };
        Ok(json!({ "checksum": checksum, "url": format!("{base}/_local/code/{key}") }))
    }

    fn create_trigger(self: &Arc<Self>, function: &str, body: &Value, place: &Place) -> Result<Value, RpcError> {
        let deployed = self.find(place, function)?;
        refuse_if!(deployed.stack.is_some(), deployed_inside(function));
        let mut properties = trigger_properties(body)?;
        properties.insert("FunctionName".to_owned(), function.into());
        let row = TriggerRow::new(properties, self.shared.clock.now());
        let name = row.name().to_owned();
        self.check_trigger(&deployed, &row, place)?;
        refuse_if!(deployed.triggers.iter().any(|other| other.name() == name),
            conflict "TriggerAlreadyExists", "trigger '{name}' already exists in function '{function}'");
        self.put_trigger(&place.key(function), row)
    }

    fn update_trigger(
        self: &Arc<Self>,
        function: &str,
        name: &str,
        body: &Value,
        place: &Place,
    ) -> Result<Value, RpcError> {
        let deployed = self.find(place, function)?;
        refuse_if!(deployed.stack.is_some(), deployed_inside(function));
        let row = deployed.triggers.iter().find(|row| row.name() == name).ok_or_else(|| no_trigger(name))?;
        let changes = trigger_properties(body)?;
        for fixed in ["TriggerName", "TriggerType", "SourceArn", "FunctionName"] {
            let is_changed = changes.get(fixed).is_some_and(|value| row.properties.get(fixed) != Some(value));
            refuse_if!(is_changed, bad "InvalidArgument", "{fixed} cannot be changed");
        }
        let mut properties = row.properties.clone();
        properties.extend(changes);
        let row = TriggerRow { properties, changed_at: self.shared.clock.now(), ..row.clone() };
        self.check_trigger(&deployed, &row, place)?;
        self.put_trigger(&place.key(function), row)
    }

    fn put_trigger(self: &Arc<Self>, function: &str, row: TriggerRow) -> Result<Value, RpcError> {
        let key = format!("{function}/{}", row.name());
        self.change(|rows, _| {
            rows.triggers.insert(key.clone(), row.clone());
            Ok(())
        })?;
        self.renew(function);
        self.renew_trigger(&key);
        Ok(self.describe_trigger(&*self.deployed(function).map_err(|_| not_found(function))?, &row))
    }

    fn delete_trigger(self: &Arc<Self>, function: &str, name: &str, place: &Place) -> Result<Value, RpcError> {
        let deployed = self.find(place, function)?;
        refuse_if!(deployed.stack.is_some(), deployed_inside(function));
        let (function, key) = (place.key(function), format!("{}/{name}", place.key(function)));
        self.change(|rows, _| rows.triggers.remove(&key).ok_or_else(|| no_trigger(name)))?;
        self.renew(&function);
        self.renew_trigger(&key);
        Ok(json!({}))
    }

    /// Whether a trigger can work: what it takes from is there, and EventBridge may act for the account.
    fn check_trigger(&self, deployed: &Deployed, row: &TriggerRow, place: &Place) -> Result<(), RpcError> {
        let trigger = row.read().map_err(|why| RpcError::bad("InvalidArgument", why))?;
        let has_http = |other: &TriggerRow| other.name() != row.name() && other.text("TriggerType") == "http";
        refuse_if!(matches!(trigger.config, TriggerConfig::Http(_)) && deployed.triggers.iter().any(has_http),
            bad "InvalidArgument", "the function has an http trigger already");
        match self.source(&trigger, place) {
            // The code of a trigger without its streams' product is in no source (docs/reference/deploy-apis.md, section 8).
            Err(DeployError::EventBridgeClosed { what }) => {
                Err(RpcError::forbidden("ServiceNotEnable", format!("{what}: the account has not opened EventBridge")))
            }
            Err(error) => Err(invalid(error)),
            Ok(_) => Ok(()),
        }
    }

    /// What a trigger runs on; nothing, if it does not run in the background.
    fn source(&self, trigger: &Trigger, place: &Place) -> Result<Option<Source>, DeployError> {
        let what = format!("trigger {}/{}", trigger.function_name, trigger.trigger_name);
        match &trigger.config {
            TriggerConfig::Http(_) => Ok(None),
            TriggerConfig::Timer(timer) => {
                Ok(Some(Source::Timer { trigger: timer.clone(), schedule: Schedule::parse(&timer.cron_expression)? }))
            }
            TriggerConfig::EventBridge(queue) => {
                self.queue_source(place, &what, queue, |queue| self.mns.queue(queue).is_ok()).map(Some)
            }
        }
    }

    fn put_asynchronous(self: &Arc<Self>, function: &str, body: &Value, place: &Place) -> Result<Value, RpcError> {
        let deployed = self.find(place, function)?;
        refuse_if!(deployed.stack.is_some(), deployed_inside(function));
        let mut properties = pascal(body.clone());
        properties.insert("FunctionName".to_owned(), function.into());
        let config = match Resource::read(AsyncInvokeConfig::TYPE, properties) {
            Some(Ok(Resource::AsyncInvokeConfig(config))) => config,
            Some(Err((_, problem))) => return Err(problem_of(&problem.path, &problem.problem)),
            _ => return Err(problem_of("body", "is no configuration")),
        };
        let both = &config.destination_config;
        for arn in [&both.on_success, &both.on_failure].into_iter().flatten().map(|one| &one.destination) {
            let exists = match Destination::parse(arn) {
                Some(Destination::Queue(queue)) => self.mns.queue(&queue).is_ok(),
                Some(Destination::Function(key)) => self.deployed(&key).is_ok(),
                None => false,
            };
            refuse_if!(!exists, bad "InvalidArgument", "destination {arn} does not exist");
        }
        let key = place.key(function);
        self.change(|rows, _| {
            rows.asynchronous.insert(key.clone(), config.clone());
            Ok(())
        })?;
        self.renew(&key);
        Ok(camel(json!(config)))
    }

    pub(super) fn change<T>(
        &self,
        act: impl FnOnce(&mut Tables, Timestamp) -> Result<T, RpcError>,
    ) -> Result<T, RpcError> {
        self.shared.change(&mut *self.rows(), act)
    }

    /// Makes every function that is kept callable.
    pub(super) fn load(self: &Arc<Self>) {
        self.version_pools().clear();
        let keys: Vec<String> = self.rows().functions.iter().map(|(key, _)| key.to_owned()).collect();
        for key in keys {
            self.functions().remove(&key);
            self.renew(&key);
        }
    }

    /// Makes what can be called of a function what its rows say. Instances stay where nothing of the function changed.
    fn renew(self: &Arc<Self>, key: &str) {
        let made = {
            let rows = self.rows();
            rows.functions.get(key).map(|row| {
                let mut config = row.config.clone();
                config.package = rows.packages.get(key).map(|row| row.zip.clone());
                (config, rows.triggers_of(key), rows.asynchronous.get(key).cloned())
            })
        };
        let mut parts = key.split('/').map(str::to_owned);
        let (Some(account_id), Some(region)) = (parts.next(), parts.next()) else { return };
        let place = Place { account_id, region };
        let old = match made {
            None => self.functions().remove(key),
            Some((config, triggers, asynchronous)) => {
                let old = self.functions().get(key).cloned();
                let launcher = Arc::clone(&self.launcher.lock().unwrap_or_else(PoisonError::into_inner));
                let pool = match old.as_ref().filter(|old| old.pool.config == config) {
                    Some(old) => Arc::clone(&old.pool),
                    None => Pool::new(config, place, self.shared.clone(), launcher),
                };
                let http = triggers.iter().find_map(|row| match row.read() {
                    Ok(Trigger { config: TriggerConfig::Http(http), .. }) => Some(http),
                    _ => None,
                });
                let deployed = Deployed { pool: Arc::clone(&pool), http, asynchronous, triggers, stack: None };
                self.functions().insert(key.to_owned(), Arc::new(deployed));
                old.filter(|old| !Arc::ptr_eq(&old.pool, &pool))
            }
        };
        if let Some(old) = old {
            let_go(Arc::clone(&old.pool));
        }
    }

    /// Lets a trigger run as its row says, if the service runs.
    pub(super) fn renew_trigger(self: &Arc<Self>, key: &str) {
        let old = self.running().remove(key);
        if let (Some(old), Ok(runtime)) = (old, Handle::try_current()) {
            runtime.spawn(async move { old.stop(DRAIN).await });
        }
        if self.tasks().is_none() {
            return;
        }
        let row = self.rows().triggers.get(key).cloned();
        let Some(row) = row.filter(TriggerRow::is_enabled) else { return };
        let Some((function, name)) = key.rsplit_once('/') else { return };
        let (Ok(trigger), Ok(deployed)) = (row.read(), self.deployed(function)) else { return };
        match self.source(&trigger, &deployed.pool.place) {
            Ok(None) => {}
            Ok(Some(source)) => {
                let tasks = Arc::new(Tasks::new());
                self.run(&tasks, function.to_owned(), name.to_owned(), source);
                self.running().insert(key.to_owned(), tasks);
            }
            // What it takes from has gone since it was made.
            Err(error) => tracing::error!(%error, "a trigger does not run"),
        }
    }

    /// A function as GetFunction shows it, with its environment: whoever may call it sees what is in there
    /// (docs/reference/deploy-apis.md, section 1.5).
    fn describe(&self, deployed: &Deployed) -> Value {
        let row = self.rows().functions.get(&deployed.key()).cloned();
        describe(&deployed.pool.config, &deployed.pool.place, row)
    }

    fn describe_trigger(&self, deployed: &Deployed, row: &TriggerRow) -> Value {
        let place = &deployed.pool.place;
        let config = row.properties.get("TriggerConfig").cloned().unwrap_or_default();
        let mut shown = json!({
            "triggerId": deployed.trigger_id(row.name()),
            "triggerName": row.name(),
            "triggerType": row.text("TriggerType"),
            "triggerConfig": config.to_string(),
            "qualifier": if row.text("Qualifier").is_empty() { "LATEST" } else { row.text("Qualifier") },
            "description": row.text("Description"),
            "status": if row.is_paused { "Disabled" } else { "Enabled" },
            "targetArn": deployed.pool.config.arn(&place.account_id, &place.region),
            "createdTime": time(row.created_at),
            "lastModifiedTime": time(row.changed_at),
        });
        if row.text("TriggerType") == "http" {
            let base = self.http_base();
            let (internet, intranet) = match (base.is_empty(), deployed.http_label()) {
                (true, Some(label)) => (
                    format!("https://{label}.{}.fcapp.run", place.region),
                    format!("https://{label}.{}-vpc.fcapp.run", place.region),
                ),
                _ => (base.clone(), base),
            };
            shown["httpTrigger"] = json!({ "urlInternet": internet, "urlIntranet": intranet });
        }
        shown
    }
}

impl Deployed {
    fn trigger_id(&self, trigger: &str) -> String {
        let Place { account_id, region } = &self.pool.place;
        stable_id(&["trigger", account_id, region, self.name(), trigger])
    }

    /// What the address of its HTTP trigger begins with.
    pub(super) fn http_label(&self) -> Option<String> {
        let row = self.triggers.iter().find(|row| row.text("TriggerType") == "http")?;
        Some(format!("{}-{}", self.name(), self.trigger_id(row.name()).get(..8)?))
    }
}

fn describe(config: &FunctionConfig, place: &Place, row: Option<FunctionRow>) -> Value {
    let mut shown = camel(json!(FunctionConfig { code: None, ..config.clone() }));
    // Their names are the function's own.
    shown["environmentVariables"] = json!(config.environment_variables);
    shown["functionArn"] = config.arn(&place.account_id, &place.region).into();
    shown["functionId"] = stable_id(&["function", &place.account_id, &place.region, &config.function_name]).into();
    shown["state"] = "Active".into();
    shown["lastUpdateStatus"] = "Successful".into();
    if let Some(row) = row {
        shown["codeChecksum"] = row.checksum.into();
        shown["codeSize"] = row.size.into();
        shown["createdTime"] = time(row.created_at).into();
        shown["lastModifiedTime"] = time(row.changed_at).into();
    }
    shown
}

/// A version as GetFunction shows it: the function as it was, with the description and the time of the version. Whether its ARN names
/// the version is in no source.
fn describe_version(version: VersionRow, place: &Place) -> Value {
    let VersionRow { description, function, .. } = version;
    let mut config = function.config.clone();
    if !description.is_empty() {
        config.description = Some(description);
    }
    describe(&config, place, Some(function))
}

/// Lets instances go once their calls have ended.
pub(super) fn let_go(pool: Arc<Pool>) {
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(async move {
            let limit = Duration::from_secs(pool.config.timeout.into()) + DRAIN;
            pool.close(limit).await;
        });
    }
}

/// A moment as the API writes it.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A parameter of the query.
pub(super) fn parameter<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// How many things a page may have.
pub(super) fn limit(query: &[(String, String)]) -> Result<usize, RpcError> {
    match parameter(query, "limit").map(str::parse) {
        None => Ok(20),
        Some(Ok(limit @ 1..=100)) => Ok(limit),
        Some(_) => Err(RpcError::bad("InvalidArgument", "limit must be 1 to 100")),
    }
}

fn put_function(rows: &mut Tables, key: &str, mut config: FunctionConfig, package: Option<Bytes>, now: Timestamp) {
    // The package is kept by itself, and shown by nobody.
    if let Some(code) = &mut config.code {
        (code.zip_file, code.source_code) = (None, None);
    }
    let old = rows.functions.get(key);
    let (checksum, size) = match &package {
        Some(package) => (crc64(package).to_string(), package.len()),
        None => old.map(|row| (row.checksum.clone(), row.size)).unwrap_or_default(),
    };
    let (created_at, last_version) = old.map_or((now, 0), |row| (row.created_at, row.last_version));
    rows.functions.insert(key, FunctionRow { config, checksum, size, created_at, changed_at: now, last_version });
    if let Some(zip) = package {
        rows.packages.insert(key, PackageRow { zip });
    }
}

fn read_function(properties: Map<String, Value>) -> Result<FunctionConfig, RpcError> {
    match Resource::read(FunctionConfig::TYPE, properties) {
        Some(Ok(Resource::Function(function))) => Ok(function),
        Some(Err((_, problem))) => Err(problem_of(&problem.path, &problem.problem)),
        _ => Err(problem_of("body", "is no function")),
    }
}

/// A trigger as a template would describe it. The configuration comes as JSON in a text.
fn trigger_properties(body: &Value) -> Result<Map<String, Value>, RpcError> {
    let mut properties = pascal(body.clone());
    if let Some(config) = properties.remove("TriggerConfig") {
        let config = match config {
            Value::String(text) => serde_json::from_str(&text)
                .map_err(|error| problem_of("triggerConfig", &format!("is not JSON: {error}")))?,
            other => other,
        };
        properties.insert("TriggerConfig".to_owned(), config);
    }
    Ok(properties)
}

/// The API's names as templates have them. What is no setting of the service itself keeps its names.
fn pascal(body: Value) -> Map<String, Value> {
    let Value::Object(body) = rename(body, |first| first.to_ascii_uppercase()) else { return Map::new() };
    body.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

/// The names that templates have as the API has them.
#[must_use]
pub fn camel(properties: Value) -> Value {
    rename(properties, |first| first.to_ascii_lowercase())
}

/// Names of maps whose keys are not the service's.
const OPAQUE: [&str; 3] = ["environmentvariables", "triggerconfig", "tags"];

fn rename(value: Value, change: fn(&char) -> char) -> Value {
    match value {
        Value::Object(map) => {
            let renamed = map.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| {
                let value =
                    if OPAQUE.contains(&name.to_ascii_lowercase().as_str()) { value } else { rename(value, change) };
                let mut signs = name.chars();
                let first = signs.next().as_ref().map(change);
                (first.into_iter().chain(signs).collect(), value)
            });
            Value::Object(renamed.collect())
        }
        Value::Array(items) => items.into_iter().map(|item| rename(item, change)).collect(),
        plain => plain,
    }
}

fn problem_of(path: &str, problem: &str) -> RpcError {
    RpcError::bad("InvalidArgument", format!("{path}: {problem}"))
}

fn invalid(error: DeployError) -> RpcError {
    RpcError::bad("InvalidArgument", error.to_string())
}

fn no_trigger(name: &str) -> RpcError {
    RpcError::missing("TriggerNotFound", format!("trigger '{name}' does not exist"))
}

fn no_config(function: &str) -> RpcError {
    RpcError::missing("AsyncConfigNotExists", format!("async config of function '{function}' does not exist"))
}

/// What was deployed inside this process is changed there.
pub(super) fn deployed_inside(function: &str) -> RpcError {
    RpcError::bad(
        "InvalidArgument",
        format!("function '{function}' was deployed by the local cloud itself, which alone changes it"),
    )
}
