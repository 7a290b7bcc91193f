//! Load balancers.

use cloud_error::rules;

use super::{Call, Rule};

pub(super) const RULES: &[Rule] = rules! { Call:
    Busy: "OperationBusy" | "ServiceIsStopping" | "ServiceIsConfiguring" | "BackendServer.configuring"
        | "OperationFailed.TokenIsProcessing" | "OperationFailed.ListenerStatusNotSupport"
        => "The load balancer is in the middle of another change. Wait until it has settled.";
    Gone: "InvalidLoadBalancerId.NotFound" | "ListenerNotFound" | "ResourceNotFound.LoadBalancer" | "ResourceNotFound.loadBalancer";
    AlreadyThere on CreateLoadBalancerTCPListener | CreateLoadBalancerHTTPListener: "ListenerAlreadyExists"
        => "Something listens on this port already. Look what it is.";
    AlreadyThere on AddBackendServers: "*AlreadyExist*" | "*Duplicate*"
        => "One of the servers is behind the load balancer already. Look which one.";
    Refused: "CheckedListenerNotFound"
        => "The listener that is named, or every one of the load balancer, has no health check. Add one, or do not ask for health.";
    Refused: "InvalidServerId.NotFound" | "ObtainIpFail"
        => "One of the servers does not exist in this region of this account, or is not running.";
    Refused: "InvalidBackendServers.Inconsistent"
        => "The servers are not all in one network. Put only servers of the load balancer's own VPC behind it.";
    Quota: "TooManyBackendServers" | "OverQuota";
    Refused on DeleteLoadBalancer: "Operation.NotAllowed"
        => "It is protected from being deleted, paid for in advance, or still in use. Undo that first.";
    Refused: "Operation.NotAllowed";
};
