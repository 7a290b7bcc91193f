//! Route tables, their rules, and which subnets they are bound to.

use super::*;
use crate::testing::{cloud, refused};

async fn table(client: &Client) -> String {
    let body = json!({"vpcId": client.vpc().vpc_id, "routeTableName": "peered", "associateType": null});
    text(&client.post("/routeTables/", body).await.unwrap()["routeTableId"])
}

async fn add(client: &Client, table: &str, rules: Value) -> Result<Value, Refusal> {
    client.post(&format!("/routeTables/{table}:addRouteTableRules"), json!({"routeTableRuleSpecs": rules})).await
}

fn rule(kind: &str, id: &str, prefix: &str) -> Value {
    json!({"nextHopType": kind, "nextHopId": id, "addressPrefix": prefix, "priority": null})
}

#[tokio::test(start_paused = true)]
async fn the_default_table_leads_out_and_a_new_one_nowhere() {
    let cloud = cloud();
    let client = Client::new(&cloud, "jd-a");
    let kinds = |rules: Vec<Value>| rules.iter().map(|rule| text(&rule["nextHopType"])).collect::<Vec<_>>();
    let default = client.vpc().route_table_id;
    assert_eq!(kinds(client.rules(&default).await), ["local", "internet"]);
    let made = table(&client).await;
    let rules = client.rules(&made).await;
    assert_eq!(kinds(rules.clone()), ["local"]);
    assert_eq!((&rules[0]["addressPrefix"], &rules[0]["priority"]), (&json!("local"), &json!(1)));
    let shown = client.get(&format!("/routeTables/{made}")).await.unwrap()["routeTable"].clone();
    assert_eq!((&shown["subnetIds"], &shown["routeTableType"]), (&Value::Null, &json!("custom")));
    assert_eq!(client.delete(&format!("/routeTables/{default}")).await, refused(400, "INVALID_ARGUMENT"));
}

#[tokio::test(start_paused = true)]
async fn rules_are_added_all_or_none_without_telling_their_ids() {
    let cloud = cloud();
    let (a, b) = (Client::new(&cloud, "jd-a"), Client::new(&cloud, "jd-b"));
    let (table, half) = (table(&a).await, a.peer(&b).await.unwrap());
    let good = rule("vpc_peering", &half, "172.16.0.0/16");
    let two = json!([good, rule("internet", "internet", "0.0.0.0/0")]);
    assert_eq!(add(&a, &table, two).await, Ok(Value::Null));
    let rules = a.rules(&table).await;
    assert_eq!((rules.len(), &rules[1]["nextHopId"]), (3, &json!(half)));
    assert_eq!((&rules[1]["priority"], &rules[1]["origin"]), (&json!(100), &json!("static")));

    for (wrong, expected) in [
        (rule("vpc_peering", &half, "172.16.0.0/16"), refused(409, "ALREADY_EXISTS")),
        (rule("vpc_peering", "vpcpr-x", "192.168.0.0/16"), refused(404, "NOT_FOUND")),
        (rule("natgw", "nat-x", "192.168.0.0/16"), refused(404, "NOT_FOUND")),
        (rule("local", "local", "192.168.0.0/16"), refused(400, "INVALID_ARGUMENT")),
        (rule("coffee", "x", "192.168.0.0/16"), refused(400, "INVALID_ARGUMENT")),
        (rule("internet", "x", "192.168.0.0/16"), refused(400, "INVALID_ARGUMENT")),
        (rule("vpc_peering", &half, "0.0.0.0/0"), refused(400, "INVALID_ARGUMENT")),
        (rule("vpc_peering", &half, "10.0.9.0/24"), refused(400, "INVALID_ARGUMENT")),
        (rule("vpc_peering", &half, "10.0.9.1/8"), refused(400, "INVALID_ARGUMENT")),
        (json!({"nextHopType": "internet", "nextHopId": "internet"}), refused(400, "INVALID_ARGUMENT")),
    ] {
        let beside = rule("vpc_peering", &half, "192.168.99.0/24");
        assert_eq!(add(&a, &table, json!([beside, wrong])).await, expected, "{wrong}");
        assert_eq!(a.rules(&table).await.len(), 3, "{wrong}");
    }
    set(&cloud, |settings| settings.rules_per_table = 2);
    let more = json!([rule("vpc_peering", &half, "192.168.0.0/16")]);
    assert_eq!(add(&a, &table, more).await, refused(429, "QUOTA_EXCEEDED"));
}

#[tokio::test(start_paused = true)]
async fn a_rule_cannot_lead_out_of_another_vpc() {
    let cloud = cloud();
    let (a, b) = (Client::new(&cloud, "jd-a"), Client::new(&cloud, "jd-b"));
    let half = a.peer(&b).await.unwrap();
    let other =
        text(&a.post("/vpcs/", json!({"vpcName": "o", "addressPrefix": "10.8.0.0/16"})).await.unwrap()["vpcId"]);
    let tables = a.get(&format!("/vpcs/{other}")).await.unwrap()["vpc"]["routeTableIds"].clone();
    let rules = json!([rule("vpc_peering", &half, "172.16.0.0/16")]);
    assert_eq!(add(&a, &text(&tables[0]), rules).await, refused(409, "ABORTED"));
}

