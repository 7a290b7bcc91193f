//! Fetching the listings that private links are compared with.

use alicloud::private_link::{
    EndpointConnection, EndpointService, ListVpcEndpointConnections, ListVpcEndpointServices, PrivateLink,
};
use alicloud::{Client, Error, Kind, Region};
use connection::inventory::reading::{Cursor, Page, Unavailable};
use connection::inventory::{LinkListing, LinkListingId, Listing};
use futures::{StreamExt as _, TryStreamExt as _, stream};

/// How many services are asked for their connections side by side, by a cloud that wants each named.
const SIDE_BY_SIDE: usize = 4;

/// Fetches one page.
pub(super) async fn page(
    client: &Client,
    region: &Region,
    listing_id: &LinkListingId,
    from: &Cursor,
) -> Result<Page, Unavailable> {
    let token = if let Cursor::Token(token) = from { Some(token.as_str()) } else { None };
    let (links, balancers) = (client.private_link(region), client.slb(region));
    match listing_id {
        LinkListingId::Services => Ok(listed(LinkListing::Services, links.services_page(token).await?)),
        LinkListingId::Connections => match links.connections_page(token).await {
            Err(error) if wants_service(&error) => {
                Ok(listed(LinkListing::Connections, (of_each_service(&links).await?, None)))
            }
            page => Ok(listed(LinkListing::Connections, page?)),
        },
        LinkListingId::Endpoints => Ok(listed(LinkListing::Endpoints, links.endpoints_page(token).await?)),
        LinkListingId::ServiceResources(id) => {
            part(LinkListing::ServiceResources, links.service_resources_page(id, token).await)
        }
        LinkListingId::ServiceUsers(id) => part(LinkListing::ServiceUsers, links.service_users_page(id, token).await),
        LinkListingId::EndpointZones(id) => {
            part(LinkListing::EndpointZones, links.endpoint_zones_page(id, token).await)
        }
        LinkListingId::EndpointGroups(id) => {
            part(LinkListing::EndpointGroups, links.endpoint_groups_page(id, token).await)
        }
        LinkListingId::LoadBalancer(id) => {
            Ok(listed(LinkListing::LoadBalancer, (balancers.load_balancer(id).await?.map(Box::new), None)))
        }
        LinkListingId::Listener(port) => {
            let found = balancers.listener(&port.load_balancer_id, port.port, &port.protocol()).await?;
            Ok(listed(LinkListing::Listener, (found, None)))
        }
        LinkListingId::Health(port) => {
            let asked = Some((port.port, &port.protocol()));
            let health = balancers.describe_health_status(&port.load_balancer_id, asked).await;
            part(LinkListing::Health, health.map(|health| (health, None)))
        }
    }
}

/// Whether the cloud lists connections only of a service that is named: its documents do not agree on that.
fn wants_service(error: &Error) -> bool {
    error.kind() == Kind::Refused && error.code().is_some_and(|code| code.starts_with("MissingParam"))
}

/// The connections of all services, service by service, as one page.
async fn of_each_service(links: &PrivateLink) -> Result<Vec<EndpointConnection>, Error> {
    let services = links.list_vpc_endpoint_services(&ListVpcEndpointServices::default()).await?;
    let one = |service: EndpointService| async move {
        let of_service = ListVpcEndpointConnections {
            service_id: Some(service.service_id),
            ..ListVpcEndpointConnections::default()
        };
        links.list_vpc_endpoint_connections(&of_service).await
    };
    let all: Vec<Vec<EndpointConnection>> =
        stream::iter(services).map(one).buffered(SIDE_BY_SIDE).try_collect().await?;
    Ok(all.into_iter().flatten().collect())
}

fn listed<T>(of: impl FnOnce(T) -> LinkListing, (rows, next): (T, Option<String>)) -> Page {
    Page { rows: Listing::Link(of(rows)), next: next.map(Cursor::Token), total: None }
}

/// A page of what belongs to one thing; without it there is none.
fn part<T>(
    of: impl FnOnce(Option<Vec<T>>) -> LinkListing,
    page: Result<(Vec<T>, Option<String>), Error>,
) -> Result<Page, Unavailable> {
    match page {
        Ok((rows, next)) => Ok(listed(of, (Some(rows), next))),
        Err(error) if error.kind() == Kind::Gone => Ok(listed(of, (None, None))),
        Err(error) => Err(error.into()),
    }
}
