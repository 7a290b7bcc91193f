//! Ranges and tables, from small worlds.

use alicloud::{Client, Credentials, Endpoints};
use connection::spec::VpcSide;
use connection::words::Side;
use proptest::prelude::*;
use serde_json::json;
use std::sync::Arc;
use transport::Io;

use super::*;
use crate::preflight::between_vpcs::networks::Looked;

struct Nowhere;

#[async_trait::async_trait]
impl transport::Transport for Nowhere {
    async fn send(
        &self,
        _: http::Request<bytes::Bytes>,
    ) -> Result<http::Response<bytes::Bytes>, transport::TransportError> {
        panic!("deciding about ranges asks nobody")
    }
}

fn place(fields: serde_json::Value) -> VpcSide {
    let mut side = json!({"account": "a", "region_id": "cn-qingdao", "vpc_id": "vpc-1"});
    side.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(side).unwrap()
}

/// A side with a VPC of these ranges and vSwitches of these; a vSwitch's number names it, and the odd ones use a table of
/// their own.
fn found<'a>(side: Side, place: &'a VpcSide, blocks: &[&str], vswitches: &[&str]) -> Found<'a> {
    let io = Io {
        transport: Arc::new(Nowhere),
        clock: Arc::new(transport::system::SystemClock),
        entropy: Arc::new(transport::system::SeededEntropy::new(1)),
    };
    let credentials = Arc::new(Credentials::new("", ""));
    let subnet = |(number, block): (usize, &&str)| Subnet {
        id: format!("vsw-{number}"),
        cidr_block: block.parse().unwrap(),
        route_table_id: if number % 2 == 1 { format!("vtb-{side}-{number}") } else { format!("vtb-{side}") },
    };
    let vswitches: Vec<_> = vswitches.iter().enumerate().map(subnet).collect();
    let mut tables: Vec<_> = vswitches.iter().map(|vswitch| vswitch.route_table_id.clone()).collect();
    tables.push(format!("vtb-{side}"));
    Found {
        side,
        place,
        account_id: "1".to_owned(),
        client: Client::new(io, Endpoints::at("http://nowhere.test").unwrap(), credentials),
        region: "cn-qingdao".parse().unwrap(),
        network: Looked {
            router_id: format!("vrt-{side}"),
            cidr_blocks: blocks.iter().map(|block| block.parse().unwrap()).collect(),
            system_table: format!("vtb-{side}"),
            tables,
            vswitches,
        },
    }
}

fn texts(ranges: &[Ipv4Net]) -> Vec<String> {
    ranges.iter().map(ToString::to_string).collect()
}

#[test]
fn apart_the_vpcs_are_routed_as_a_whole_into_every_table_that_a_vswitch_uses() {
    let plain = place(json!({}));
    let one = found(Side::Initiator, &plain, &["192.168.0.0/16", "10.0.0.0/16"], &["192.168.0.0/24", "10.0.0.0/24"]);
    let other = found(Side::Acceptor, &plain, &["172.16.0.0/16"], &[]);
    let [one, other] = resolve(&one, &other).unwrap();
    assert_eq!(texts(&one.cidr_blocks), ["192.168.0.0/16", "10.0.0.0/16"]);
    assert_eq!(one.route_tables, ["vtb-initiator", "vtb-initiator-1"]);
    assert_eq!(other.route_tables, ["vtb-acceptor"], "without vSwitches the system table is the only one");
}

#[test]
fn overlapping_vpcs_are_routed_by_vswitch_and_overlapping_vswitches_not_at_all() {
    let plain = place(json!({}));
    let one = found(Side::Initiator, &plain, &["10.0.0.0/8"], &["10.0.0.0/24", "10.0.1.0/24"]);
    let apart = found(Side::Acceptor, &plain, &["10.0.0.0/8"], &["10.9.0.0/24"]);
    let [first, second] = resolve(&one, &apart).unwrap();
    assert_eq!(texts(&first.cidr_blocks), ["10.0.0.0/24", "10.0.1.0/24"]);
    assert_eq!(texts(&second.cidr_blocks), ["10.9.0.0/24"]);
    let crossing = found(Side::Acceptor, &plain, &["10.0.0.0/8"], &["10.0.1.128/25"]);
    let problems = resolve(&one, &crossing).unwrap_err();
    assert!(problems.iter().all(|problem| problem.detail.contains("ambiguous")), "{problems:?}");
    let empty = found(Side::Acceptor, &plain, &["10.0.0.0/8"], &[]);
    assert!(resolve(&one, &empty).unwrap_err()[0].detail.contains("there are none"));
}

