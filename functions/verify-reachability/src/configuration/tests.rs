use serde_json::{Value, json};

use super::*;

fn entry(destination: &str, status: &str, hop: &str) -> RouteEntry {
    serde_json::from_value::<RouteEntry>(json!({
        "DestinationCidrBlock": destination, "Status": status, "NextHops": {"NextHop": [{"NextHopId": hop}]},
    }))
    .unwrap()
}

#[test]
fn a_route_counts_only_to_the_right_range_by_the_right_way_and_in_force() {
    let range = "172.16.0.0/16".parse().unwrap();
    let told = |entries: &[RouteEntry]| route("vtb-a", entries, range, "ri-a");
    assert!(told(&[entry("10.0.0.0/8", "Available", "ri-z"), entry("172.16.0.0/16", "Available", "ri-a")]).is_ok());
    for (entries, fault) in [
        (vec![], "vtb-a has no route to 172.16.0.0/16"),
        (vec![entry("172.16.0.0/12", "Available", "ri-a")], "vtb-a has no route to 172.16.0.0/16"),
        (vec![entry("172.16.0.0/16", "Available", "ri-z")], "does not lead to ri-a"),
        (vec![entry("172.16.0.0/16", "Pending", "ri-a")], "is Pending"),
    ] {
        let seen = told(&entries).unwrap_err();
        assert!(seen.contains(fault), "{seen}");
    }
}

#[test]
fn what_joins_the_sides_counts_only_when_it_is_on_and_not_locked() {
    assert!(state("ri-a", true, "Active", Some(&BusinessStatus::Normal)).is_ok());
    assert!(state("pcc-1", true, "Activated", None).is_ok());
    assert_eq!(state("ri-a", false, "Inactive", None), Err("ri-a is Inactive".to_owned()));
    let locked = state("ri-a", true, "Active", Some(&BusinessStatus::FinancialLocked));
    assert_eq!(locked, Err("ri-a is Active and FinancialLocked".to_owned()));
}

#[test]
fn one_fault_is_enough_and_every_one_is_named() {
    let mut look = Checked::default();
    look.note(Ok("ri-a is Active".to_owned()));
    assert_eq!(look.stands, ["ri-a is Active"]);
    for fault in ["no route", "no rule"] {
        look.note(Err(fault.to_owned()));
    }
    let tried = look.verdict();
    assert_eq!(tried.verdict, Verdict::NotReached);
    assert!(tried.seen.ends_with("no route; no rule"), "{}", tried.seen);
}

#[test]
fn a_group_that_lacks_rules_says_how_many() {
    let rule = |range: &str| {
        alicloud::ecs::SecurityRule::accept(
            alicloud::ecs::IpProtocol::All,
            alicloud::ecs::PortRange::All,
            alicloud::ecs::RuleSource::Cidr(range.parse().unwrap()),
        )
    };
    let asked = |range| RequiredRules { group: "sg-1".to_owned(), rules: vec![rule(range)], instead: Vec::new() };
    let asked = [asked("10.0.0.0/8"), asked("172.16.0.0/16")];
    let stands = |range: &str| -> Permission {
        let inventory: Value = json!({"IpProtocol": "all", "PortRange": "-1/-1", "SourceCidrIp": range});
        serde_json::from_value(inventory).unwrap()
    };
    let (one, other) = (stands("10.0.0.0/8"), stands("172.16.0.0/16"));
    assert!(group("sg-1", &asked, &[one.clone(), other]).is_ok());
    assert!(group("sg-1", &asked, &[one]).unwrap_err().contains("lacks a rule"));
    assert!(group("sg-1", &asked, &[]).unwrap_err().contains("lacks 2 rules"));
}
