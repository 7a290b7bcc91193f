//! Making, updating and deleting a stack, and following that to its end.

use std::collections::BTreeSet;
use std::time::Duration;

use alicloud::{ClientToken, Kind};
use operate::Error;
use operate::ros::{
    CreateStack, DeleteStack, Event, Parameters, Refusal, Ros, Settled, Stack, StackStatus, UpdateStack, Updated,
};
use transport::Io;

use super::error::DeployError;

/// How long a stack is followed: ROS itself gives up after an hour, and takes back what it did.
const AT_MOST: Duration = Duration::from_secs(100 * 60);
/// How many looks in a row may fail before that is told.
const MOST_FAILURES: u32 = 20;

/// Hears what is done, a line at a time.
pub type Say<'a> = &'a (dyn Fn(&str) + Send + Sync);

/// Stacks of one region, changed while somebody listens.
pub struct Stacks<'a> {
    ros: Ros,
    io: &'a Io,
    say: Say<'a>,
    every: Duration,
}

/// What became of a stack that was to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// It was made.
    Made,
    /// It was changed.
    Changed,
    /// It was as it should be.
    AsItWas,
}

impl<'a> Stacks<'a> {
    /// Looks at what goes on each `every`.
    #[must_use]
    pub fn new(ros: Ros, io: &'a Io, say: Say<'a>, every: Duration) -> Self {
        Self { ros, io, say, every }
    }

    /// The stack of this name as it stands, with parameters and outputs.
    ///
    /// # Errors
    /// When the cloud does not tell.
    pub async fn find(&self, name: &str) -> Result<Option<Stack>, DeployError> {
        let look = || DeployError::cloud(format!("look at stack {name}"));
        let Some(row) = self.ros.stack_by_name(name).await.map_err(look())? else { return Ok(None) };
        self.ros.stack(&row.stack_id).await.map_err(look())
    }

    /// The stack of this name at rest: whatever was under way has ended, and one that was never made whole is gone.
    ///
    /// # Errors
    /// When it does not come to rest, or cannot be changed any more.
    pub async fn settled(&self, name: &str) -> Result<Option<Stack>, DeployError> {
        let Some(stack) = self.find(name).await? else { return Ok(None) };
        let stack = match stack.status.settled() {
            Some(_) => stack,
            None => {
                (self.say)(&format!("stack {name} is {}: waiting for its end", stack.status));
                self.follow(&stack, &BTreeSet::new()).await?
            }
        };
        match stack.status {
            StackStatus::DeleteComplete => Ok(None),
            ref status if status.never_was() => {
                (self.say)(&format!("stack {name} is {status}, so it is deleted and made again"));
                self.delete(&stack, &[]).await?;
                Ok(None)
            }
            ref status if status.can_be_updated() => Ok(Some(stack)),
            _ => Err(DeployError::stack(&stack)),
        }
    }

    /// Makes a stack, or brings one that is there to this template and these parameters.
    ///
    /// Dying before the call changes nothing; dying after it, [`Self::settled`] waits for what was begun.
    ///
    /// # Errors
    /// When the cloud refuses, or the change fails: then all is as it was.
    pub async fn bring(
        &self,
        name: &str,
        before: Option<&Stack>,
        template: &str,
        parameters: Parameters,
    ) -> Result<(Stack, Became), DeployError> {
        match before {
            Some(stack) => self.update(stack, template, parameters).await,
            None => self.create(name, template, parameters).await.map(|stack| (stack, Became::Made)),
        }
    }

    async fn create(&self, name: &str, template: &str, parameters: Parameters) -> Result<Stack, DeployError> {
        let wanted = CreateStack {
            name: name.to_owned(),
            template: template.to_owned(),
            parameters,
            tags: Vec::new(),
            disable_rollback: false,
            deletion_protection: false,
            abandon_when_rolled_back: false,
            timeout_in_minutes: Some(60),
            ram_role_name: None,
            client_token: self.token()?,
        };
        (self.say)(&format!("making stack {name}"));
        let stack = match self.ros.create_stack(&wanted).await {
            Ok(id) => self.by_id(name, &id).await?,
            Err(error) => self.begun(name, error, "make").await?,
        };
        let stack = self.follow(&stack, &BTreeSet::new()).await?;
        match stack.status.settled() {
            Some(Settled::Done) => Ok(stack),
            _ => Err(DeployError::stack(&stack)),
        }
    }

    async fn update(
        &self,
        before: &Stack,
        template: &str,
        parameters: Parameters,
    ) -> Result<(Stack, Became), DeployError> {
        let name = &before.stack_name;
        let events = self.ros.list_stack_events(&before.stack_id).await;
        let known = events.map_err(DeployError::cloud(format!("look at stack {name}")))?;
        let known = known.into_iter().map(|event| event.event_id).collect();
        let wanted = UpdateStack {
            stack_id: before.stack_id.clone(),
            template: template.to_owned(),
            parameters,
            tags: Vec::new(),
            timeout_in_minutes: Some(60),
            ram_role_name: None,
            client_token: self.token()?,
        };
        match self.ros.update_stack(&wanted).await {
            Ok(Updated::AsItIs) => return Ok((before.clone(), Became::AsItWas)),
            Ok(Updated::Begun) => {}
            Err(error) => drop(self.begun(name, error, "update").await?),
        }
        (self.say)(&format!("updating stack {name}"));
        let stack = self.follow(before, &known).await?;
        match stack.status.settled() {
            Some(Settled::Done) => Ok((stack, Became::Changed)),
            _ => Err(DeployError::stack(&stack)),
        }
    }

