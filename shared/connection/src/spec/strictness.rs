//! What a person may get wrong in a spec, field by field: each fault is told once, where it stands, with the value and what to
//! write instead.

use serde_json::{Value, json};

use super::Spec;

fn between_vpcs() -> Value {
    json!({
        "version": 1, "name": "a-b", "kind": "router-interface", "spec": "Mini.2", "labels": {"team": "network"},
        "initiator": {
            "account": "a", "region_id": "cn-qingdao", "vpc_id": "vpc-a", "vswitch_ids": ["vsw-1"], "cidr_blocks": ["10.0.0.0/24"],
            "route_tables": ["vtb-1"], "adopt_routes": true, "instance_id": "i-1",
            "security_groups": [{"security_group_id": "sg-1", "protocol": "tcp", "ports": "80/80", "priority": 1, "source": "cidr"}],
        },
        "acceptor": {"account": "b", "region_id": "cn-beijing", "vpc_id": "vpc-b"},
    })
}

fn private_link() -> Value {
    json!({
        "name": "shop", "kind": "private-link",
        "consumer": {
            "account": "a", "region_id": "cn-qingdao", "vpc_id": "vpc-a", "security_groups": ["sg-1"], "clients": ["10.0.0.0/24"],
            "zones": [{"zone_id": "cn-qingdao-b", "cidr_block": "10.0.9.0/28"}], "description": "the shop",
        },
        "provider": {
            "account": "b", "region_id": "cn-qingdao", "vpc_id": "vpc-b", "bandwidth_mbps": 200,
            "load_balancer": {"create": {
                "name": "shop", "primary_zone": "cn-qingdao-b", "vswitch_id": "vsw-1", "listener": {"port": 80},
                "health_check": {"path": "/"}, "backends": [{"instance_id": "i-1", "weight": 1}],
            }},
            "service": {"description": "the shop", "allowed_accounts": ["1000000000000003"]},
        },
    })
}

fn on_jdcloud() -> Value {
    let side = |account: &str, vpc: &str| {
        json!({
            "account": account, "region_id": "cn-north-1", "vpc_id": vpc, "subnet_ids": ["subnet-1"], "cidr_blocks": ["10.0.0.0/24"],
            "route_table": "rtb-1", "internet_route": false,
            "security_groups": [{"security_group_id": "sg-1", "protocol": "udp", "ports": "53/53", "priority": 1}],
        })
    };
    json!({"name": "jd", "kind": "jdcloud-peering", "initiator": side("jd-a", "vpc-a"), "acceptor": side("jd-b", "vpc-b")})
}

/// Holds each fault, put in the place of a field, to one problem there that says so.
fn each_is_told_once(good: fn() -> Value, faults: &[(&str, Value, &str)]) {
    assert!(Spec::from_value(good()).is_ok(), "{:?}", Spec::from_value(good()));
    for (pointer, fault, told) in faults {
        let mut bad = good();
        let (above, name) = pointer.rsplit_once('/').unwrap();
        let object = bad.pointer_mut(above).unwrap();
        match name.parse::<usize>() {
            Ok(index) => object[index] = fault.clone(),
            Err(_) => object[name] = fault.clone(),
        }
        let problems = Spec::from_value(bad).expect_err(pointer);
        assert_eq!(problems.len(), 1, "{pointer}: {problems:#?}");
        let found = &problems[0];
        assert!(found.pointer.starts_with(pointer), "{pointer}: {found}");
        assert!(found.detail.contains(told), "{pointer}: {found}");
    }
}

