//! Security groups and their rules.

use super::*;
use crate::testing::{cloud, refused};

async fn group(client: &Client) -> String {
    let body = json!({"vpcId": client.vpc().vpc_id, "networkSecurityGroupName": "g", "description": null});
    text(&client.post("/networkSecurityGroups/", body).await.unwrap()["networkSecurityGroupId"])
}

async fn rules(client: &Client, group: &str) -> Vec<Value> {
    let found = client.get(&format!("/networkSecurityGroups/{group}")).await.unwrap();
    found["networkSecurityGroup"]["securityGroupRules"].as_array().unwrap().clone()
}

async fn add(client: &Client, group: &str, rules: Value) -> Result<Value, Refusal> {
    let path = format!("/networkSecurityGroups/{group}:addNetworkSecurityGroupRules");
    client.post(&path, json!({"networkSecurityGroupRuleSpecs": rules})).await
}

#[tokio::test(start_paused = true)]
async fn a_new_group_lets_everything_out_and_nothing_in() {
    let cloud = cloud();
    let client = Client::new(&cloud, "jd-a");
    let group = group(&client).await;
    let rules = rules(&client, &group).await;
    assert_eq!((rules.len(), &rules[0]["direction"], &rules[0]["protocol"]), (1, &json!(1), &json!(300)));
    assert_eq!(client.delete(&format!("/networkSecurityGroups/{group}")).await, Ok(Value::Null));
}

#[tokio::test(start_paused = true)]
async fn rules_are_added_all_or_none_and_told() {
    let cloud = cloud();
    let client = Client::new(&cloud, "jd-a");
    let group = group(&client).await;
    let icmp =
        json!({"protocol": 1, "direction": 0, "addressPrefix": "172.16.0.0/16", "fromPort": 8, "ruleAction": null});
    let tcp = json!({"protocol": 6, "direction": 0, "addressPrefix": "172.16.0.0/16"});
    let made = add(&client, &group, json!([icmp, tcp])).await.unwrap();
    let made = made["securityGroupRules"].as_array().unwrap().clone();
    assert_eq!((&made[0]["fromPort"], &made[0]["ruleAction"]), (&json!(0), &json!("ALLOW")), "ICMP has no ports");
    assert_eq!((&made[1]["fromPort"], &made[1]["toPort"]), (&json!(1), &json!(65535)));
    for (wrong, expected) in [
        (icmp.clone(), refused(409, "ALREADY_EXISTS")),
        (json!({"protocol": 6, "direction": 0, "addressPrefix": "x"}), refused(400, "INVALID_ARGUMENT")),
        (json!({"protocol": 5, "direction": 0, "addressPrefix": "10.0.0.0/8"}), refused(400, "INVALID_ARGUMENT")),
        (json!({"protocol": 6, "direction": 2, "addressPrefix": "10.0.0.0/8"}), refused(400, "INVALID_ARGUMENT")),
        (json!({"protocol": 6, "addressPrefix": "10.0.0.0/8"}), refused(400, "INVALID_ARGUMENT")),
        (
            json!({"protocol": 6, "direction": 0, "addressPrefix": "10.0.0.0/8", "fromPort": 9, "toPort": 8}),
            refused(400, "INVALID_ARGUMENT"),
        ),
        (
            json!({"protocol": 6, "direction": 0, "addressPrefix": "10.0.0.0/8", "priority": 101}),
            refused(400, "INVALID_ARGUMENT"),
        ),
    ] {
        let beside = json!({"protocol": 17, "direction": 0, "addressPrefix": "192.168.0.0/16"});
        assert_eq!(add(&client, &group, json!([beside, wrong])).await, expected, "{wrong}");
        assert_eq!(rules(&client, &group).await.len(), 3, "{wrong}");
    }
    set(&cloud, |settings| settings.rules_per_group = 3);
    let more = json!([{"protocol": 17, "direction": 0, "addressPrefix": "192.168.0.0/16"}]);
    assert_eq!(add(&client, &group, more).await, refused(429, "QUOTA_EXCEEDED"));
}

#[tokio::test(start_paused = true)]
async fn rules_are_changed_and_removed() {
    let cloud = cloud();
    let client = Client::new(&cloud, "jd-a");
    let group = group(&client).await;
    let icmp = json!([{"protocol": 1, "direction": 0, "addressPrefix": "172.16.0.0/16"}]);
    let made = add(&client, &group, icmp).await.unwrap();
    let id = text(&made["securityGroupRules"][0]["ruleId"]);
    let path = format!("/networkSecurityGroups/{group}");
    let change = json!({"modifySecurityGroupRuleSpecs": [{"ruleId": id, "priority": 9, "addressPrefix": null}]});
    client.post(&format!("{path}:modifyNetworkSecurityGroupRules"), change).await.unwrap();
    let changed = rules(&client, &group).await[1].clone();
    assert_eq!((&changed["priority"], &changed["addressPrefix"]), (&json!(9), &json!("172.16.0.0/16")));

    let remove = format!("{path}:removeNetworkSecurityGroupRules");
    assert_eq!(client.post(&remove, json!({"ruleIds": [id, "sgr-x"]})).await, refused(404, "NOT_FOUND"));
    assert_eq!(rules(&client, &group).await.len(), 2);
    client.post(&remove, json!({"ruleIds": [id]})).await.unwrap();
    let listed = client.get(&format!("{path}/networkSecurityGroupRules")).await.unwrap();
    assert_eq!(listed["totalCount"], 1);
}
