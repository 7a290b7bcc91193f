//! The codes of the product. All are HTTP 400, "not found" among them.

use local_core::rpc::RpcError;

/// Common refusals under the names that this product has for them.
pub(super) fn of_this_product(error: RpcError) -> RpcError {
    match error.code.as_str() {
        "IdempotentParameterMismatch" => {
            RpcError::bad("IdempotenceSignatureMismatch", "The client token was used with other parameters.")
        }
        _ => error,
    }
}

pub(super) fn no_region(region: &str) -> RpcError {
    RpcError::bad("RegionNotFound", format!("The specified region is not found: {region}."))
}

pub(super) fn no_service(id: &str) -> RpcError {
    RpcError::bad("EndpointServiceNotFound", format!("The specified Service does not exist: {id}."))
}

pub(super) fn not_listed(id: &str) -> RpcError {
    RpcError::bad(
        "EndpointServiceNotAuthorized",
        format!("The specified endpoint service is not authorized to user: {id}."),
    )
}

pub(super) fn no_endpoint(id: &str) -> RpcError {
    RpcError::bad("EndpointNotFound", format!("The specified Endpoint does not exist: {id}."))
}

pub(super) fn no_connection(id: &str) -> RpcError {
    RpcError::bad("EndpointConnectionNotFound", format!("The specified endpoint connection does not exist: {id}."))
}

pub(super) fn no_zone(zone: &str) -> RpcError {
    RpcError::bad("EndpointZoneNotFound", format!("The specified zone of Endpoint does not exist: {zone}."))
}

pub(super) fn no_resource(id: &str) -> RpcError {
    RpcError::bad("EndpointServiceResourceNotFound", format!("The specified service resource is not found: {id}."))
}

/// The service is being made, changed or deleted.
pub(super) fn service_busy() -> RpcError {
    RpcError::bad("EndpointServiceOperationDenied", "The specified operation of endpoint service is not allowed.")
}

/// The endpoint is being made, changed or deleted.
pub(super) fn endpoint_busy() -> RpcError {
    RpcError::bad("EndpointOperationDenied", "The specified operation of endpoint is not allowed.")
}

/// The connection is on its way to another state.
pub(super) fn connection_busy() -> RpcError {
    RpcError::bad("EndpointConnectionOperationDenied", "The endpoint is being connected.")
}

/// Another such call of the account is not over yet.
pub(super) fn concurrent() -> RpcError {
    RpcError::bad("ConcurrentCallNotSupported", "The operation conflicts with other operations. Try again later.")
}

pub(super) fn service_locked() -> RpcError {
    RpcError::bad("EndpointServiceLocked", "The specified Service is locked.")
}

pub(super) fn endpoint_locked() -> RpcError {
    RpcError::bad("EndpointLocked", "The specified Endpoint is locked.")
}

pub(super) fn service_deleted() -> RpcError {
    RpcError::bad("EndpointServiceDeleted", "The specified Service is already deleted.")
}

pub(super) fn wrong_connection_status(status: &str) -> RpcError {
    RpcError::bad(
        "IncorrectStatus.VpcEndpointConnection",
        format!("The status of VpcEndpointConnection [{status}] is incorrect."),
    )
}

pub(super) fn wrong_service_status(status: &str) -> RpcError {
    RpcError::bad(
        "IncorrectStatus.VpcEndpointService",
        format!("The status of VpcEndpointService [{status}] is incorrect."),
    )
}

pub(super) fn wrong_endpoint_status(status: &str) -> RpcError {
    RpcError::bad("IncorrectStatus.VpcEndpoint", format!("The status of VpcEndpoint [{status}] is incorrect."))
}

pub(super) fn wrong_zone_status(status: &str) -> RpcError {
    RpcError::bad("IncorrectStatus.VpcEndpointZone", format!("The status of VpcEndpointZone [{status}] is incorrect."))
}

pub(super) fn zone_not_served(zone: &str) -> RpcError {
    RpcError::bad(
        "EndpointServiceNotSupportedZone",
        format!("The specified endpoint service does not support the zone: {zone}."),
    )
}

pub(super) fn over_quota(what: &str) -> RpcError {
    RpcError::bad("QuotaMisMatched", format!("The resource you applied for has exceeded the quota: {what}."))
}

pub(super) fn no_group(id: &str) -> RpcError {
    RpcError::bad("SecurityGroupNotFound", format!("The specified security group does not exist: {id}."))
}
