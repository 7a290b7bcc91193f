//! The courier: the function that takes a release into the cloud, made here and called from here.
//!
//! It is made from the package that it then carries, so nothing has to be in a bucket before. Dying between two calls leaves a courier
//! without a release, or a release that no stack names; the next run goes on.

use std::time::Duration;

use alicloud::Kind;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use fn_courier::{Answer, Request, VERSION, Versioned};
use operate::fc::{Code, Fc, FunctionInput, Invocation};
use serde_json::{Map, json};

use super::error::DeployError;
use super::names::Names;
use super::release::Release;
use super::stacks::Say;
use crate::operator::Operator;

/// How often something is tried for which the cloud does not know a new role or log project yet.
const TRIES: u32 = 40;

/// The courier of a deployment.
pub struct Courier<'a> {
    fc: Fc,
    operator: &'a Operator,
    names: &'a Names,
    say: Say<'a>,
    every: Duration,
}

impl<'a> Courier<'a> {
    /// The courier of this deployment.
    #[must_use]
    pub fn new(operator: &'a Operator, names: &'a Names, say: Say<'a>, every: Duration) -> Self {
        Self { fc: operator.client.fc(&operator.region), operator, names, say, every }
    }

    /// Makes the courier with the code of this release, or gives it that code.
    ///
    /// # Errors
    /// When the cloud refuses.
    pub async fn make(&self, release: &Release, role: &str) -> Result<(), DeployError> {
        let name = &self.names.courier;
        let failed = |what: &str| DeployError::cloud(format!("{what} function {name}"));
        let before = self.fc.function(name).await.map_err(failed("look at"))?;
        let input = self.input(release, role);
        // The gateway of a local cloud may be at another address than before.
        let is_same = |function: &operate::fc::Function| {
            let shown = function.environment_variables.iter().flatten();
            let shown = shown.filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect();
            function.code_checksum.as_deref() == Some(&release.checksum)
                && (function.environment_variables.is_none() || input.environment_variables == Some(shown))
        };
        if before.as_ref().is_some_and(is_same) {
            return Ok(());
        }
        if before.is_some() {
            (self.say)(&format!("updating function {name}"));
            let input = FunctionInput { function_name: None, ..input };
            return self.fc.update_function(name, &input).await.map(drop).map_err(failed("update"));
        }
        (self.say)(&format!("making function {name}"));
        let mut tries = 1;
        loop {
            match self.fc.create_function(&input).await {
                Ok(_) => return Ok(()),
                // A request before this one was taken though its answer was lost.
                Err(error) if error.kind() == Kind::AlreadyThere => return Ok(()),
                // A new role or log project is known everywhere after some time.
                Err(error) if tries < TRIES && is_too_new(&error) => {
                    if tries == 1 {
                        (self.say)(
                            "Function Compute does not know the new role or log project yet: trying again for some minutes",
                        );
                    }
                    tries += 1;
                    tokio::time::sleep(self.every * 3).await;
                }
                Err(error) => return Err(failed("make")(error)),
            }
        }
    }

    fn input(&self, release: &Release, role: &str) -> FunctionInput {
        let code = Code {
            zip_file: Some(STANDARD.encode(&release.package)),
            oss_bucket_name: None,
            oss_object_name: None,
            checksum: Some(release.checksum.clone()),
        };
        let mut environment = [("CAUSEWAY_STORE".to_owned(), format!("oss://{}", self.names.code))].to_vec();
        environment.extend(self.operator.endpoint.clone().map(|endpoint| ("CAUSEWAY_ENDPOINT".to_owned(), endpoint)));
        let mut others = Map::new();
        others.insert("customRuntimeConfig".to_owned(), json!({"command": ["/code/bootstrap"], "port": 9000}));
        others.insert("logConfig".to_owned(), json!({"project": self.names.logs, "logstore": "functions"}));
        others.insert("instanceConcurrency".to_owned(), json!(1));
        FunctionInput {
            function_name: Some(self.names.courier.clone()),
            code: Some(code),
            runtime: Some("custom.debian12".to_owned()),
            handler: Some("courier".to_owned()),
            role: Some(role.to_owned()),
            description: Some("Writes releases into the bucket for code".to_owned()),
            memory_size: Some(512),
            cpu: Some(0.5),
            disk_size: Some(512),
            timeout: Some(60),
            environment_variables: Some(environment.into_iter().collect()),
            others,
        }
    }