#[tokio::test(start_paused = true)]
async fn whether_a_half_may_be_used_before_it_connects_is_a_setting() {
    let cloud = cloud();
    let (a, b) = (Client::new(&cloud, "jd-a"), Client::new(&cloud, "jd-b"));
    let (table, half) = (table(&a).await, a.peer(&b).await.unwrap());
    let rules = json!([rule("vpc_peering", &half, "172.16.0.0/16")]);
    set(&cloud, |settings| settings.routes_before_connected = false);
    assert_eq!(add(&a, &table, rules.clone()).await, refused(400, "FAILED_PRECONDITION"));
    set(&cloud, |settings| settings.routes_before_connected = true);
    add(&a, &table, rules).await.unwrap();

    set(&cloud, |settings| settings.deletes_peering_in_use = false);
    assert_eq!(a.delete(&format!("/vpcPeerings/{half}")).await, refused(400, "FAILED_PRECONDITION"));
    set(&cloud, |settings| settings.deletes_peering_in_use = true);
    assert_eq!(a.delete(&format!("/vpcPeerings/{half}")).await, Ok(Value::Null));
    assert_eq!(a.rules(&table).await.len(), 2, "the rule stays and leads nowhere");
}

#[tokio::test(start_paused = true)]
async fn rules_are_changed_and_removed_but_the_local_one_is_not() {
    let cloud = cloud();
    let (a, b) = (Client::new(&cloud, "jd-a"), Client::new(&cloud, "jd-b"));
    let (table, half) = (table(&a).await, a.peer(&b).await.unwrap());
    add(&a, &table, json!([rule("vpc_peering", &half, "172.16.0.0/16")])).await.unwrap();
    let rule_ids = |rules: Vec<Value>| ids(&Value::Array(rules), "ruleId");
    let [local, own] = rule_ids(a.rules(&table).await).try_into().unwrap();

    let modify = format!("/routeTables/{table}:modifyRouteTableRules");
    let change = json!([{"ruleId": own, "priority": 7, "nextHopId": null}]);
    a.post(&modify, json!({"modifyRouteTableRuleSpecs": change})).await.unwrap();
    let changed = a.rules(&table).await[1].clone();
    assert_eq!((&changed["priority"], &changed["nextHopId"]), (&json!(7), &json!(half)));

    let remove = format!("/routeTables/{table}:removeRouteTableRules");
    for (rule, expected) in
        [(&local, refused(400, "INVALID_ARGUMENT")), (&"rt-x".to_owned(), refused(404, "NOT_FOUND"))]
    {
        assert_eq!(a.post(&remove, json!({"ruleIds": [own, rule]})).await, expected);
        assert_eq!(a.rules(&table).await.len(), 2, "none of them went");
    }
    a.post(&remove, json!({"ruleIds": [own]})).await.unwrap();
    let listed = a.get(&format!("/routeTables/{table}/routeTableRules")).await.unwrap();
    assert_eq!((ids(&listed["routeTableRules"], "ruleId"), &listed["totalCount"]), (vec![local], &json!(1)));
}

#[tokio::test(start_paused = true)]
async fn a_subnet_moves_to_the_table_it_is_bound_to_and_falls_back_to_the_default_one() {
    let cloud = cloud();
    let client = Client::new(&cloud, "jd-a");
    let (default, table) = (client.vpc().route_table_id, table(&client).await);
    let subnet = client.vpc().vswitches[0].vswitch_id.clone();
    let of_subnet = async || text(&client.get(&format!("/subnets/{subnet}")).await.unwrap()["subnet"]["routeTableId"]);

    client.post(&format!("/routeTables/{table}:associateRouteTable"), json!({"subnetIds": [subnet]})).await.unwrap();
    assert_eq!(of_subnet().await, table);
    let shown = client.get(&format!("/routeTables/{table}")).await.unwrap();
    assert_eq!(shown["routeTable"]["subnetIds"], json!([subnet]));
    assert_eq!(client.delete(&format!("/routeTables/{table}")).await, refused(400, "FAILED_PRECONDITION"));

    let unbind = format!("/routeTables/{table}:disassociateRouteTable");
    let list = client.post(&unbind, json!({"subnetId": [subnet]})).await;
    assert_eq!(list, refused(400, "INVALID_ARGUMENT"), "one text, not a list");
    client.post(&unbind, json!({"subnetId": subnet})).await.unwrap();
    assert_eq!(of_subnet().await, default);
    assert_eq!(client.post(&unbind, json!({"subnetId": subnet})).await, refused(400, "INVALID_ARGUMENT"));
    assert_eq!(client.delete(&format!("/routeTables/{table}")).await, Ok(Value::Null));

    let foreign = Client::new(&cloud, "jd-b").vpc().vswitches[0].vswitch_id.clone();
    let bind = format!("/routeTables/{default}:associateRouteTable");
    assert_eq!(client.post(&bind, json!({"subnetIds": [foreign]})).await, refused(404, "NOT_FOUND"));
}
