//! Load balancers.

use super::{Kind, Rule, plain, rule};
use crate::call::Call::{
    AddBackendServers, CreateLoadBalancerHTTPListener, CreateLoadBalancerTCPListener, DeleteLoadBalancer,
};

pub(super) const RULES: &[Rule] = &[
    rule(
        Kind::Busy,
        &[],
        &[
            "OperationBusy",
            "ServiceIsStopping",
            "ServiceIsConfiguring",
            "BackendServer.configuring",
            "OperationFailed.TokenIsProcessing",
            "OperationFailed.ListenerStatusNotSupport",
        ],
        "The load balancer is in the middle of another change. Wait until it has settled.",
    ),
    plain(
        Kind::Gone,
        &[
            "InvalidLoadBalancerId.NotFound",
            "ListenerNotFound",
            "ResourceNotFound.LoadBalancer",
            "ResourceNotFound.loadBalancer",
        ],
    ),
    rule(
        Kind::AlreadyThere,
        &[CreateLoadBalancerTCPListener, CreateLoadBalancerHTTPListener],
        &["ListenerAlreadyExists"],
        "Something listens on this port already. Look what it is.",
    ),
    rule(
        Kind::AlreadyThere,
        &[AddBackendServers],
        &["*AlreadyExist*", "*Duplicate*"],
        "One of the servers is behind the load balancer already. Look which one.",
    ),
    rule(
        Kind::Refused,
        &[],
        &["CheckedListenerNotFound"],
        "None of its listeners has a health check. Add one, or do not ask for health.",
    ),
    rule(
        Kind::Refused,
        &[],
        &["InvalidServerId.NotFound", "ObtainIpFail"],
        "One of the servers does not exist in this region of this account, or is not running.",
    ),
    rule(
        Kind::Refused,
        &[],
        &["InvalidBackendServers.Inconsistent"],
        "The servers are not all in one network. Put only servers of the load balancer's own VPC behind it.",
    ),
    plain(Kind::Quota, &["TooManyBackendServers", "OverQuota"]),
    rule(
        Kind::Refused,
        &[DeleteLoadBalancer],
        &["Operation.NotAllowed"],
        "It is protected from being deleted, paid for in advance, or still in use. Undo that first.",
    ),
    plain(Kind::Refused, &["Operation.NotAllowed"]),
];