    /// Brings the package into the bucket, unless it is there.
    ///
    /// # Errors
    /// When the courier does not take it.
    pub async fn bring(&self, release: &Release) -> Result<(), DeployError> {
        if self.ask(Request::HasPackage(release.name.clone())).await?.is_there {
            return Ok(());
        }
        (self.say)(&format!("bringing release {} ({} bytes)", release.name, release.package.len()));
        let kept = self.call(release.package.clone()).await?;
        if kept.name != release.name {
            return Err(self.failed(format!("it kept {} in the place of {}", kept.name, release.name)));
        }
        Ok(())
    }

    /// Keeps a template, and answers what it is called.
    ///
    /// # Errors
    /// When the courier does not take it.
    pub async fn keep_template(&self, template: &str) -> Result<String, DeployError> {
        Ok(self.ask(Request::KeepTemplate(template.to_owned())).await?.name)
    }

    /// The template of this name, if it was kept.
    ///
    /// # Errors
    /// When the courier does not answer.
    pub async fn template(&self, name: &str) -> Result<Option<String>, DeployError> {
        Ok(self.ask(Request::ReadTemplate(name.to_owned())).await?.template)
    }

    async fn ask(&self, request: Request) -> Result<Answer, DeployError> {
        let request = serde_json::to_vec(&Versioned { version: VERSION, content: request });
        self.call(request.map_err(|error| self.failed(error.to_string()))?.into()).await
    }

    async fn call(&self, event: Bytes) -> Result<Answer, DeployError> {
        let mut tries = 1;
        loop {
            let name = &self.names.courier;
            let answered = self.fc.invoke_function(name, event.clone(), Invocation::Wait { with_log: false }).await;
            // What it does twice it has done once.
            let answered = match answered {
                Ok(answered) => answered,
                Err(error) if tries < TRIES && (error.may_repeat() || error.kind() == Kind::OutcomeUnknown) => {
                    tries += 1;
                    tokio::time::sleep(self.every * 3).await;
                    continue;
                }
                Err(error) => return Err(DeployError::cloud(format!("call function {name}"))(error)),
            };
            let text = String::from_utf8_lossy(&answered.body);
            return match answered.error_type {
                // The rights of a new role take some seconds.
                Some(kind) if tries < TRIES && !is_final(&kind, &text) => {
                    tries += 1;
                    tokio::time::sleep(self.every * 3).await;
                    continue;
                }
                Some(kind) => Err(self.failed(format!("{kind}: {text}"))),
                None => match serde_json::from_slice::<Versioned<Answer>>(&answered.body) {
                    Ok(Versioned { version: VERSION, content }) => Ok(content),
                    _ => Err(self.failed(format!("it answers {text}"))),
                },
            };
        }
    }

    fn failed(&self, why: String) -> DeployError {
        DeployError::Courier { name: self.names.courier.clone(), why: strict::escaped(&why).to_string() }
    }

    /// Deletes the courier.
    ///
    /// # Errors
    /// When the cloud refuses.
    pub async fn delete(&self) -> Result<(), DeployError> {
        let name = &self.names.courier;
        self.fc.delete_function(name).await.map_err(DeployError::cloud(format!("delete function {name}")))
    }
}

/// Whether the courier said no by itself, and would say so again.
fn is_final(kind: &str, text: &str) -> bool {
    kind.contains("CourierError") && !text.contains("the store could not")
}

/// Whether a function was refused for its role or its log project, which may be too new to be known.
fn is_too_new(error: &operate::Error) -> bool {
    let message = error.message().to_lowercase();
    matches!(error.kind(), Kind::Denied | Kind::Refused | Kind::RuledOut | Kind::Gone)
        && ["role", "project", "logstore"].iter().any(|word| message.contains(word))
}
