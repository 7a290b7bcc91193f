//! The roles as a stack of the account that they are in.

use std::time::Duration;

use alicloud::ClientToken;
use transport::Io;

use super::parameters::{EXTERNAL_ID, ROLES, RoleParameters};
use super::{AccountsError, progress};
use crate::deploy::progress as say;
use crate::deploy::stacks::{Became, Stacks};
use crate::operator::Operator;

/// How often a stack is looked at that is under way.
const EVERY: Duration = Duration::from_secs(2);

/// The stack with the roles of an account.
pub(super) struct RoleStack<'a> {
    stacks: Stacks<'a>,
    /// Its name.
    pub name: String,
}

/// A token for all tries of one change.
pub(super) fn token(io: &Io) -> Result<ClientToken, AccountsError> {
    let text = io.entropy.nonce();
    text.parse().map_err(|bad| AccountsError::Name(text, bad))
}

impl<'a> RoleStack<'a> {
    /// The stack of this name in the account of `owner`.
    pub fn new(owner: &'a Operator, name: String) -> Self {
        Self { stacks: Stacks::new(owner.client.ros(&owner.region), &owner.io, say(true), EVERY), name }
    }

    /// The word that the roles of the stack ask for.
    pub async fn external_id(&self) -> Result<Option<String>, AccountsError> {
        let stack = self.stacks.find(&self.name).await?.filter(|stack| !stack.status.never_was());
        let word = stack.and_then(|stack| stack.parameter(EXTERNAL_ID).map(str::to_owned));
        Ok(word.filter(|word| !word.is_empty()))
    }

    /// Makes the stack, or updates it, and waits for the end. What an earlier run left under way is waited for; one that was never made
    /// whole is deleted first.
    pub async fn bring_about(&self, parameters: &RoleParameters) -> Result<(), AccountsError> {
        let before = self.stacks.settled(&self.name).await?;
        let (_, became) = self.stacks.bring(&self.name, before.as_ref(), ROLES, parameters.of_stack()).await?;
        if became == Became::AsItWas {
            progress!("stack {} is as it has to be", self.name);
        }
        Ok(())
    }

    /// Deletes the stack with the roles in it. Whether it was there.
    pub async fn delete(&self) -> Result<bool, AccountsError> {
        let Some(stack) = self.stacks.settled(&self.name).await? else { return Ok(false) };
        self.stacks.delete(&stack, &[]).await?;
        Ok(true)
    }
}
