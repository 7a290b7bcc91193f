//! What the cloud's words and statuses mean: one table, first match wins, then the status alone.
//!
//! The documents of the VPC product give a status for each failure and never the word beside it; the common page lists
//! which words go with which status. Where only the status is sure, it decides. A refusal whose cause is left open is given
//! the careful meaning: read back, or wait, rather than give up.

use cloud_error::{Kind, Table, rules};

use crate::call::Call;

type Rule = cloud_error::Rule<Call>;

/// The table. A fault of the server may come after the effect: only words that speak of the request itself are believed then.
pub(super) const TABLE: Table<Call> = Table {
    rules: &[RULES],
    doubted: &[Kind::Busy, Kind::Gone],
    advice: &[
        (Kind::Gone, "It does not exist (any more), or not in this region for this account. Look in the console."),
        (Kind::Quota, "A quota is used up. Remove what is not needed, or ask for more by a ticket."),
        (
            Kind::Denied,
            "Check the access key of this account in the configuration, what it is allowed to do, and the clock of this machine.",
        ),
    ],
};

const RULES: &[Rule] = rules! { Call:
    // ---- by call
    AlreadyThere at 409 on CreateVpcPeering
        => "Either this pair of VPCs has a peering from this side already, or another peering of the account has this name. List \
            the peerings of the VPC and compare.";
    Refused at 400 on CreateVpcPeering
        => "A peering joins two VPCs of one region whose ranges do not overlap, and its name has 1 to 32 letters, digits, _ and -.";
    AlreadyThere at 409 on AddRouteTableRules | AddNetworkSecurityGroupRules: "ALREADY_EXISTS"
        => "Such a rule is there already, or what it points to is in another VPC. List the rules and compare.";
    Refused at 409 on AddRouteTableRules | AddNetworkSecurityGroupRules
        => "What the rule points to must be in the same VPC: a peering made from the other side, for example, is not.";
    Busy at 400 on DeleteRouteTable: "FAILED_PRECONDITION"
        => "The route table is still bound to subnets. Bind them to another one first.";
    Busy at 400 on DeleteVpcPeering: "FAILED_PRECONDITION"
        => "Something still uses the peering: a rule of a route table, most likely. Remove that first.";
    Gone at 404 on RemoveRouteTableRules | RemoveNetworkSecurityGroupRules: "NOT_FOUND"
        => "The table, the group or one of the rules is gone. List what is left; a refused removal removes nothing.";
    // ---- who calls
    Denied: "ACCESS_ERROR" | "UNAUTHENTICATED";
    Denied: "HTTP_FORBIDDEN" | "PERMISSION_DENIED";
    // ---- how much
    Quota: "QUOTA_EXCEEDED";
    Throttled: "RATE_LIMIT" | "HTTP_RATE_LIMIT_EXCEEDED";
    // ---- what is there
    Gone: "NOT_FOUND";
    AlreadyThere: "ALREADY_EXISTS";
    Busy: "ABORTED";
    // ---- requests in general
    Refused: "INVALID_ARGUMENT" | "FAILED_PRECONDITION" | "OUT_OF_RANGE" | "NOT_IMPLEMENTED";
    // ---- faults
    OutcomeUnknown: "CANCELLED" | "UNKNOWN" | "INTERNAL" | "SOURCE_UNAVAILABLE" | "UNAVAILABLE";
    // ---- the status alone
    AlreadyThere at 409 on CreateRouteTable;
    Busy at 409;
    // A client that closed too early, by a gateway's count.
    OutcomeUnknown at 499;
};

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn kind(call: Call, status: u16, word: &str) -> Kind {
        let word = Some(word).filter(|word| !word.is_empty());
        TABLE.meaning(call, word, StatusCode::from_u16(status).unwrap()).kind
    }

    #[test]
    fn every_word_of_the_common_page_has_a_meaning() {
        for (status, word, expected) in [
            (400, "INVALID_ARGUMENT", Kind::Refused),
            (400, "FAILED_PRECONDITION", Kind::Refused),
            (400, "OUT_OF_RANGE", Kind::Refused),
            (401, "UNAUTHENTICATED", Kind::Denied),
            (401, "ACCESS_ERROR", Kind::Denied),
            (403, "HTTP_FORBIDDEN", Kind::Denied),
            (403, "PERMISSION_DENIED", Kind::Denied),
            (404, "NOT_FOUND", Kind::Gone),
            (409, "ABORTED", Kind::Busy),
            (409, "ALREADY_EXISTS", Kind::AlreadyThere),
            (429, "QUOTA_EXCEEDED", Kind::Quota),
            (429, "RATE_LIMIT", Kind::Throttled),
            (429, "HTTP_RATE_LIMIT_EXCEEDED", Kind::Throttled),
            (499, "CANCELLED", Kind::OutcomeUnknown),
            (500, "UNKNOWN", Kind::OutcomeUnknown),
            (500, "INTERNAL", Kind::OutcomeUnknown),
            (501, "NOT_IMPLEMENTED", Kind::Refused),
            (502, "SOURCE_UNAVAILABLE", Kind::OutcomeUnknown),
            (503, "UNAVAILABLE", Kind::OutcomeUnknown),
        ] {
            assert_eq!(kind(Call::CreateRouteTable, status, word), expected, "{status} {word}");
        }
    }

    #[test]
    fn a_peering_that_is_there_is_known_by_the_status_alone() {
        for word in ["ALREADY_EXISTS", "ABORTED", "SOMETHING_ELSE", ""] {
            assert_eq!(kind(Call::CreateVpcPeering, 409, word), Kind::AlreadyThere, "{word}");
        }
    }

    #[test]
    fn a_rule_that_points_out_of_the_vpc_is_refused_and_one_that_is_there_is_not() {
        assert_eq!(kind(Call::AddRouteTableRules, 409, ""), Kind::Refused);
        assert_eq!(kind(Call::AddRouteTableRules, 409, "ABORTED"), Kind::Refused);
        assert_eq!(kind(Call::AddRouteTableRules, 409, "ALREADY_EXISTS"), Kind::AlreadyThere);
    }

    #[test]
    fn what_is_in_use_can_be_deleted_later() {
        assert_eq!(kind(Call::DeleteRouteTable, 400, "FAILED_PRECONDITION"), Kind::Busy);
        assert_eq!(kind(Call::DeleteRouteTable, 400, "INVALID_ARGUMENT"), Kind::Refused);
    }

    #[test]
    fn without_a_word_the_status_decides() {
        assert_eq!(kind(Call::DescribeVpc, 404, ""), Kind::Refused, "some gateway's page, not the product's answer");
        assert_eq!(kind(Call::DeleteVpcPeering, 404, ""), Kind::OutcomeUnknown);
        assert_eq!(kind(Call::CreateRouteTable, 429, ""), Kind::Throttled);
        assert_eq!(kind(Call::CreateRouteTable, 502, ""), Kind::OutcomeUnknown);
        assert_eq!(kind(Call::CreateRouteTable, 401, ""), Kind::Denied);
        assert_eq!(kind(Call::CreateRouteTable, 418, "TEAPOT"), Kind::Refused);
    }

    #[test]
    fn a_fault_of_the_server_is_not_believed_to_be_without_effect() {
        assert_eq!(kind(Call::DeleteVpcPeering, 503, "NOT_FOUND"), Kind::OutcomeUnknown);
        assert_eq!(kind(Call::CreateVpcPeering, 500, "ABORTED"), Kind::OutcomeUnknown);
    }
}
