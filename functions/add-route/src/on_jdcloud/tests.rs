//! The pure rooms: what follows from what a VPC shows.

use connection::finding::FindingKind;
use connection::outputs::{JdTables, Outputs};
use connection::words::Side;
use serde_json::{Value, json};

use super::tasks::Task;
use super::vpc_tables::{Desired, NEW, Routes, VpcTables};

fn rule(id: &str, kind: &str, hop: &str, to: &str) -> Value {
    json!({"ruleId": id, "nextHopType": kind, "nextHopId": hop, "addressPrefix": to, "priority": 100, "origin": "static"})
}

/// Two subnets on the default table, which leads to the internet; and a table of somebody's with a way to a NAT gateway.
fn view() -> VpcTables {
    let table = |id: &str, kind: &str, rules: Vec<Value>| {
        let local = json!({"ruleId": format!("{id}-local"), "nextHopType": "local", "nextHopId": "local", "addressPrefix": "local"});
        let rules: Vec<_> = std::iter::once(local).chain(rules).collect();
        serde_json::from_value(json!({"routeTableId": id, "routeTableType": kind, "routeTableRules": rules})).unwrap()
    };
    let subnet = |id: &str| serde_json::from_value(json!({"subnetId": id, "routeTableId": "rtb-default"})).unwrap();
    VpcTables {
        tables: vec![
            table("rtb-default", "default", vec![rule("rt-1", "internet", "internet", "0.0.0.0/0")]),
            table("rtb-mine", "custom", vec![rule("rt-2", "natgw", "nat-1", "0.0.0.0/0")]),
        ],
        subnets: vec![subnet("subnet-1"), subnet("subnet-2")],
        halves: vec!["vpcpr-1".to_owned()],
    }
}

fn desired(subnets: &[&str], tables: &[&str]) -> Desired {
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    Desired {
        ranges: vec!["172.16.0.0/16".parse().unwrap()],
        tables: texts(tables),
        makes_table: tables.is_empty() && !subnets.is_empty(),
        subnets: texts(subnets),
        internet: false,
        overlaps_with: Vec::new(),
    }
}

fn routes<'a>(view: &'a VpcTables, desired: &'a Desired, outputs: &'a Outputs) -> Routes<'a> {
    Routes { view, desired, mark: None, outputs, lent: desired.tables.clone(), left: Vec::new() }
}

fn outputs(table: Option<&str>, bindings: &[(&str, &str)]) -> Outputs {
    let bindings = bindings.iter().map(|(subnet, table)| ((*subnet).to_owned(), (*table).to_owned())).collect();
    Outputs { jd: Some(JdTables { route_table_id: table.map(str::to_owned), bindings }), ..Outputs::default() }
}

fn names(tasks: &[Task]) -> Vec<String> {
    tasks.iter().map(|task| format!("{}: {}", task.resource(), task.what())).collect()
}

#[test]
fn a_new_table_gets_copies_and_the_old_binding_is_noted_before_the_subnet_moves() {
    let (view, desired, outputs) = (view(), desired(&["subnet-1"], &[]), Outputs::default());
    let tasks = routes(&view, &desired, &outputs).tasks("vpcpr-1", false).unwrap();
    assert_eq!(
        names(&tasks),
        [
            format!("{NEW}: it is made"),
            format!("{NEW}: it gets the rules 0.0.0.0/0 by internet, 172.16.0.0/16 by vpcpr-1"),
            "subnet-1: the record remembers that subnet-1 uses rtb-default".to_owned(),
            format!("subnet-1: bound to {NEW}"),
        ]
    );
}

#[test]
fn tables_in_use_get_the_rules_alone() {
    let (view, desired, outputs) = (view(), desired(&[], &["rtb-default", "rtb-mine"]), Outputs::default());
    let tasks = routes(&view, &desired, &outputs).tasks("vpcpr-1", false).unwrap();
    let expected =
        ["rtb-default", "rtb-mine"].map(|table| format!("{table}: it gets the rules 172.16.0.0/16 by vpcpr-1"));
    assert_eq!(names(&tasks), expected);
}