#[test]
fn of_what_joins_two_vpcs() {
    each_is_told_once(
        between_vpcs,
        &[
            ("/version", json!("1"), "\"1\" is not a whole number"),
            ("/version", json!(2), "use 1"),
            ("/name", json!("A B"), "\"A B\""),
            ("/name", json!("a\nb"), "line break"),
            ("/name", json!(["a"]), "[\"a\"] is not a text"),
            ("/name", Value::Null, "this field is required"),
            ("/kind", json!("router-interfaces"), "did you mean `router-interface`?"),
            ("/kind", Value::Null, "this field is required"),
            ("/spec", json!("mini.2"), "did you mean `Mini.2`?"),
            ("/on_failure", json!("roll-back"), "did you mean `rollback`?"),
            ("/verify", json!(false), "false is not one of `require`, `report`, `off`"),
            ("/repair", json!({"auto": {}}), "write the word alone"),
            ("/labels", json!([]), "[] is not an object"),
            ("/labels", json!({"team": 7}), "7 is not a text; put it in quotes"),
            ("/labels", json!({"team": "a\u{202e}b"}), "U+202E"),
            ("/labels", json!({"te\u{7f}am": "a"}), "U+007F"),
            ("/labels", json!({"": "a"}), "1 to 128 characters"),
            ("/lables", json!({}), "did you mean `labels`?"),
            ("/initiator", json!(["a", "cn-qingdao", "vpc-a"]), "is not an object"),
            ("/acceptor", Value::Null, "this field is required"),
            ("/initiator/account", json!("A"), "account alias \"A\""),
            ("/initiator/account", json!(7), "7 is not a text"),
            ("/initiator/region_id", json!("qingdao"), "region \"qingdao\" must look like cn-qingdao"),
            ("/initiator/region_id", json!(" cn-qingdao"), "\" cn-qingdao\""),
            ("/initiator/region_id", json!("cn-qingdao-"), "must look like cn-qingdao"),
            ("/initiator/vpc_id", json!("vpc a"), "VPC id \"vpc a\""),
            ("/initiator/vpc", json!("vpc-a"), "did you mean `vpc_id`?"),
            ("/initiator/vswitch_ids", json!("vsw-1"), "\"vsw-1\" is not a list"),
            ("/initiator/vswitch_ids/0", json!("vsw_1"), "\"vsw_1\""),
            ("/initiator/vswitch_ids", json!(vec!["vsw-1"; 51]), "51 entries; write at most 50"),
            ("/initiator/cidr_blocks/0", json!("010.010.0.0/16"), "\"010\" begins with a zero"),
            ("/initiator/cidr_blocks/0", json!("172.16.0.20"), "write \"172.16.0.20/32\""),
            ("/initiator/cidr_blocks/0", json!("172.16.0.0/33"), "\"33\" is not a number from 0 to 32"),
            ("/initiator/cidr_blocks/0", json!(" 172.16.0.0/16"), "write \"172.16.0.0/16\""),
            ("/initiator/cidr_blocks/0", json!("172.16.0.1/16"), "did you mean 172.16.0.0/16?"),
            ("/initiator/cidr_blocks/0", json!("::0/0"), "it is IPv6"),
            ("/initiator/cidr_blocks/0", json!(""), "it is empty"),
            ("/initiator/cidr_blocks/0", json!(10), "10 is not a text"),
            ("/initiator/route_tables", json!("all"), "\"all\" is not known here; known are `of-vswitches`, `system`"),
            ("/initiator/route_tables", json!([]), "name 1 to 50"),
            ("/initiator/route_tables", json!(7), "a list of ids"),
            ("/initiator/route_tables", json!(["vtb 1"]), "\"vtb 1\""),
            ("/initiator/adopt_routes", json!("yes"), "\"yes\" is not true or false"),
            ("/initiator/instance_id", json!(["i-1"]), "is not a text"),
            ("/initiator/security_groups", json!({}), "{} is not a list"),
            ("/initiator/security_groups/0", json!(["sg-1", "tcp"]), "is not an object"),
            ("/initiator/security_groups/0/security_group_id", json!("sg/1"), "\"sg/1\""),
            ("/initiator/security_groups/0/protocol", json!("TCP"), "did you mean `tcp`?"),
            ("/initiator/security_groups/0/protocol", json!(6), "6 is not one of"),
            ("/initiator/security_groups/0/ports", json!("443"), "write \"443/443\""),
            ("/initiator/security_groups/0/ports", json!("-1/-1"), "leave ports out"),
            ("/initiator/security_groups/0/priority", json!(0), "priority 0 is not between 1 and 100"),
            ("/initiator/security_groups/0/priority", json!(256), "256 is not a whole number from 0 to 255"),
            (
                "/initiator/security_groups/0/source",
                json!({"group": ["sg-2"]}),
                "is not an object with `security_group_id`",
            ),
            (
                "/initiator/security_groups/0/source",
                json!({"group": {"security_group_id": "sg-2", "fallback": 1}}),
                "unknown field",
            ),
            ("/initiator/security_groups/0/port", json!("80/80"), "did you mean `ports`?"),
        ],
    );
}