    /// Deletes a stack and waits until it is gone.
    ///
    /// # Errors
    /// When something of it cannot be deleted.
    pub async fn delete(&self, stack: &Stack, retain: &[&str]) -> Result<(), DeployError> {
        let name = &stack.stack_name;
        let known = self.ros.list_stack_events(&stack.stack_id).await.unwrap_or_default();
        let known = known.into_iter().map(|event| event.event_id).collect();
        if stack.deletion_protection.as_deref() == Some("Enabled") {
            let protected = self.ros.set_deletion_protection(&stack.stack_id, false).await;
            protected.map_err(DeployError::cloud(format!("let stack {name} be deleted")))?;
        }
        let retain = retain.iter().map(|name| (*name).to_owned()).collect();
        let deletion = DeleteStack { stack_id: stack.stack_id.clone(), retain, ram_role_name: None };
        match self.ros.delete_stack(&deletion).await {
            Err(error) if !is_unknown(&error) => {
                return Err(DeployError::cloud(format!("delete stack {name}"))(error));
            }
            _ => {}
        }
        let stack = self.follow(stack, &known).await?;
        match stack.status.settled() {
            Some(Settled::Deleted) => Ok(()),
            _ => Err(DeployError::stack(&stack)),
        }
    }

    /// After a call of which nobody knows whether it was taken: the stack, if something is under way in it.
    async fn begun(&self, name: &str, error: Error, what: &str) -> Result<Stack, DeployError> {
        if is_unknown(&error)
            && let Some(stack) = self.find(name).await?
            && stack.status.settled().is_none_or(|settled| settled == Settled::Done)
        {
            return Ok(stack);
        }
        Err(DeployError::cloud(format!("{what} stack {name}"))(error))
    }

    async fn by_id(&self, name: &str, id: &str) -> Result<Stack, DeployError> {
        let stack = self.ros.stack(id).await.map_err(DeployError::cloud(format!("look at stack {name}")))?;
        match stack {
            Some(stack) => Ok(stack),
            None => self.find(name).await?.ok_or_else(|| DeployError::Endless(name.to_owned())),
        }
    }

    /// Waits until the stack has come to rest, and tells each resource that was made, changed or deleted.
    async fn follow(&self, stack: &Stack, known: &BTreeSet<String>) -> Result<Stack, DeployError> {
        let (name, id) = (&stack.stack_name, &stack.stack_id);
        let mut told = known.clone();
        let mut failures = 0;
        let started = tokio::time::Instant::now();
        loop {
            match self.look(id).await {
                Ok((now, events)) => {
                    failures = 0;
                    for event in events.iter().rev().filter(|event| told.insert(event.event_id.clone())) {
                        self.tell(event);
                    }
                    match now {
                        // An id that is no longer known was deleted long ago.
                        None => return Ok(Stack { status: StackStatus::DeleteComplete, ..stack.clone() }),
                        Some(now) if now.status.settled().is_some() => return Ok(now),
                        Some(_) => {}
                    }
                }
                Err(error) if !error.may_repeat() || failures >= MOST_FAILURES => {
                    return Err(DeployError::cloud(format!("look at stack {name}"))(error));
                }
                Err(_) => failures += 1,
            }
            if started.elapsed() > AT_MOST {
                return Err(DeployError::Endless(name.clone()));
            }
            tokio::time::sleep(self.every).await;
        }
    }

    /// The state first, so that no event before it is missed.
    async fn look(&self, id: &str) -> Result<(Option<Stack>, Vec<Event>), Error> {
        let stack = self.ros.stack(id).await?;
        let events = match self.ros.list_stack_events(id).await {
            Err(error) if error.kind() == Kind::Gone => Vec::new(),
            events => events?,
        };
        Ok((stack, events))
    }

    fn tell(&self, event: &Event) {
        let status = event.status.to_string();
        let (Some(resource), Some(kind)) = (&event.logical_resource_id, &event.resource_type) else { return };
        if kind == "ALIYUN::ROS::Stack" {
            return;
        }
        let kind = kind.trim_start_matches("ALIYUN::");
        let word = match status.as_str() {
            "CREATE_COMPLETE" => "made   ",
            "UPDATE_COMPLETE" => "changed",
            "DELETE_COMPLETE" => "deleted",
            status if status.ends_with("_FAILED") => {
                let why = event.status_reason.as_deref().unwrap_or_default();
                return (self.say)(&format!("  FAILED  {resource} ({kind}): {why}"));
            }
            _ => return,
        };
        (self.say)(&format!("  {word} {resource} ({kind})"));
    }

    fn token(&self) -> Result<ClientToken, DeployError> {
        let token = format!("causeway-{}", self.io.entropy.nonce()).parse();
        token.map_err(|error: alicloud::BadName| DeployError::Settings(vec![error.to_string()]))
    }
}

/// Whether nobody knows if the call was taken.
fn is_unknown(error: &Error) -> bool {
    matches!(
        Refusal::of(error),
        Refusal::Unknown | Refusal::LastTokenProcessing | Refusal::InProgress | Refusal::Exists
    )
}
