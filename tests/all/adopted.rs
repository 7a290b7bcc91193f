//! What somebody made by hand, a peering connection or a pair of router interfaces, is taken over as it stands, and given back or deleted
//! as the spec says.

use std::ops::Range;
use std::time::Duration;

use alicloud::ecs::{AuthorizeSecurityGroup, IpProtocol, PortRange, RuleSource, SecurityRule};
use alicloud::vpc::{
    CreateRouteEntry, CreateRouterInterface, Filter, FilterKey, ModifyRouterInterfaceAttribute, NextHopType, Peer,
    Role, RouterType, Spec,
};
use alicloud::vpc_peer::{CreateVpcPeerConnection, ModifyVpcPeerConnection, PeerConnection};
use api::connections::{Plan, Summary};
use api::problem::Problem;
use causeway_local::calls::{Call, Outcome, Product};
use causeway_local::console::{ConsoleAccount, ConsoleVpc};
use causeway_local::faults::{Fault, FaultRule};
use causeway_tests::fragile::{Mishap, Mishaps};
use causeway_tests::kinds::between_vpcs;
use causeway_tests::shown::Shown as _;
use causeway_tests::system::{System, in_world};
use causeway_tests::{often, on_virtual_time};
use connection::mark::Mark;
use connection::record::Phase;
use connection::words::Kind;
use http::Method;
use ipnet::IpNet;
use serde_json::{Value, json};

const NAME: &str = "qingdao-beijing";
const BY_HAND: &str = "leased line to Beijing, ticket 4711";

/// The tutorial's two VPCs, each with its account and its region.
fn ends(system: &System) -> [(&ConsoleAccount, &ConsoleVpc); 2] {
    [("a", "cn-qingdao"), ("b", "cn-beijing")].map(|(alias, region)| {
        let account = system.account(alias);
        (account, account.vpcs.iter().find(|vpc| vpc.region_id == region).unwrap())
    })
}

/// What their owners made by hand: a peering connection, routes and rules. Returns the peering's id.
async fn by_hand(system: &System) -> String {
    let [(_, from), (b, to)] = ends(system);
    let (asking, answering) = (from.region_id.parse().unwrap(), to.region_id.parse().unwrap());
    let token = || system.io().entropy.nonce().parse().unwrap();
    let request = CreateVpcPeerConnection {
        vpc_id: from.vpc_id.clone(),
        accepting_account: b.account_id.parse().unwrap(),
        accepting_region: to.region_id.parse().unwrap(),
        accepting_vpc_id: to.vpc_id.clone(),
        bandwidth: None,
        link_type: None,
        name: Some("office".to_owned()),
        description: Some(BY_HAND.to_owned()),
        client_token: token(),
    };
    let id = system.client("a").vpc_peer(&asking).create_vpc_peer_connection(&request).await.unwrap();
    tokio::time::sleep(Duration::from_secs(120)).await;
    system.client("b").vpc_peer(&answering).accept_vpc_peer_connection(&id, &token()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(120)).await;
    open(system, NextHopType::VpcPeer, [&id, &id]).await;
    id
}