#[test]
fn of_a_private_link() {
    each_is_told_once(
        private_link,
        &[
            ("/consumer/zones/0", json!(["cn-qingdao-b"]), "is not an object"),
            ("/consumer/zones/0", json!({"zone_id": "cn-qingdao-b"}), "name a vSwitch"),
            ("/consumer/zones/0/cidr_block", json!("010.0.9.0/28"), "begins with a zero"),
            ("/consumer/zones/0/cidr_block", json!("10.0.9.1/28"), "did you mean 10.0.9.0/28?"),
            ("/consumer/zones/0/cidr_block", json!("10.0.9.0/30"), "from /16 to /29"),
            ("/consumer/zones", json!([]), "name 1 to 10 zones"),
            ("/consumer/security_groups", json!(["sg-1", "sg-1"]), "named twice"),
            ("/consumer/clients/0", json!("010.0.0.0/24"), "begins with a zero"),
            ("/consumer/description", json!("a\nb"), "line break"),
            ("/consumer/description", json!("a\u{2066}b"), "U+2066"),
            ("/consumer/endpoint_name", json!("9"), "\"9\": a name has 2 to 128"),
            ("/provider/load_balancer", json!({"created": {}}), "did you mean `create`?"),
            ("/provider/load_balancer", json!(["create"]), "is not one of `create`, `existing`"),
            ("/provider/load_balancer/create/listener", json!([80]), "is not an object with"),
            ("/provider/load_balancer/create/listener/port", json!(0), "from 1 to 65535"),
            (
                "/provider/load_balancer/create/listener/port",
                json!(65536),
                "65536 is not a whole number from 0 to 65535",
            ),
            ("/provider/load_balancer/create/listener/port", json!("80"), "\"80\" is not a whole number"),
            ("/provider/load_balancer/create/backends/0", json!(["i-1", 1]), "is not an object with"),
            ("/provider/load_balancer/create/backends/0/weight", json!(101), "101: a weight is from 0 to 100"),
            ("/provider/load_balancer/create/health_check/path", json!("health"), "\"health\": a path begins with /"),
            ("/provider/load_balancer/create/health_check/interval_seconds", json!(51), "51: this is from 1 to 50"),
            ("/provider/service/allowed_accounts/0", json!(1_000_000_000_000_003_u64), "put it in quotes"),
            ("/provider/service/allowed_accounts/0", json!("0x38D7EA4C68001"), "0x38D7EA4C68001"),
            ("/provider/service/description", json!("\u{1b}[2J"), "U+001B"),
            ("/provider/bandwidth_mbps", json!(99), "99: this is from 100"),
            ("/probe", json!(["tcp", 80, "/"]), "is not an object with"),
        ],
    );
}

#[test]
fn of_a_peering_on_jdcloud() {
    each_is_told_once(
        on_jdcloud,
        &[
            ("/acceptor/region_id", json!("cn-east-2"), "the cloud peers VPCs of one region only"),
            ("/initiator/cidr_blocks/0", json!("010.0.0.0/24"), "begins with a zero"),
            ("/initiator/subnet_ids/0", json!(""), "resource id \"\""),
            ("/initiator/route_table", json!(["rtb-1"]), "is not a text"),
            ("/initiator/internet_route", json!("no"), "\"no\" is not true or false"),
            ("/initiator/security_groups/0/ports", json!("53"), "write \"53/53\""),
            (
                "/initiator/security_groups/0",
                json!({"security_group_id": "sg-1", "protocol": "icmp", "ports": "53/53"}),
                "leave ports out",
            ),
            ("/initiator/security_groups/0/source", json!("cidr"), "unknown field `source`"),
        ],
    );
}
