//! Fetching a listing page by page.
//!
//! One [`page`] is one request, so that whoever fetches can count them, stop between two, and go on from the
//! [`Cursor`] later or elsewhere. Pages are as large as the API gives them.
//!
//! | file | what it holds |
//! | --- | --- |
//! | here | one page of any listing, and a handful of listings whole |
//! | `link` | the listings that private links are compared with |

mod link;

use alicloud::vpc::{DescribeRouteEntryList, DescribeRouterInterfaces};
use alicloud::{Client, Kind, Region};
use connection::inventory::reading::{Cursor, MOST_PAGES, Page, Reading, Unavailable};
use connection::inventory::{AccountRegion, Inventory, Listing, ListingId};

use crate::clouds::Clouds;
use crate::session::Session;

/// The largest page of router interfaces and of vSwitches (DescribeRouterInterfaces, DescribeVSwitches, `PageSize`).
const NUMBERED: u32 = 50;
/// The largest page of routes (DescribeRouteEntryList, `MaxResult`).
const ROUTES: u32 = 100;

/// Fetches one page: one request, which only reads.
///
/// # Errors
/// See [`Unavailable`].
pub async fn page(
    clouds: &Clouds,
    account_region: &AccountRegion,
    listing_id: &ListingId,
    from: &Cursor,
) -> Result<Page, Unavailable> {
    let (account, region) = (account_region.account.as_str(), account_region.region.as_str());
    match listing_id {
        ListingId::RouterInterfaces
        | ListingId::Peerings
        | ListingId::Vpcs
        | ListingId::VSwitches
        | ListingId::RouteTable(_)
        | ListingId::SecurityGroup(_)
        | ListingId::Link(_) => {
            let (_, client, region) = clouds.client_at(&Session::reading(None, None), account, region)?;
            on_alicloud(&client, &region, listing_id, from).await
        }
        ListingId::JdPeerings | ListingId::JdRouteTables | ListingId::JdSubnets | ListingId::JdSecurityGroups => {
            on_jdcloud(&clouds.jd_vpc_at(account, region)?, listing_id, from).await
        }
    }
}

async fn on_jdcloud(vpc: &jdcloud::vpc::Vpc, listing_id: &ListingId, from: &Cursor) -> Result<Page, Unavailable> {
    let number: u32 = if let Cursor::Page(number) = from { *number } else { 1 };
    let (rows, total) = match listing_id {
        ListingId::JdPeerings => {
            let (rows, total) = vpc.vpc_peerings_page(number.into()).await?;
            (Listing::JdPeerings(rows), total)
        }
        ListingId::JdRouteTables => {
            let (rows, total) = vpc.route_tables_page(number.into()).await?;
            (Listing::JdRouteTables(rows), total)
        }
        ListingId::JdSubnets => {
            let (rows, total) = vpc.subnets_page(number.into()).await?;
            (Listing::JdSubnets(rows), total)
        }
        ListingId::JdSecurityGroups => {
            let (rows, total) = vpc.network_security_groups_page(number.into()).await?;
            (Listing::JdSecurityGroups(rows), total)
        }
        other => return Err(Unavailable::Permanent(format!("JD Cloud has no {other}"))),
    };
    let next = numbered(number, rows.len(), Some(jdcloud::vpc::PAGE_SIZE), total)?;
    Ok(Page { rows, next, total })
}

