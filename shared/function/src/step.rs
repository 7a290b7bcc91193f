//! A step as a function: messages in, steps carried, messages out.

use std::sync::Arc;

use connection::message::{Message as _, StepMessage};
use engine::carry::{Carried, carry};
use engine::services::Services;
use engine::step::Step;
use fc_runtime::{Diagnostic, Environment, Error, Runtime};
use serde::Serialize;
use transport::Io;

use crate::serve::{Feed, each_message, serve};

/// What a batch came to.
#[derive(Debug, Serialize)]
struct Tally {
    moved: usize,
    stale: usize,
}

/// The function that owns `step`.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(step: impl Step + 'static, environment: &Environment, io: Io) -> Result<Runtime, Error> {
    let step: Arc<dyn Step> = Arc::new(step);
    serve(environment, io, move |services, payload| {
        let step = step.clone();
        async move { carry_all(&services, &*step, &payload).await }
    })
}

async fn carry_all(services: &Services, step: &dyn Step, payload: &[u8]) -> Result<Tally, Diagnostic> {
    let carry = |message| async move { carry(services, step, &message).await };
    let carried = each_message(services, Feed::of_step(step.name()), payload, StepMessage::from_value, carry).await?;
    let moved = carried.iter().filter(|carried| matches!(carried, Carried::Moved(_))).count();
    Ok(Tally { moved, stale: carried.len() - moved })
}
