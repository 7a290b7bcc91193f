//! Which attributes a call gives a queue.

use local_core::rpc::{Params, RpcError};

use super::super::attributes::{Attributes, DeadLetterPolicy};
use super::policy::Policy;

/// What a call changes; `None` leaves as it is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    delay_seconds: Option<u32>,
    maximum_message_size: Option<u32>,
    message_retention_period: Option<u32>,
    visibility_timeout: Option<u32>,
    polling_wait_seconds: Option<u32>,
    logging_enabled: Option<bool>,
    /// The policy in force from now on, if any.
    dead_letter: Option<Option<DeadLetterPolicy>>,
}

impl Changes {
    /// Reads them. Ranges are the queue's business, not checked here.
    pub(super) fn read(params: &Params) -> Result<Self, RpcError> {
        let number = |name: &str| params.parsed::<u32>(name, "a number");
        Ok(Self {
            delay_seconds: number("DelaySeconds")?,
            maximum_message_size: number("MaximumMessageSize")?,
            message_retention_period: number("MessageRetentionPeriod")?,
            visibility_timeout: number("VisibilityTimeout")?,
            polling_wait_seconds: number("PollingWaitSeconds")?,
            logging_enabled: params.get("EnableLogging").map(|_| params.flag("EnableLogging")).transpose()?,
            dead_letter: params.get("DlqPolicy").map(read_dead_letter).transpose()?,
        })
    }

    /// `attributes` with these changes.
    pub(super) fn made_to(self, attributes: Attributes) -> Attributes {
        Attributes {
            delay_seconds: self.delay_seconds.unwrap_or(attributes.delay_seconds),
            maximum_message_size: self.maximum_message_size.unwrap_or(attributes.maximum_message_size),
            message_retention_period: self.message_retention_period.unwrap_or(attributes.message_retention_period),
            visibility_timeout: self.visibility_timeout.unwrap_or(attributes.visibility_timeout),
            polling_wait_seconds: self.polling_wait_seconds.unwrap_or(attributes.polling_wait_seconds),
            logging_enabled: self.logging_enabled.unwrap_or(attributes.logging_enabled),
            dead_letter: self.dead_letter.unwrap_or(attributes.dead_letter),
        }
    }
}

/// The policy that a parameter switches on; `None` when it switches it off.
fn read_dead_letter(text: &str) -> Result<Option<DeadLetterPolicy>, RpcError> {
    let policy = Policy::read("DlqPolicy", text)?;
    if !policy.is_enabled()? {
        return Ok(None);
    }
    let queue = policy.required("DeadLetterTargetQueue")?;
    Ok(Some(DeadLetterPolicy { queue, max_receive_count: policy.number("MaxReceiveCount")? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> Result<Option<DeadLetterPolicy>, String> {
        read_dead_letter(text).map_err(|error| error.code)
    }

    #[test]
    fn numbers_and_flags_of_a_policy_come_as_such_or_as_text() {
        let expected = Ok(Some(DeadLetterPolicy { queue: "dead".into(), max_receive_count: 3 }));
        assert_eq!(policy(r#"{"Enabled":true,"DeadLetterTargetQueue":"dead","MaxReceiveCount":3}"#), expected);
        assert_eq!(policy(r#"{"Enabled":"True","DeadLetterTargetQueue":"dead","MaxReceiveCount":"3"}"#), expected);
        assert_eq!(policy(r#"{"Enabled":false}"#), Ok(None));
        assert_eq!(policy("{}"), Ok(None));
    }

    #[test]
    fn an_incomplete_or_unreadable_policy_is_refused_by_name() {
        for (text, code) in [
            ("nonsense", "InvalidParameter"),
            (r#"{"Enabled":"maybe"}"#, "InvalidParameter"),
            (r#"{"Enabled":true,"MaxReceiveCount":3}"#, "MissingParameter"),
            (r#"{"Enabled":true,"DeadLetterTargetQueue":"dead"}"#, "MissingParameter"),
            (r#"{"Enabled":true,"DeadLetterTargetQueue":"dead","MaxReceiveCount":-1}"#, "InvalidParameter"),
        ] {
            assert_eq!(policy(text), Err(code.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_not_named_stays_as_it_was() {
        let params = Params::from([("DelaySeconds", "5"), ("EnableLogging", "true")].as_slice());
        let before = Attributes { visibility_timeout: 7, ..Attributes::default() };
        let expected = Attributes { delay_seconds: 5, logging_enabled: true, ..before.clone() };
        assert_eq!(Changes::read(&params).unwrap().made_to(before), expected);
    }
}
