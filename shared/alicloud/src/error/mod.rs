//! What goes wrong with a call: the one error of all clouds, with the codes of this one.

mod codes;

pub use cloud_error::{Answer, Kind, NoCredentials, Patience};
use cloud_error::{CloudCall, Effect, Table};

use crate::call::{Call, Product};
use crate::names::Region;

pub(crate) use codes::DRY_RUN_PASSED;
pub use codes::General;

/// A call that did not succeed: which, where, what the cloud said, and what kind of failure it is.
pub type Error = cloud_error::Error<Call>;

impl CloudCall for Call {
    type Region = Region;
    const TABLE: Table<Self> = codes::TABLE;

    fn service(self) -> &'static str {
        self.product().name()
    }

    fn effect(self) -> Effect {
        self.effect()
    }

    /// Messages are how functions speak to each other: what they carry is told by who carries it.
    fn is_change(self) -> bool {
        self.effect() != Effect::Reads && self.product() != Product::Mns
    }
}

#[cfg(test)]
mod tests {
    use cloud_signing::Credentials;
    use http::StatusCode;
    use transport::{Chain, TransportError};

    use super::*;

    fn failed(call: Call, region: Option<&Region>, answer: Answer) -> Error {
        Error::answer(call, region, answer, &Credentials::new("id", ""))
    }

    fn answer(code: &str, status: u16) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            code: Some(code.to_owned()),
            message: Some("what the cloud says".to_owned()),
            request_id: Some("0F0E0D0C".to_owned()),
            denied_action: None,
        }
    }

    #[test]
    fn an_error_names_call_region_code_and_request() {
        let region = "cn-qingdao".parse().unwrap();
        let error = failed(Call::CreateRouteEntry, Some(&region), answer("TaskConflict", 400));
        assert_eq!(
            error.to_string(),
            "vpc CreateRouteEntry in cn-qingdao failed with TaskConflict (HTTP 400): what the cloud says [request 0F0E0D0C]"
        );
        assert_eq!(error.kind(), Kind::Busy);
        assert_eq!((error.code(), error.request_id()), (Some("TaskConflict"), Some("0F0E0D0C")));
        assert_eq!(error.status(), Some(StatusCode::BAD_REQUEST));
    }

    #[test]
    fn a_lost_answer_may_be_asked_for_again_only_by_a_call_that_reads() {
        let lost = || TransportError::NoAnswer { host: "h".into(), reason: "timed out".into() };
        let read = Error::transport(Call::DescribeVpcs, None, lost());
        let write = Error::transport(Call::CreateRouteEntry, None, lost());
        assert_eq!((read.kind(), write.kind()), (Kind::OutcomeUnknown, Kind::OutcomeUnknown));
        assert!(read.may_repeat());
        assert!(!write.may_repeat());
    }

    #[test]
    fn when_the_credentials_time_out_the_call_itself_was_not_sent() {
        let lost = TransportError::NoAnswer { host: "h".into(), reason: "timed out".into() };
        let inner = Error::transport(Call::AssumeRole, None, lost);
        let error = Error::credentials(Call::CreateRouterInterface, None, inner.into());
        assert_eq!(error.kind(), Kind::NotSent);
        assert_eq!(
            Chain(&error).to_string(),
            "vpc CreateRouterInterface was not sent, for want of credentials: sts AssumeRole failed: no answer from h: timed out"
        );
    }

    #[test]
    fn a_denial_says_which_permission_is_missing() {
        let mut denied = answer("Forbidden.RAM", 403);
        denied.denied_action = Some("vpc:CreateRouterInterface".to_owned());
        let error = failed(Call::CreateRouterInterface, None, denied);
        assert_eq!(error.kind(), Kind::Denied);
        assert!(error.advice().contains("vpc:CreateRouterInterface"), "{}", error.advice());
    }

    #[test]
    fn a_long_message_is_cut_at_a_character() {
        let mut long = answer("InvalidParameter", 400);
        long.message = Some("é".repeat(600));
        let error = failed(Call::CreateRouteEntry, None, long);
        assert!(error.message().len() <= 600 + '…'.len_utf8());
    }
}