#[test]
fn a_named_table_must_have_what_the_subnets_need() {
    let (view, outputs) = (view(), Outputs::default());
    let mut desired = desired(&["subnet-1"], &["rtb-mine"]);
    let found = routes(&view, &desired, &outputs).obstacles();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].field, "route_table");
    assert!(found[0].what.contains("subnet-1 would lose the rule 0.0.0.0/0 by internet"), "{found:?}");
    desired.internet = true;
    let found = routes(&view, &desired, &outputs).obstacles();
    assert_eq!(found.len(), 1, "the cloud allows none by the internet beside the NAT gateway: {found:?}");
    assert_eq!(found[0].field, "internet_route");
}

#[test]
fn subnets_of_tables_with_different_rules_do_not_share_a_new_one() {
    let mut view = view();
    view.subnets[1].route_table_id = Some("rtb-mine".to_owned());
    let (desired, outputs) = (desired(&["subnet-1", "subnet-2"], &[]), Outputs::default());
    let found = routes(&view, &desired, &outputs).obstacles();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].what.contains("different rules"), "{found:?}");
}

#[test]
fn what_a_gateway_told_of_cannot_be_copied() {
    let mut view = view();
    let mut told = rule("rt-3", "bgw", "bgw-1", "10.200.0.0/16");
    told["origin"] = "propagated".into();
    view.tables[0].rules.push(serde_json::from_value(told).unwrap());
    let (desired, outputs) = (desired(&["subnet-1"], &[]), Outputs::default());
    let found = routes(&view, &desired, &outputs).obstacles();
    assert!(found.len() == 1 && found[0].what.contains("cannot be copied"), "{found:?}");
}

#[test]
fn what_leads_to_a_half_that_is_gone_cannot_be_copied() {
    let (mut view, desired, outputs) = (view(), desired(&["subnet-1"], &[]), Outputs::default());
    with_rule(&mut view, 0, rule("rt-3", "vpc_peering", "vpcpr-1", "10.200.0.0/16"));
    assert_eq!(routes(&view, &desired, &outputs).obstacles(), []);
    view.halves.clear();
    let found = routes(&view, &desired, &outputs).obstacles();
    assert!(found.len() == 1 && found[0].what.contains("that peering is gone"), "{found:?}");
}

#[test]
fn somebody_elses_rule_to_the_same_range_is_not_adopted_and_a_narrower_one_is_told_of() {
    let mut view = view();
    for (id, to) in [("rt-8", "172.16.0.0/16"), ("rt-9", "172.16.9.0/24")] {
        view.tables[0].rules.push(serde_json::from_value(rule(id, "vpc_peering", "vpcpr-1", to)).unwrap());
    }
    let outputs = Outputs::default();
    for desired in [desired(&["subnet-1"], &[]), desired(&[], &["rtb-default"])] {
        let routes = routes(&view, &desired, &outputs);
        assert_eq!((routes.obstacles().len(), routes.crossing().len()), (1, 1));
        assert!(routes.tasks("vpcpr-1", false).is_err());
    }
}

/// The table was made, the rules stand, and the subnet is bound to it.
fn standing() -> VpcTables {
    let mut view = view();
    let rules =
        [rule("rt-5", "internet", "internet", "0.0.0.0/0"), rule("rt-6", "vpc_peering", "vpcpr-1", "172.16.0.0/16")];
    let table = json!({"routeTableId": "rtb-made", "routeTableType": "custom", "routeTableRules": rules});
    view.tables.push(serde_json::from_value(table).unwrap());
    view.subnets[0].route_table_id = Some("rtb-made".to_owned());
    view
}

fn recorded() -> Outputs {
    let route = connection::outputs::Route {
        route_table_id: "rtb-made".to_owned(),
        destination: "172.16.0.0/16".parse().unwrap(),
        route_entry_id: "rt-6".to_owned(),
    };
    Outputs { routes: vec![route], ..outputs(Some("rtb-made"), &[("subnet-1", "rtb-default")]) }
}

#[test]
fn what_stands_needs_nothing_and_what_somebody_changed_is_found() {
    let (mut view, desired, outputs) = (standing(), desired(&["subnet-1"], &[]), recorded());
    assert_eq!(routes(&view, &desired, &outputs).tasks("vpcpr-1", false).unwrap(), []);
    assert_eq!(routes(&view, &desired, &outputs).findings(Side::Initiator, "vpcpr-1"), []);
    view.subnets[0].route_table_id = Some("rtb-mine".to_owned());
    view.tables[2].rules.retain(|rule| rule.rule_id != "rt-6");
    let found = routes(&view, &desired, &outputs).findings(Side::Initiator, "vpcpr-1");
    let found: Vec<_> =
        found.iter().map(|found| (found.resource.as_str(), found.field.as_str(), found.actual.as_str())).collect();
    assert_eq!(found, [("172.16.0.0/16 in rtb-made", "", "missing"), ("subnet-1", "routeTableId", "rtb-mine")]);
}

