//! What a caller may see and do.
//!
//! What a caller may not see is answered like what does not exist. What it sees and may not change is answered with the role
//! that it takes.

use std::sync::Arc;

use connection::caller::{Act, Caller, Callers, Credential, Role, Subject};
use connection::record::{Asker, Record};
use connection::spec::Place;
use connection::trace::TraceParent;
use connection::words::{CallerName, ConnectionName};
use engine::services::Services;
use jiff::Timestamp;
use store::Stored;

use crate::gate::unavailable;
use crate::problem_json::Refusal;

/// Whose request it is.
#[derive(Debug, Clone)]
pub struct Principal {
    name: CallerName,
    caller: Caller,
    callers: Arc<Callers>,
    trace: Option<TraceParent>,
}

impl Principal {
    /// The caller of this name, let in by this credential.
    ///
    /// # Errors
    /// When the callers document does not let it in now.
    pub fn of(
        name: CallerName,
        credential: Credential,
        callers: Arc<Callers>,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let refused = |why: &str| {
            Refusal::forbidden(format!("caller {name} {why}; an admin corrects config/callers.json in the store"))
        };
        let Some(caller) = callers.callers.get(&name) else { return Err(refused("is not in the callers document")) };
        if caller.credential != credential {
            return Err(refused("is let in by another kind of credential"));
        }
        if caller.has_expired(now) {
            return Err(refused("has expired"));
        }
        let caller = caller.clone();
        Ok(Self { name, caller, callers, trace: None })
    }

    /// The same caller, whose request belongs to these traces of its own.
    #[must_use]
    pub fn traced(self, trace: Option<TraceParent>) -> Self {
        Self { trace, ..self }
    }

    /// Who it is, for the record of what it asks for.
    #[must_use]
    pub fn asker(&self) -> Asker<'_> {
        Asker { caller: &self.name, trace: self.trace.as_ref() }
    }

    /// Where its request belongs in its traces.
    #[must_use]
    pub fn trace(&self) -> Option<&TraceParent> {
        self.trace.as_ref()
    }

    /// Whoever has a link that was sent to the owner of accounts: it speaks for the owner, and has no roles.
    ///
    /// # Errors
    /// When the owner is no caller or group that is let in now.
    pub fn by_link(owner: CallerName, callers: Arc<Callers>, now: Timestamp) -> Result<Self, Refusal> {
        let is_let_in = |name: &CallerName| callers.callers.get(name).is_some_and(|caller| !caller.has_expired(now));
        let has_members = callers.groups.get(&owner).is_some_and(|members| members.iter().any(is_let_in));
        if !is_let_in(&owner) && !has_members {
            return Err(Refusal::forbidden(format!(
                "{owner} is neither a caller nor a group with one any more; an admin corrects config/callers.json in the store"
            )));
        }
        let caller = Caller { roles: Vec::new(), ..Caller::with(Credential::WebhookSecret, Role::Viewer) };
        Ok(Self { name: owner, caller, callers, trace: None })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &CallerName {
        &self.name
    }

    /// The callers document as it was when the request came.
    #[must_use]
    pub fn callers(&self) -> &Callers {
        &self.callers
    }

    /// Whether it sees this.
    #[must_use]
    pub fn sees(&self, subject: &Subject<'_>) -> bool {
        self.caller.may(Act::See, subject)
    }

    /// Refuses what none of its roles allows with anything.
    ///
    /// # Errors
    /// 403, with the roles that it takes.
    pub fn has_a_role_for(&self, act: Act) -> Result<(), Refusal> {
        if self.caller.may_ever(act) {
            return Ok(());
        }
        Err(Refusal::forbidden(format!(
            "caller {} has no role for this: it takes {}; an admin adds it to config/callers.json in the store",
            self.name,
            act.roles()
        )))
    }

    /// Refuses what its roles do not allow with `subject`. `what` names the subject, in words that the request gave or that the
    /// caller sees.
    ///
    /// # Errors
    /// 403, with the roles that it takes.
    pub fn may(&self, act: Act, subject: &Subject<'_>, what: &str) -> Result<(), Refusal> {
        self.has_a_role_for(act)?;
        if self.caller.may(act, subject) {
            return Ok(());
        }
        Err(Refusal::forbidden(format!(
            "the roles of caller {} are limited and do not cover {what}: it takes {} for it; an admin widens them in \
             config/callers.json in the store",
            self.name,
            act.roles()
        )))
    }

    /// Refuses that somebody approves what it asked for itself.
    ///
    /// # Errors
    /// 403, with who may.
    pub fn did_not_ask(&self, asked_by: Option<&CallerName>, act: Act) -> Result<(), Refusal> {
        // In the name of a group nobody speaks who is in it and asked.
        let asked = asked_by.is_some_and(|asker| self.callers.speaks_for(asker, &self.name));
        if !self.callers.four_eyes || !asked {
            return Ok(());
        }
        Err(Refusal::forbidden(format!(
            "caller {} asked for the connection, so another caller has to approve this: one with the role {}",
            self.name,
            act.roles()
        )))
    }

    /// Whether it sees the connection: by a role, or because it speaks for the owner of one of its accounts.
    #[must_use]
    pub fn sees_connection(&self, services: &Services, record: &Record) -> bool {
        let owner = |place: Place<'_>| services.clouds.account(place.account).and_then(|account| account.owner());
        let mut owners = record.spec.places().into_iter().filter_map(|(_, place)| owner(place));
        self.sees(&Subject::record(record)) || owners.any(|owner| self.callers.speaks_for(&self.name, owner))
    }

    /// The connection, where the caller sees it.
    ///
    /// # Errors
    /// 404 where there is none, or none that it sees.
    pub async fn connection(&self, services: &Services, name: &ConnectionName) -> Result<Stored, Refusal> {
        let stored = services.store.read(name).await.map_err(unavailable)?;
        stored.filter(|stored| self.sees_connection(services, &stored.record)).ok_or_else(|| crate::unknown(name))
    }
}