/// The same by a pair of router interfaces. Returns the ids of the initiator's and the acceptor's.
async fn pair_by_hand(system: &System) -> [String; 2] {
    let [(a, from), (b, to)] = ends(system);
    let token = || system.io().entropy.nonce().parse().unwrap();
    let [asking, answering] = [from, to].map(|vpc| vpc.region_id.parse::<alicloud::Region>().unwrap());
    let (one, other) = (system.client("a").vpc(&asking), system.client("b").vpc(&answering));
    let interface = |role, spec, own: &ConsoleVpc, opposite_region: &alicloud::Region| CreateRouterInterface {
        role,
        spec,
        router_type: RouterType::VRouter,
        router_id: own.vrouter_id.clone(),
        opposite_region: opposite_region.clone(),
        peer: None,
        name: None,
        description: Some(BY_HAND.to_owned()),
        client_token: token(),
    };
    let ids = [
        one.create_router_interface(&interface(Role::Initiating, Spec::Mini2, from, &answering)).await.unwrap(),
        other.create_router_interface(&interface(Role::Accepting, Spec::Negative, to, &asking)).await.unwrap(),
    ];
    let told = |own: &str, peer: &str, vpc: &ConsoleVpc, account: &ConsoleAccount| ModifyRouterInterfaceAttribute {
        router_interface_id: own.to_owned(),
        peer: Some(Peer {
            interface_id: peer.to_owned(),
            router_id: vpc.vrouter_id.clone(),
            router_type: RouterType::VRouter,
            owner_id: account.account_id.clone(),
        }),
        ..Default::default()
    };
    one.modify_router_interface_attribute(&told(&ids[0], &ids[1], to, b)).await.unwrap();
    other.modify_router_interface_attribute(&told(&ids[1], &ids[0], from, a)).await.unwrap();
    one.connect_router_interface(&ids[0]).await.unwrap();
    tokio::time::sleep(Duration::from_secs(120)).await;
    open(system, NextHopType::RouterInterface, [&ids[0], &ids[1]]).await;
    ids
}

/// Routes and rules on both sides, by these next hops.
async fn open(system: &System, hop: NextHopType, ids: [&String; 2]) {
    let [one, other] = ends(system);
    let token = || system.io().entropy.nonce().parse().unwrap();
    for (((account, own), (_, peer)), id) in [(one, other), (other, one)].into_iter().zip(ids) {
        let (client, region) = (system.client(&account.alias), own.region_id.parse().unwrap());
        let route = CreateRouteEntry {
            route_table_id: own.route_table_id.clone(),
            destination: IpNet::V4(peer.cidr_block),
            next_hop_type: hop.clone(),
            next_hop_id: id.clone(),
            name: None,
            description: None,
            client_token: token(),
        };
        client.vpc(&region).create_route_entry(&route).await.unwrap();
        let rule = SecurityRule::accept(IpProtocol::All, PortRange::All, RuleSource::Cidr(IpNet::V4(peer.cidr_block)));
        let opened = AuthorizeSecurityGroup {
            security_group_id: own.security_groups[0].security_group_id.clone(),
            rules: vec![rule],
            client_token: token(),
        };
        client.ecs(&region).authorize_security_group(&opened).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(120)).await;
}

/// The connection that takes it over.
fn spec(system: &System, id: &str) -> Value {
    let mut spec = system.tutorial_by(Kind::VpcPeering);
    spec["name"] = NAME.into();
    spec["adopt"] = id.into();
    for side in ["initiator", "acceptor"] {
        spec[side]["adopt_routes"] = true.into();
    }
    spec
}

async fn shown(system: &System, id: &str) -> Option<PeerConnection> {
    system.client("a").vpc_peer(&"cn-qingdao".parse().unwrap()).connection(id).await.unwrap()
}

/// The calls that changed the network.
fn writes(system: &System) -> Vec<String> {
    let changes = |call: &&Call| {
        matches!(call.info.product, Product::Vpc | Product::VpcPeer | Product::Ecs)
            && call.is_write
            && call.outcome == Outcome::Done
            && call.info.action != "RunCommand"
    };
    system.cloud.calls().iter().filter(changes).map(|call| call.info.action.clone()).collect()
}