/// What is told of a view, as kind, resource and whether the step can set it right.
fn told(view: &VpcTables, desired: &Desired, outputs: &Outputs) -> Vec<(FindingKind, String, bool)> {
    let findings = routes(view, desired, outputs).findings(Side::Initiator, "vpcpr-1");
    findings.into_iter().map(|found| (found.kind, found.resource, found.repairable)).collect()
}

/// Adds a rule to a table of a view.
fn with_rule(view: &mut VpcTables, table: usize, rule: Value) {
    view.tables[table].rules.push(serde_json::from_value(rule).unwrap());
}

#[test]
fn a_rule_of_somebody_else_to_the_same_range_is_for_a_person_whether_ours_stands_or_not() {
    let (desired, outputs) = (desired(&["subnet-1"], &[]), recorded());
    let mut view = standing();
    with_rule(&mut view, 2, rule("rt-9", "vpc_peering", "vpcpr-9", "172.16.0.0/16"));
    let expected = [(FindingKind::RouteOtherNextHop, "172.16.0.0/16 in rtb-made".to_owned(), false)];
    assert_eq!(told(&view, &desired, &outputs), expected, "they share the traffic, or theirs goes first");
    view.tables[2].rules.retain(|rule| rule.rule_id != "rt-6");
    assert_eq!(told(&view, &desired, &outputs), expected);
}

#[test]
fn a_narrower_rule_shadows_unless_it_leads_to_the_same_half_and_ours_goes_by_itself() {
    let (desired, outputs) = (desired(&["subnet-1"], &[]), recorded());
    for (hop, repairable) in [("vpcpr-9", Some(false)), ("vpcpr-1", None)] {
        let mut view = standing();
        with_rule(&mut view, 2, rule("rt-9", "vpc_peering", hop, "172.16.5.0/24"));
        let told = told(&view, &desired, &outputs).into_iter().map(|found| (found.0, found.2));
        let expected = repairable.map(|repairable| (FindingKind::RouteShadowed, repairable));
        assert_eq!(told.collect::<Vec<_>>(), Vec::from_iter(expected), "{hop}");
    }
    // Ours, edited: it is missing where it should be, and goes from where it is.
    let mut view = standing();
    view.tables[2].rules.retain(|rule| rule.rule_id != "rt-6");
    with_rule(&mut view, 2, rule("rt-6", "vpc_peering", "vpcpr-9", "172.16.5.0/24"));
    let told: Vec<_> = told(&view, &desired, &outputs).into_iter().map(|found| (found.0, found.2)).collect();
    assert_eq!(told, [(FindingKind::RouteMissing, true), (FindingKind::RouteShadowed, true)]);
}

#[test]
fn a_rule_that_somebody_led_to_the_internet_goes_before_the_right_one_comes_for_the_cloud_allows_no_two() {
    let (mut view, desired, outputs) = (standing(), desired(&["subnet-1"], &[]), recorded());
    view.tables[2].rules.retain(|rule| rule.rule_id != "rt-6");
    with_rule(&mut view, 2, rule("rt-6", "internet", "internet", "172.16.0.0/16"));
    let tasks = routes(&view, &desired, &outputs).tasks("vpcpr-1", false).unwrap();
    let expected =
        ["rtb-made: the rules 172.16.0.0/16 by internet go", "rtb-made: it gets the rules 172.16.0.0/16 by vpcpr-1"];
    assert_eq!(names(&tasks), expected);
}

