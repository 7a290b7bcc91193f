//! One call from the moment its caller is known until its answer: policies, faults, rows, the log.
//!
//! Every product reads requests off its own wire and words its own refusals. What happens in between is the same for all of
//! them, in this order:
//!
//! 1. [`Shared::begin`] opens the record of the call. The product fills in what it learns from the request.
//! 2. [`Shared::carry_out`] asks the caller's policies, then the faults, and then does the work.
//! 3. The work goes through [`Shared::change`], so that what changed is kept before anyone hears of it.
//! 4. [`Call::attach`] puts the record into the response. The gateway logs it from there, and breaks the connection where a
//!    fault wants the answer lost.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;

use crate::access::{self, Denied};
use crate::calls::{Call, CallInfo, Outcome, Product};
use crate::faults::{Fault, Swallow};
use crate::identity::Identity;
use crate::rpc::RpcError;
use crate::shared::Shared;
use crate::table::{Changes, StorageError};

/// A refusal that a fault orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordered<'a> {
    /// Too many requests.
    Throttle,
    /// The server failed.
    ServerError,
    /// The server cannot answer now.
    Unavailable,
    /// Whatever the fault says.
    Refuse {
        /// The HTTP status.
        status: StatusCode,
        /// The code.
        code: &'a str,
    },
}

/// How a product words the refusals that every call can meet.
pub trait Refusals {
    /// A refusal of the product.
    type Error;

    /// The caller's policies do not allow the call.
    fn denied(&self, denied: &Denied) -> Self::Error;

    /// A fault refuses the call.
    fn ordered(&self, order: Ordered<'_>) -> Self::Error;
}

/// The rows of a product.
pub trait Rows {
    /// Lets everything happen that is due by `now`.
    fn settle(&mut self, now: Timestamp);

    /// Every table, to be written where it changed.
    fn tables(&mut self) -> Vec<&mut dyn Changes>;
}

impl Shared {
    /// The record of a call of which nothing is known yet but that it begins now.
    #[must_use]
    pub fn begin(&self, product: Product, region: &str, request_id: &str) -> Call {
        let (action, account, region) = (String::new(), String::new(), region.to_owned());
        Call {
            info: CallInfo { product, action, account, region },
            caller: None,
            access_key_id: String::new(),
            needs: Vec::new(),
            is_write: false,
            outcome: Outcome::Done,
            request_id: request_id.to_owned(),
            resource: None,
            at: self.clock.now(),
        }
    }

    /// Does `work` for `caller`, if its policies allow what `call` needs and no fault is in the way. `facts` is what
    /// conditions of policies may ask for.
    ///
    /// # Errors
    /// What `work` fails with, or a refusal. When a fault breaks the connection, what is returned is never seen.
    pub async fn carry_out<R: Refusals + ?Sized, T>(
        &self,
        refusals: &R,
        call: &mut Call,
        caller: &Identity,
        facts: &[(&'static str, String)],
        work: impl Future<Output = Result<T, R::Error>>,
    ) -> Result<T, R::Error> {
        call.access_key_id.clone_from(&caller.access_key_id);
        access::check(self, caller, &call.needs, facts).map_err(|denied| refusals.denied(&denied))?;
        let fault = self.faults.on_request(&call.info);
        let order = match fault {
            None => return work.await,
            Some(Fault::Slow { milliseconds }) => {
                self.clock.sleep(Duration::from_millis(milliseconds)).await;
                return work.await;
            }
            Some(Fault::LoseAnswer) => {
                call.outcome = Outcome::AnswerLost;
                return work.await;
            }
            Some(Fault::DropBefore) => {
                call.outcome = Outcome::DroppedBefore;
                Ordered::ServerError
            }
            Some(Fault::Throttle) => Ordered::Throttle,
            Some(Fault::ServerError) => Ordered::ServerError,
            Some(Fault::Unavailable) => Ordered::Unavailable,
            Some(Fault::Refuse { status, ref code }) => {
                Ordered::Refuse { status: StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), code }
            }
        };
        Err(refusals.ordered(order))
    }

    /// Does one thing on settled rows, and keeps what changed before anyone hears of it. What fell due is kept even if the
    /// thing fails.
    ///
    /// # Errors
    /// What `act` fails with, or that the state cannot be written.
    pub fn change<S: Rows, T, E: From<StorageError>>(
        &self,
        rows: &mut S,
        act: impl FnOnce(&mut S, Timestamp) -> Result<T, E>,
    ) -> Result<T, E> {
        let now = self.clock.now();
        rows.settle(now);
        let outcome = act(rows, now);
        self.storage.commit(&mut rows.tables())?;
        outcome
    }
}

impl Shared {
    /// Logs a call that was made inside this process, for which there is no response to attach its record to.
    pub fn note(&self, mut call: Call, refused: Option<&RpcError>) {
        if let Some(error) = refused {
            call.outcome = Outcome::Refused { code: error.code.clone() };
        }
        self.calls.record(call);
    }
}

impl Call {
    /// Ends the record and puts it into the response. `refused` is the code of the refusal, if it is one.
    #[must_use]
    pub fn attach(mut self, mut response: Response<Bytes>, refused: Option<String>) -> Response<Bytes> {
        match (&self.outcome, refused) {
            (Outcome::DroppedBefore | Outcome::AnswerLost, _) => {
                response.extensions_mut().insert(Swallow);
            }
            (_, Some(code)) => self.outcome = Outcome::Refused { code },
            (_, None) => {}
        }
        response.extensions_mut().insert(self);
        response
    }
}
