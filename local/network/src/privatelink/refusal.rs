//! The codes of the product. All are HTTP 400, "not found" among them.

use local_core::refusals;
use local_core::rpc::RpcError;

refusals! {
    no_region(region: &str) = bad "RegionNotFound", "The specified region is not found: {region}.";
    no_service(id: &str) = bad "EndpointServiceNotFound", "The specified Service does not exist: {id}.";
    not_listed(id: &str) = bad "EndpointServiceNotAuthorized", "The specified endpoint service is not authorized to user: {id}.";
    no_endpoint(id: &str) = bad "EndpointNotFound", "The specified Endpoint does not exist: {id}.";
    no_connection(id: &str) = bad "EndpointConnectionNotFound", "The specified endpoint connection does not exist: {id}.";
    no_zone(zone: &str) = bad "EndpointZoneNotFound", "The specified zone of Endpoint does not exist: {zone}.";
    no_resource(id: &str) = bad "EndpointServiceResourceNotFound", "The specified service resource is not found: {id}.";
    /// The service is being made, changed or deleted.
    service_busy() = bad "EndpointServiceOperationDenied", "The specified operation of endpoint service is not allowed.";
    /// The endpoint is being made, changed or deleted.
    endpoint_busy() = bad "EndpointOperationDenied", "The specified operation of endpoint is not allowed.";
    /// The connection is on its way to another state.
    connection_busy() = bad "EndpointConnectionOperationDenied", "The endpoint is being connected.";
    /// Another such call of the account is not over yet.
    concurrent() = bad "ConcurrentCallNotSupported", "The operation conflicts with other operations. Try again later.";
    service_locked() = bad "EndpointServiceLocked", "The specified Service is locked.";
    endpoint_locked() = bad "EndpointLocked", "The specified Endpoint is locked.";
    service_deleted() = bad "EndpointServiceDeleted", "The specified Service is already deleted.";
    wrong_connection_status(status: &str) = bad "IncorrectStatus.VpcEndpointConnection",
        "The status of VpcEndpointConnection [{status}] is incorrect.";
    wrong_service_status(status: &str) = bad "IncorrectStatus.VpcEndpointService",
        "The status of VpcEndpointService [{status}] is incorrect.";
    wrong_endpoint_status(status: &str) = bad "IncorrectStatus.VpcEndpoint", "The status of VpcEndpoint [{status}] is incorrect.";
    wrong_zone_status(status: &str) = bad "IncorrectStatus.VpcEndpointZone", "The status of VpcEndpointZone [{status}] is incorrect.";
    zone_not_served(zone: &str) = bad "EndpointServiceNotSupportedZone",
        "The specified endpoint service does not support the zone: {zone}.";
    over_quota(what: &str) = bad "QuotaMisMatched", "The resource you applied for has exceeded the quota: {what}.";
    no_group(id: &str) = bad "SecurityGroupNotFound", "The specified security group does not exist: {id}.";
}

/// Common refusals under the names that this product has for them.
pub(super) fn of_this_product(error: RpcError) -> RpcError {
    match error.code.as_str() {
        "IdempotentParameterMismatch" => {
            RpcError::bad("IdempotenceSignatureMismatch", "The client token was used with other parameters.")
        }
        _ => error,
    }
}
