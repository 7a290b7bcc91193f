//! Listings without a cloud.

use alicloud::private_link::ServiceUser;
use serde_json::json;

use super::reading::{Cursor, Page, Reading};
use super::*;

fn account_region() -> AccountRegion {
    AccountRegion { account: "a".parse().unwrap(), region: "cn-beijing".parse().unwrap() }
}

fn interface(id: &str, router: &str) -> RouterInterface {
    serde_json::from_value(json!({"RouterInterfaceId": id, "RouterId": router, "Status": "Active"})).unwrap()
}

fn page(ids: &[&str], next: Option<u32>, total: u64) -> Page {
    let rows = ids.iter().map(|id| interface(id, "vrt-1")).collect();
    Page { rows: Listing::RouterInterfaces(rows), next: next.map(Cursor::Page), total: Some(total) }
}

#[test]
fn an_interface_is_found_by_its_router_and_by_its_id() {
    let mut inventory = Inventory::default();
    let rows = vec![interface("ri-1", "vrt-1"), interface("ri-2", "vrt-2"), interface("ri-3", "vrt-1")];
    inventory.insert(account_region(), ListingId::RouterInterfaces, Listing::RouterInterfaces(rows));
    let ids = |key: &str| -> Vec<String> {
        let found = inventory.at(&account_region()).router_interfaces(key).unwrap();
        found.into_iter().map(|row| row.router_interface_id.clone()).collect()
    };
    assert_eq!(ids("vrt-1"), ["ri-1", "ri-3"]);
    assert_eq!(ids("ri-2"), ["ri-2"]);
    assert!(ids("ri-9").is_empty());
}

#[test]
fn what_was_not_fetched_or_could_not_be_is_not_missing() {
    let mut inventory = Inventory::default();
    assert!(inventory.at(&account_region()).router_interfaces("vrt-1").is_none());
    assert_eq!(inventory.at(&account_region()).unavailable(&ListingId::RouterInterfaces), Some("it was not fetched"));
    inventory.insert_unavailable(account_region(), ListingId::RouterInterfaces, "no permission");
    assert!(inventory.at(&account_region()).router_interfaces("vrt-1").is_none());
    assert_eq!(inventory.at(&account_region()).unavailable(&ListingId::RouterInterfaces), Some("no permission"));
    inventory.insert(account_region(), ListingId::RouteTable("vtb-1".to_owned()), Listing::RouteTable(None));
    assert_eq!(inventory.at(&account_region()).route_table("vtb-1"), Some(None));
    assert_eq!(inventory.at(&account_region()).route_table("vtb-2"), None);
}

#[test]
fn a_listing_that_lost_a_row_between_two_pages_is_read_anew() {
    let mut reading = Reading::begun();
    reading.take(page(&["ri-1", "ri-2"], Some(2), 4)).unwrap();
    // ri-1 goes and another one comes: ri-3 moved to the page that was read already.
    reading.take(page(&["ri-4"], None, 4)).unwrap();
    assert_eq!((reading.next.clone(), reading.starts, reading.listing.clone()), (Some(Cursor::Start), 2, None));
    reading.take(page(&["ri-2", "ri-3"], Some(2), 4)).unwrap();
    reading.take(page(&["ri-3", "ri-4", "ri-5"], None, 4)).unwrap();
    assert_eq!((reading.next, reading.listing.map(|listing| listing.len())), (None, Some(4)));
}

#[test]
fn a_listing_that_never_comes_to_rest_is_given_up() {
    let mut reading = Reading::begun();
    for _ in 0..2 {
        reading.take(page(&["ri-1"], None, 2)).unwrap();
    }
    assert!(reading.take(page(&["ri-1"], None, 2)).is_err());
}

#[test]
fn a_listing_survives_being_put_down() {
    let reading = {
        let mut reading = Reading::begun();
        let mut full = interface("ri-1", "vrt-1");
        full.creation_time = Some("2026-01-02T03:04:05Z".parse().unwrap());
        full.bandwidth = Some(5);
        full.cross_border = Some(false);
        let rows = Listing::RouterInterfaces(vec![full]);
        reading.take(Page { rows, next: Some(Cursor::Page(2)), total: Some(2) }).unwrap();
        reading
    };
    let text = serde_json::to_string(&reading).unwrap();
    assert_eq!(serde_json::from_str::<Reading>(&text).unwrap(), reading);
    let route = json!({
        "RouteEntryId": "rte-1", "DestinationCidrBlock": "10.0.0.0/8", "Status": "Available",
        "NextHops": [{"NextHopType": "VpcPeer", "NextHopId": "pcc-1"}],
    });
    let table = Listing::RouteTable(Some(vec![serde_json::from_value(route).unwrap()]));
    let rule =
        json!({"SecurityGroupRuleId": "sgr-1", "IpProtocol": "TCP", "PortRange": "1/2", "SourceCidrIp": "10.0.0.0/8"});
    let group = Listing::SecurityGroup(Some(SecurityGroupRules {
        security_group_id: "sg-1".to_owned(),
        vpc_id: None,
        name: None,
        permissions: vec![serde_json::from_value(rule).unwrap()],
    }));
    for listing in [table, group] {
        let text = serde_json::to_string(&listing).unwrap();
        assert_eq!(serde_json::from_str::<Listing>(&text).unwrap(), listing);
    }
}

#[test]
fn what_a_private_link_is_compared_with_is_kept_as_it_was_read() {
    let balancer = json!({
        "LoadBalancerId": "lb-1", "LoadBalancerStatus": "active", "DeleteProtection": "off", "PayType": "PayOnDemand",
        "BackendServers": {"BackendServer": [{"ServerId": "i-1", "Weight": 7}]},
        "ListenerPortsAndProtocal": {"ListenerPortAndProtocal": [{"ListenerPort": 80, "ListenerProtocal": "http"}]},
        "Tags": {"Tag": [{"TagKey": "k", "TagValue": "v"}]},
    });
    let users = [ServiceUser::Account("1".to_owned()), ServiceUser::Arn("acs:ram:*:1:*".to_owned())];
    for listing in [
        LinkListing::LoadBalancer(serde_json::from_value(balancer).unwrap()),
        LinkListing::ServiceUsers(Some(users.into())),
        LinkListing::Listener(None),
    ] {
        let listing = Listing::Link(listing);
        let text = serde_json::to_string(&listing).unwrap();
        assert_eq!(serde_json::from_str::<Listing>(&text).unwrap(), listing, "{text}");
    }
}

#[test]
fn a_row_that_two_pages_list_is_there_once() {
    let zones = |ids: &[&str]| {
        let rows = ids.iter().map(|id| serde_json::from_value(json!({"ZoneId": id})).unwrap()).collect();
        Listing::Link(LinkListing::EndpointZones(Some(rows)))
    };
    let mut listing = zones(&["z-a", "z-b"]);
    listing.absorb(zones(&["z-b", "z-c"]));
    assert_eq!(listing, zones(&["z-a", "z-b", "z-c"]));
    listing.absorb(Listing::Link(LinkListing::EndpointGroups(None)));
    assert_eq!(listing.len(), 3, "pages of different listings do not mix");
}
