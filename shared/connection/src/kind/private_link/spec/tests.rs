//! Reading the spec of a private link, and what of it may change.

use serde_json::{Value, json};

use crate::kind::Room as _;
use crate::spec::{KindSpec, PrivateLinkSpec, ProbeProtocol, Spec};

fn posted() -> Value {
    json!({
        "name": "shop", "kind": "private-link",
        "consumer": {
            "account": "a", "region_id": "eu-central-1", "vpc_id": "vpc-a",
            "zones": [{"zone_id": "eu-central-1b", "cidr_block": "10.11.9.0/28"}],
            "security_groups": ["sg-a"], "instance_id": "i-a",
        },
        "provider": {
            "account": "b", "region_id": "eu-central-1", "vpc_id": "vpc-b",
            "load_balancer": {"create": {
                "primary_zone": "eu-central-1b", "standby_zone": "eu-central-1a", "vswitch_id": "vsw-b",
                "listener": {"protocol": "http", "port": 80, "backend_port": 8080},
                "backends": [{"instance_id": "i-1"}, {"instance_id": "i-2", "weight": 50}],
            }},
            "service": {"description": "the shop", "allowed_accounts": ["1000000000000009"]},
        },
    })
}

fn read(value: &Value) -> PrivateLinkSpec {
    match Spec::from_value(value.clone()).unwrap().kind {
        KindSpec::PrivateLink(spec) => *spec,
        other => panic!("{other:?}"),
    }
}

/// The pointers of what is wrong after a change.
fn wrong(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut bad = posted();
    change(&mut bad);
    Spec::from_value(bad).unwrap_err().into_iter().map(|problem| problem.pointer).collect()
}

#[test]
fn the_guide_reads_with_its_defaults_and_survives_a_round_trip_through_a_record() {
    let spec = Spec::from_value(posted()).unwrap();
    let stored = serde_json::to_string(&spec).unwrap();
    assert_eq!(serde_json::from_str::<Spec>(&stored).unwrap(), spec);
    let link = read(&posted());
    let probe = link.probe();
    assert_eq!((probe.protocol, probe.port, probe.path.as_str()), (ProbeProtocol::Http, 80, "/"));
    let made = link.provider.created().unwrap();
    assert_eq!((made.listener.servers_port(), made.backends[0].weight), (8080, 100));
    assert!(link.provider.offered().unwrap().zone_affinity);
    assert!(jsonschema::validator_for(&Spec::json_schema()).unwrap().is_valid(&posted()));
}

#[test]
fn an_existing_service_needs_nothing_of_the_provider_but_where_it_is() {
    let mut existing = posted();
    existing["consumer"]["service"] = "com.aliyuncs.privatelink.eu-central-1.epsrv-1".into();
    let provider = existing["provider"].as_object_mut().unwrap();
    provider.remove("load_balancer");
    provider.remove("service");
    existing["probe"] = json!({"port": 443});
    let link = read(&existing);
    assert_eq!((link.consumer.service.unwrap().id(), link.provider.offered()), ("epsrv-1", None));
    existing.as_object_mut().unwrap().remove("probe");
    let problems = Spec::from_value(existing.clone()).unwrap_err();
    assert_eq!(problems[0].pointer, "/probe", "{problems:?}");
    existing["consumer"]["service"] = "com.aliyuncs.privatelink.cn-beijing.epsrv-1".into();
    assert_eq!(Spec::from_value(existing).unwrap_err()[0].pointer, "/consumer/service");
}