#[test]
fn whatever_stops_the_step_is_told_as_something_for_a_person() {
    let outputs = recorded();
    let one = desired(&["subnet-1"], &[]);
    let two = desired(&["subnet-1", "subnet-2"], &[]);
    let named = desired(&["subnet-1"], &["rtb-mine"]);
    let mut views = Vec::new();
    let mut beside = standing();
    with_rule(&mut beside, 2, rule("rt-9", "vpc_peering", "vpcpr-1", "172.16.0.0/16"));
    views.push((beside, &one));
    let mut gone = standing();
    gone.subnets.remove(0);
    views.push((gone, &one));
    // Bound to tables that lack what the other one has, and one that is gone.
    let mut apart = standing();
    apart.subnets[1].route_table_id = Some("rtb-mine".to_owned());
    views.push((apart, &two));
    views.push((standing(), &named));
    let mut without = standing();
    without.tables.remove(1);
    views.push((without, &named));
    for (view, desired) in views {
        let routes = routes(&view, desired, &outputs);
        let not_done = routes.tasks("vpcpr-1", false).unwrap_err();
        let findings = routes.findings(Side::Initiator, "vpcpr-1");
        assert!(findings.iter().any(|found| !found.repairable), "{not_done:?} {findings:#?}");
    }
}

#[test]
fn a_half_that_was_made_anew_gets_its_rule_before_the_old_one_goes() {
    let (view, desired, outputs) = (standing(), desired(&["subnet-1"], &[]), recorded());
    let tasks = routes(&view, &desired, &outputs).tasks("vpcpr-2", false).unwrap();
    let expected =
        ["rtb-made: it gets the rules 172.16.0.0/16 by vpcpr-2", "rtb-made: the rules 172.16.0.0/16 by vpcpr-1 go"];
    assert_eq!(names(&tasks), expected);
    assert_eq!(routes(&view, &desired, &outputs).findings(Side::Initiator, "vpcpr-2").len(), 1);
}

#[test]
fn undoing_binds_the_subnet_to_its_old_table_before_anything_goes() {
    let (mut view, nothing, outputs) = (standing(), Desired::default(), recorded());
    let expected = [
        "subnet-1: bound to rtb-default again instead of rtb-made",
        "rtb-made: the rules 172.16.0.0/16 by vpcpr-1 go",
        "rtb-made: it is deleted",
    ];
    assert_eq!(names(&routes(&view, &nothing, &outputs).tasks("", true).unwrap()), expected);
    view.tables.retain(|table| table.route_table_id != "rtb-default");
    let tasks = routes(&view, &nothing, &outputs).tasks("", true).unwrap();
    assert_eq!(tasks[0].call(), Some("disassociateRouteTable"), "the old table is gone: {tasks:?}");
}

#[test]
fn a_table_to_which_somebody_bound_a_subnet_does_not_go() {
    let (mut view, nothing, outputs) = (standing(), Desired::default(), outputs(Some("rtb-made"), &[]));
    view.tables[2].rules.clear();
    let error = routes(&view, &nothing, &outputs).tasks("", true).unwrap_err();
    assert!(format!("{error:?}").contains("somebody bound subnet-1 to it"), "{error:?}");
}

#[test]
fn a_second_table_made_by_a_copy_of_the_message_goes_and_the_recorded_one_stays() {
    let mut view = standing();
    let (desired, outputs) = (desired(&["subnet-1"], &[]), recorded());
    let mut second = view.tables[2].clone();
    second.route_table_id = "rtb-again".to_owned();
    second.rules.clear();
    second.description = Some("mine".to_owned());
    view.tables.insert(0, second);
    assert_eq!(routes(&view, &desired, &outputs).tasks("vpcpr-1", false).unwrap(), [], "somebody else's");
    let record = connection::record::Record::accepted(
        connection::spec::Spec::from_value(json!({
            "name": "c", "kind": "jdcloud-peering",
            "initiator": {"account": "a", "region_id": "cn-north-1", "vpc_id": "vpc-a"},
            "acceptor": {"account": "b", "region_id": "cn-north-1", "vpc_id": "vpc-b"},
        }))
        .unwrap(),
        "0".repeat(32),
        std::collections::BTreeMap::new(),
        jiff::Timestamp::UNIX_EPOCH,
    );
    let mark = connection::mark::Mark::of(&record);
    view.tables[0].description = Some(mark.description().to_owned());
    let routes = Routes {
        view: &view,
        desired: &desired,
        mark: Some(mark),
        outputs: &outputs,
        lent: Vec::new(),
        left: Vec::new(),
    };
    assert_eq!(routes.tasks("vpcpr-1", false).unwrap(), [Task::Drop { table: "rtb-again".to_owned() }]);
}