async fn refused(system: &System, spec: &Value) -> String {
    let problem: Box<Problem> = system.post(spec).await.expect_err("it is refused");
    problem.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[test]
fn what_stands_is_taken_over_by_a_mark_alone_and_given_back_as_it_was() {
    in_world(async |system| {
        let id = by_hand(system).await;
        let (before, made) = (format!("{:#?}", system.inventory().await), writes(system).len());
        let spec = spec(system, &id);
        let plan: Plan = system.tell(Method::POST, "/v1/connections?dry_run=true", &spec).await.unwrap();
        let calls: Vec<_> = plan.plan.iter().filter_map(|planned| planned.call.as_deref()).collect();
        assert!(plan.obstacles.is_empty(), "{plan:#?}");
        assert_eq!(calls, ["ModifyVpcPeerConnection", "RunCommand", "RunCommand"]);

        let connection = system.built(&spec).await;
        assert_eq!(writes(system)[made..], ["ModifyVpcPeerConnection"]);
        let description = shown(system, &id).await.unwrap().description.unwrap();
        assert!(description.contains(&connection.uid), "{description}");
        system.check_drift(&json!({})).await;
        assert!(system.drift().await.iter().all(|row| row.findings.is_empty()), "{:#?}", system.drift().await);
        let again = system
            .post(&{
                let mut other = spec.clone();
                other["name"] = "other".into();
                other
            })
            .await;
        assert!(again.is_err_and(|problem| problem.errors.iter().any(|error| error.detail.contains(NAME))));

        let plan: Plan = system.ask(Method::DELETE, &format!("/v1/connections/{NAME}?dry_run=true")).await.unwrap();
        let calls: Vec<_> = plan.plan.iter().filter_map(|planned| planned.call.as_deref()).collect();
        assert_eq!(calls, ["ModifyVpcPeerConnection"]);
        system.removed(NAME).await;
        assert_eq!(writes(system)[made..], ["ModifyVpcPeerConnection"; 2]);
        assert_eq!(format!("{:#?}", system.inventory().await), before);
        assert_eq!(shown(system, &id).await.unwrap().description.as_deref(), Some(BY_HAND));
    });
}

#[test]
fn a_removal_that_shall_delete_takes_the_peering_and_its_routes() {
    in_world(async |system| {
        let id = by_hand(system).await;
        let mut spec = spec(system, &id);
        system.built(&spec).await;
        spec["on_removal"] = "delete".into();
        assert!(system.put(&spec).await.is_err(), "the field has another name");
        spec.as_object_mut().unwrap().remove("on_removal");
        spec["on_remove"] = "delete".into();
        system.changed(&spec).await;
        spec["adopt"] = "pcc-other".into();
        let problem = system.put(&spec).await.unwrap_err();
        assert!(problem.errors[0].pointer == "/adopt" && problem.errors[0].detail.contains("stays so"), "{problem:#?}");
        let removed = system.removed(NAME).await;
        assert!(shown(system, &id).await.is_none());
        // Rules that a person made are never Causeway's; the removal says that they stay.
        let left: Vec<_> = removed.sides.values().flat_map(|side| &side.outputs.left).collect();
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(!writes(system).contains(&"RevokeSecurityGroup".to_owned()));
    });
}

#[test]
fn what_cannot_be_taken_over_is_refused_with_the_reason() {
    in_world(async |system| {
        let id = by_hand(system).await;
        let good = spec(system, &id);
        let mut unknown = good.clone();
        unknown["adopt"] = "pcc-nowhere".into();
        assert!(refused(system, &unknown).await.contains("has no peering pcc-nowhere"));
        let mut turned = good.clone();
        (turned["initiator"], turned["acceptor"]) = (good["acceptor"].clone(), good["initiator"].clone());
        let told = refused(system, &turned).await;
        assert!(told.contains("/adopt") && told.contains("let the initiator be the side with"), "{told}");
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove("adopt");
        assert!(refused(system, &without).await.contains(&format!("put adopt: {id}")));
        let mut both = good.clone();
        both["migrate"] = true.into();
        assert!(refused(system, &both).await.contains("leave migrate or adopt out"));
        let mut none = without.clone();
        none["on_remove"] = "delete".into();
        assert!(refused(system, &none).await.contains("/on_remove"));
        let mut strict = good.clone();
        strict["initiator"]["adopt_routes"] = false.into();
        assert!(refused(system, &strict).await.contains("adopt_routes: true"));
        assert_eq!(shown(system, &id).await.unwrap().description.as_deref(), Some(BY_HAND));
    });
}

/// The connection that takes a pair over.
fn spec_of_pair(system: &System, [one, other]: &[String; 2]) -> Value {
    let mut spec = system.tutorial();
    spec["name"] = NAME.into();
    spec["adopt"] = json!({"initiator": one, "acceptor": other});
    for side in ["initiator", "acceptor"] {
        spec[side]["adopt_routes"] = true.into();
    }
    spec
}

async fn interface(system: &System, ids: &[String; 2]) -> Vec<Option<String>> {
    let mut descriptions = Vec::new();
    for ((account, vpc), id) in ends(system).into_iter().zip(ids) {
        let api = system.client(&account.alias).vpc(&vpc.region_id.parse().unwrap());
        let found = api.all_router_interfaces(&[Filter::new(FilterKey::RouterInterfaceId, id)]).await.unwrap();
        descriptions.extend(found.into_iter().map(|found| found.description));
    }
    descriptions
}

/// A pair that somebody made by hand, taken over and given back.
pub async fn pair_there_and_back(system: &System) {
    let ids = pair_by_hand(system).await;
    system.built(&spec_of_pair(system, &ids)).await;
    system.removed(NAME).await;
}

#[test]
fn a_pair_is_taken_over_by_marks_alone_given_back_and_taken_over_again_to_give_way_to_a_peering() {
    in_world(async |system| {
        let ids = pair_by_hand(system).await;
        let (before, made) = (format!("{:#?}", system.inventory().await), writes(system).len());
        let spec = spec_of_pair(system, &ids);
        let mut wrong = spec.clone();
        wrong["adopt"]["acceptor"] = "ri-other".into();
        let told = refused(system, &wrong).await;
        assert!(told.contains("/adopt/initiator") && told.contains(&format!("is paired with {}", ids[1])), "{told}");
        let plan: Plan = system.tell(Method::POST, "/v1/connections?dry_run=true", &spec).await.unwrap();
        let calls: Vec<_> = plan.plan.iter().filter_map(|planned| planned.call.as_deref()).collect();
        let marks = ["ModifyRouterInterfaceAttribute"; 2];
        assert!(plan.obstacles.is_empty() && calls == [&marks[..], &["RunCommand"; 2]].concat(), "{plan:#?}");

        system.built(&spec).await;
        assert_eq!(writes(system)[made..], marks);
        system.check_drift(&json!({})).await;
        assert!(system.drift().await.iter().all(|row| row.findings.is_empty()), "{:#?}", system.drift().await);
        system.removed(NAME).await;
        assert_eq!(writes(system).len(), made + 4);
        assert_eq!(format!("{:#?}", system.inventory().await), before);
        assert_eq!(interface(system, &ids).await, [Some(BY_HAND.to_owned()), Some(BY_HAND.to_owned())]);

        // The way off a product that is no longer sold.
        let _: Summary = system.tell(Method::POST, "/v1/connections", &spec).await.unwrap();
        system.settled(NAME, Phase::Active).await;
        let mut peering = system.tutorial_by(Kind::VpcPeering);
        peering["name"] = NAME.into();
        peering["migrate"] = true.into();
        system.changed(&peering).await;
        assert!(interface(system, &ids).await.is_empty(), "the cloud has no peering beside a pair");
        system.removed(NAME).await;
    });
}

#[test]
fn a_pair_that_was_taken_over_comes_back_when_the_peering_cannot_be_made() {
    in_world(async |system| {
        let ids = pair_by_hand(system).await;
        system.built(&spec_of_pair(system, &ids)).await;
        let refusal = Fault::Refuse { status: 403, code: "Forbidden.RAM".to_owned() };
        let rule = FaultRule { times: None, ..FaultRule::once("AcceptVpcPeerConnection", refusal) };
        system.cloud.shared().faults.add(rule);
        let mut peering = system.tutorial_by(Kind::VpcPeering);
        peering["name"] = NAME.into();
        peering["migrate"] = true.into();
        system.put(&peering).await.unwrap();
        let back = system.at_rest(NAME).await;
        assert!(back.phase() == Phase::Active && back.spec.kind() == Kind::RouterInterface, "{back:#?}");
        assert!(back.cause.is_some() && interface(system, &ids).await.is_empty(), "{back:#?}");
        // It made this pair itself, so it takes it away.
        system.cloud.shared().faults.clear();
        system.removed(NAME).await;
        let left = format!("{:?}", system.inventory().await);
        assert!(left.contains("interfaces: []") && left.contains("routes: []"), "{left}");
    });
}

#[test]
fn what_another_connection_took_over_meanwhile_is_left_alone() {
    in_world(async |system| {
        let id = by_hand(system).await;
        let mut spec = spec(system, &id);
        spec["on_remove"] = "delete".into();
        system.post(&spec).await.unwrap();
        // It was free when the request came in.
        let mark = Mark::of_connection(&"faster".parse().unwrap(), "0123456789abcdef0123456789abcdef");
        let change = ModifyVpcPeerConnection {
            instance_id: id.clone(),
            bandwidth: None,
            link_type: None,
            name: None,
            description: Some(mark.description().to_owned()),
            client_token: system.io().entropy.nonce().parse().unwrap(),
        };
        let api = system.client("a").vpc_peer(&"cn-qingdao".parse().unwrap());
        api.modify_vpc_peer_connection(&change).await.unwrap();
        let failed = system.settled(NAME, Phase::Failed).await;
        let told = &failed.summary.failure.as_ref().unwrap().failure.what;
        assert!(told.contains(&id) && told.contains("another connection"), "{told}");
        let before = writes(system).len();
        system.removed(NAME).await;
        assert_eq!(writes(system).len(), before);
        assert_eq!(shown(system, &id).await.unwrap().description.as_deref(), Some(mark.description()));
    });
}

/// What was made by hand, and the connection that takes it over.
async fn made_by_hand(system: &System, kind: Kind) -> Value {
    match kind {
        Kind::RouterInterface => spec_of_pair(system, &pair_by_hand(system).await),
        _ => spec(system, &by_hand(system).await),
    }
}

/// Taken over and given back.
async fn journey(system: &System, spec: &Value) -> Result<(), String> {
    system.post(spec).await.map_err(|refused| format!("{refused:?}"))?;
    let connection = system.at_rest(NAME).await;
    if connection.phase() != Phase::Active {
        return Err(format!("{connection:#?}"));
    }
    let removed = system.remove(NAME).await;
    if removed.phase() == Phase::Removed { Ok(()) } else { Err(format!("{removed:#?}")) }
}

/// Everything that stands, and the descriptions of what joins the two sides.
async fn standing(system: &System, spec: &Value) -> String {
    let descriptions = match &spec["adopt"] {
        Value::String(id) => vec![shown(system, id).await.and_then(|found| found.description)],
        pair => interface(system, &["initiator", "acceptor"].map(|side| pair[side].as_str().unwrap().to_owned())).await,
    };
    format!("{descriptions:?} {:#?}", system.inventory().await)
}

fn requests(kind: Kind) -> Range<usize> {
    on_virtual_time(async {
        let mishaps = Mishaps::none();
        let system = System::new(1, mishaps.clone()).await;
        let spec = made_by_hand(&system, kind).await;
        let begun = mishaps.requests();
        journey(&system, &spec).await.unwrap();
        system.end().await;
        begun..mishaps.requests()
    })
}

#[test]
fn dying_at_requests_in_turn_changes_nothing_in_the_end() {
    for (kind, mishap) in
        between_vpcs().into_iter().flat_map(|kind| [(kind, Mishap::DiesAfter), (kind, Mishap::LostAfter)])
    {
        often::requests_survive(&requests(kind), 7, |number| {
            on_virtual_time(async {
                let mishaps = Mishaps::at(number, mishap);
                let system = System::new(1, mishaps.clone()).await;
                let spec = made_by_hand(&system, kind).await;
                let before = standing(&system, &spec).await;
                let ended = journey(&system, &spec).await;
                ended.map_err(|wrong| format!("{}: {wrong}", mishaps.log().join("; ")))?;
                let after = standing(&system, &spec).await;
                system.end().await;
                if after == before { Ok(()) } else { Err(format!("{number}: {before} became {after}")) }
            })
        });
    }
}