#[test]
fn everything_that_is_wrong_comes_at_once_and_names_its_field() {
    let all = wrong(|bad| {
        bad["consumer"]["zones"] = json!([
            {"zone_id": "eu-central-1a"},
            {"zone_id": "eu-central-1b", "vswitch_id": "vsw-1", "cidr_block": "10.11.9.0/28"},
            {"zone_id": "eu-central-1b", "cidr_block": "10.11.9.1/30"},
        ]);
        bad["consumer"]["security_groups"] = json!([]);
        bad["consumer"]["clients"] = json!(["10.0.0.1/8"]);
        bad["consumer"]["endpoint_name"] = "1".into();
        bad["consumer"]["description"] = "https://shop".into();
        let made = &mut bad["provider"]["load_balancer"]["create"];
        made["name"] = "1".into();
        made["standby_zone"] = "eu-central-1b".into();
        made["listener"]["port"] = 0.into();
        made["health_check"] = json!({"path": "health", "interval_seconds": 51, "healthy_threshold": 1});
        made["backends"] = json!([{"instance_id": "i-1", "weight": 101}, {"instance_id": "i-1", "weight": 0}]);
        bad["provider"]["service"]["description"] = "x".into();
        bad["provider"]["bandwidth_mbps"] = 99.into();
    });
    let create = "/provider/load_balancer/create";
    let expected = [
        "/consumer/zones/0".to_owned(),
        "/consumer/zones/1/cidr_block".to_owned(),
        "/consumer/zones/2/cidr_block".to_owned(),
        "/consumer/zones/2/cidr_block".to_owned(),
        "/consumer/zones/2/zone_id".to_owned(),
        "/consumer/security_groups".to_owned(),
        "/consumer/clients/0".to_owned(),
        "/consumer/endpoint_name".to_owned(),
        "/consumer/description".to_owned(),
        format!("{create}/name"),
        format!("{create}/standby_zone"),
        format!("{create}/listener/port"),
        format!("{create}/health_check/path"),
        format!("{create}/health_check/interval_seconds"),
        format!("{create}/health_check/healthy_threshold"),
        format!("{create}/backends/0/weight"),
        format!("{create}/backends/1/instance_id"),
        "/provider/service/description".to_owned(),
        "/provider/bandwidth_mbps".to_owned(),
        "/consumer/zones/0/zone_id".to_owned(),
    ];
    assert_eq!(all, expected);
}

#[test]
fn what_does_not_go_together_is_refused() {
    assert_eq!(wrong(|bad| bad["consumer"]["region_id"] = "cn-beijing".into()), ["/consumer/region_id"]);
    assert_eq!(
        wrong(|bad| bad["consumer"]["service"] = "epsrv-1".into()),
        ["/provider/load_balancer", "/provider/service"]
    );
    assert_eq!(wrong(|bad| bad["probe"] = json!({"port": 81})), ["/probe/port"]);
    assert_eq!(wrong(|bad| bad["probe"] = json!({"port": 80, "path": "/a b"})), ["/probe/path"]);
    assert_eq!(wrong(|bad| bad["provider"]["load_balancer"] = Value::Null), ["/provider/load_balancer", "/probe"]);
    let same = wrong(|bad| {
        bad["consumer"]["account"] = "b".into();
        bad["consumer"]["vpc_id"] = "vpc-b".into();
    });
    assert_eq!(same, ["/consumer/vpc_id"]);
    let idle = |bad: &mut Value| {
        bad["provider"]["load_balancer"]["create"]["backends"] = json!([{"instance_id": "i-1", "weight": 0}]);
    };
    assert_eq!(wrong(idle), ["/provider/load_balancer/create/backends"]);
    assert_eq!(
        wrong(|bad| bad["provider"]["load_balancer"]["create"]["spec"] = "slb.s1.small".into())[0],
        "/provider/load_balancer/create/spec"
    );
}

#[test]
fn what_cannot_change_in_place_is_named_and_the_rest_may() {
    let now = read(&posted());
    let change = |change: fn(&mut Value)| {
        let mut next = posted();
        change(&mut next);
        now.immovable(&read(&next)).into_iter().map(|problem| problem.pointer).collect::<Vec<_>>()
    };
    assert!(
        change(|next| {
            next["consumer"]["clients"] = json!(["10.11.0.0/24"]);
            next["consumer"]["security_groups"] = json!(["sg-a", "sg-c"]);
            next["consumer"]["description"] = "to the shop".into();
            next["provider"]["bandwidth_mbps"] = 200.into();
            next["provider"]["service"]["allowed_accounts"] = json!([]);
            next["provider"]["load_balancer"]["create"]["backends"][1]["weight"] = 0.into();
        })
        .is_empty()
    );
    let fixed = change(|next| {
        next["consumer"]["zones"][0]["cidr_block"] = "10.11.8.0/28".into();
        next["provider"]["service"]["payer"] = "provider".into();
        next["provider"]["load_balancer"]["create"]["listener"]["port"] = 81.into();
    });
    let expected =
        ["/consumer/zones/0", "/provider/load_balancer/create/listener", "/provider/service/payer"].map(str::to_owned);
    assert_eq!(fixed, expected);
    let other = change(|next| {
        next["provider"]["load_balancer"] = json!({"existing": {"type": "clb", "id": "lb-1"}});
        next["probe"] = json!({"port": 80});
    });
    assert_eq!(other, ["/provider/load_balancer"]);
}
