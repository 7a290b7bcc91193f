//! The endpoint of the consumer.

use alicloud::private_link::{Endpoint, ListVpcEndpoints, PrivateLink};

use crate::step::SideContext;
use connection::not_done::NotDone;
use connection::outputs::Outputs;

/// Every endpoint of this side's account that was made for the connection.
///
/// # Errors
/// When the cloud does not answer.
pub async fn own_endpoints(
    side: &SideContext<'_>,
    api: &PrivateLink,
    outputs: &Outputs,
) -> Result<Vec<Endpoint>, NotDone> {
    let mut own: Vec<Endpoint> = Vec::new();
    if let Some(id) = &outputs.private_link.endpoint_id {
        own.extend(api.endpoint(id).await?);
    }
    let tagged = ListVpcEndpoints { tag: Some(side.mark().tag()), ..ListVpcEndpoints::default() };
    for found in api.list_vpc_endpoints(&tagged).await? {
        if own.iter().all(|known| known.endpoint_id != found.endpoint_id) {
            own.push(found);
        }
    }
    Ok(own)
}

/// The endpoint that the consumer recorded, for the provider to decide on.
///
/// # Errors
/// When none is recorded.
pub fn recorded(consumer: &Outputs) -> Result<&str, NotDone> {
    consumer
        .private_link
        .endpoint_id
        .as_deref()
        .ok_or_else(|| NotDone::failed("the endpoint is not recorded", "remove the connection and post it again"))
}