async fn on_alicloud(
    client: &Client,
    region: &Region,
    listing_id: &ListingId,
    from: &Cursor,
) -> Result<Page, Unavailable> {
    let token = match from {
        Cursor::Token(token) => Some(token.clone()),
        Cursor::Start | Cursor::Page(_) => None,
    };
    match listing_id {
        ListingId::RouterInterfaces => {
            let page_number = if let Cursor::Page(number) = from { *number } else { 1 };
            let request = DescribeRouterInterfaces { filters: Vec::new(), page_number, page_size: NUMBERED };
            let page = client.vpc(region).describe_router_interfaces(&request).await?;
            let listed = page.router_interfaces.len();
            let next = numbered(page_number, listed, page.page_size, page.total_count)?;
            Ok(Page { rows: Listing::RouterInterfaces(page.router_interfaces), next, total: page.total_count })
        }
        ListingId::Vpcs => {
            let page_number = if let Cursor::Page(number) = from { *number } else { 1 };
            let page = client.vpc(region).vpcs_page(page_number).await?;
            let next = numbered(page_number, page.vpcs.len(), page.page_size, page.total_count)?;
            Ok(Page { rows: Listing::Vpcs(page.vpcs), next, total: page.total_count })
        }
        ListingId::VSwitches => {
            let page_number = if let Cursor::Page(number) = from { *number } else { 1 };
            let page = client.vpc(region).vswitches_page(page_number).await?;
            let next = numbered(page_number, page.vswitches.len(), page.page_size, page.total_count)?;
            Ok(Page { rows: Listing::VSwitches(page.vswitches), next, total: page.total_count })
        }
        ListingId::Peerings => {
            let (rows, next) = client.vpc_peer(region).page(token.as_deref()).await?;
            Ok(Page { rows: Listing::Peerings(rows), next: next.map(Cursor::Token), total: None })
        }
        ListingId::RouteTable(id) => {
            let request = DescribeRouteEntryList { route_table_id: id.clone(), max_result: ROUTES, next_token: token };
            match client.vpc(region).describe_route_entry_list(&request).await {
                Ok(page) => {
                    let next = page.next_token.map(Cursor::Token);
                    Ok(Page { rows: Listing::RouteTable(Some(page.route_entries)), next, total: None })
                }
                Err(error) if error.kind() == Kind::Gone => {
                    Ok(Page { rows: Listing::RouteTable(None), next: None, total: None })
                }
                Err(error) => Err(error.into()),
            }
        }
        ListingId::SecurityGroup(id) => match client.ecs(region).inbound_rules_page(id, token.as_deref()).await {
            Ok((rules, next)) => {
                Ok(Page { rows: Listing::SecurityGroup(Some(rules)), next: next.map(Cursor::Token), total: None })
            }
            Err(error) if error.kind() == Kind::Gone => {
                Ok(Page { rows: Listing::SecurityGroup(None), next: None, total: None })
            }
            Err(error) => Err(error.into()),
        },
        ListingId::Link(listing_id) => link::page(client, region, listing_id, from).await,
        other => Err(Unavailable::Permanent(format!("Alibaba Cloud has no {other}"))),
    }
}

/// Which page comes after this one of a listing by page number, if one does.
fn numbered(number: u32, listed: usize, size: Option<u64>, total: Option<u64>) -> Result<Option<Cursor>, Unavailable> {
    let size = size.filter(|size| *size > 0).unwrap_or(NUMBERED.into());
    let is_last = match total {
        Some(total) => u64::from(number) * size >= total,
        None => (listed as u64) < size,
    };
    match (is_last || listed == 0, number < MOST_PAGES) {
        (true, _) => Ok(None),
        (false, true) => Ok(Some(Cursor::Page(number + 1))),
        (false, false) => Err(Unavailable::Permanent("the listing does not end".to_owned())),
    }
}

/// Fetches listings whole, one after the other: for a handful, where nobody has to count.
pub async fn all(clouds: &Clouds, listing_ids: impl IntoIterator<Item = (AccountRegion, ListingId)>) -> Inventory {
    let mut inventory = Inventory::default();
    for (account_region, listing_id) in listing_ids {
        match whole(clouds, &account_region, &listing_id).await {
            Ok(listing) => inventory.insert(account_region, listing_id, listing),
            Err(blind) => inventory.insert_unavailable(account_region, listing_id, blind.to_string()),
        }
    }
    inventory
}

async fn whole(
    clouds: &Clouds,
    account_region: &AccountRegion,
    listing_id: &ListingId,
) -> Result<Listing, Unavailable> {
    let mut reading = Reading::begun();
    while let Some(from) = reading.next.clone() {
        reading.take(page(clouds, account_region, listing_id, &from).await?)?;
    }
    reading.listing.ok_or_else(|| Unavailable::Temporary("the listing has no page".to_owned()))
}