#[test]
fn named_vswitches_ranges_and_tables_count_and_must_exist() {
    let named = place(json!({"vswitch_ids": ["vsw-1"]}));
    let plain = place(json!({}));
    let other = found(Side::Acceptor, &plain, &["172.16.0.0/16"], &[]);
    let one = found(Side::Initiator, &named, &["192.168.0.0/16"], &["192.168.0.0/24", "192.168.1.0/24"]);
    let [one, _] = resolve(&one, &other).unwrap();
    assert_eq!(texts(&one.cidr_blocks), ["192.168.1.0/24"]);
    assert_eq!(one.route_tables, ["vtb-initiator-1"]);

    let typo = place(json!({"vswitch_ids": ["vsw-typo"]}));
    let one = found(Side::Initiator, &typo, &["192.168.0.0/16"], &["192.168.0.0/24"]);
    let problems = resolve(&one, &other).unwrap_err();
    assert_eq!(problems.len(), 1, "its ranges overlap nothing: {problems:?}");
    assert_eq!(problems[0].pointer, "/initiator/vswitch_ids/0");

    let wrong = place(json!({
        "vswitch_ids": ["vsw-9"], "route_tables": ["vtb-9"], "cidr_blocks": ["192.168.7.0/24", "10.0.0.0/24"],
    }));
    let one = found(Side::Initiator, &wrong, &["192.168.0.0/16"], &["192.168.0.0/24"]);
    let pointers: Vec<_> = resolve(&one, &other).unwrap_err().into_iter().map(|problem| problem.pointer).collect();
    assert_eq!(pointers, ["/initiator/vswitch_ids/0", "/initiator/route_tables/0", "/initiator/cidr_blocks/1"]);
}

#[test]
fn the_clouds_own_range_and_a_vpc_with_itself_are_refused() {
    let plain = place(json!({}));
    let one = found(Side::Initiator, &plain, &["192.168.0.0/16"], &[]);
    let own = found(Side::Acceptor, &plain, &["100.100.0.0/16"], &[]);
    assert!(resolve(&one, &own).unwrap_err()[0].detail.contains("uses for itself"));
    let same = found(Side::Initiator, &plain, &["192.168.0.0/16"], &[]);
    assert!(resolve(&one, &same).unwrap_err()[0].detail.contains("same VPC"));
}

fn block() -> impl Strategy<Value = String> {
    (0_u8..4, 0_u8..4, 20_u8..28).prop_map(|(third, fourth, length)| {
        let net: Ipv4Net = format!("10.0.{}.{}/{length}", third * 16, fourth * 64).parse().unwrap();
        net.trunc().to_string()
    })
}

proptest! {
    /// What is accepted is never ambiguous: no range that one side routes meets a vSwitch of its own.
    #[test]
    fn no_accepted_range_meets_a_vswitch_of_the_side_that_routes_it(
        ours in prop::collection::vec(block(), 0..4), theirs in prop::collection::vec(block(), 0..4),
    ) {
        let plain = place(json!({}));
        let text = |blocks: &[String]| blocks.iter().map(String::as_str).map(str::to_owned).collect::<Vec<_>>();
        let (ours, theirs) = (text(&ours), text(&theirs));
        let refs = |blocks: &[String]| blocks.iter().map(|block| Box::leak(block.clone().into_boxed_str()) as &str).collect::<Vec<_>>();
        let one = found(Side::Initiator, &plain, &["10.0.0.0/18"], &refs(&ours));
        let other = found(Side::Acceptor, &plain, &["10.0.0.0/16"], &refs(&theirs));
        if let Ok(networks) = resolve(&one, &other) {
            for (side, routed) in [(&one, &networks[1]), (&other, &networks[0])] {
                for vswitch in &side.network.vswitches {
                    prop_assert!(!overlaps_any(&vswitch.cidr_block, &routed.cidr_blocks));
                }
                prop_assert!(!routed.cidr_blocks.is_empty() && !routed.route_tables.is_empty());
            }
        }
    }
}
