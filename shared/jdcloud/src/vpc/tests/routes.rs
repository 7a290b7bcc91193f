use super::*;

const TABLE: &str = r#"{"routeTableId":"rtb-1","routeTableName":"t","routeTableType":"custom","associateType":"subnet",
    "vpcId":"vpc-1","routeTableRules":[
      {"ruleId":"rt-1","priority":1,"nextHopType":"local","nextHopId":"local","addressPrefix":"local","origin":"static"},
      {"ruleId":"rt-2","priority":100,"nextHopType":"vpc_peering","nextHopId":"vpcpr-1","addressPrefixType":"CIDR",
       "addressPrefix":"172.16.0.0/16","origin":"static","description":"","ipVersion":4}],
    "routePropagations":null,"subnetIds":null}"#;

#[tokio::test]
async fn a_table_is_read_as_an_object_and_as_the_list_that_a_sample_shows() {
    for result in [format!(r#"{{"routeTable":{TABLE}}}"#), format!(r#"{{"routeTables":[{TABLE}]}}"#)] {
        let table = Cloud::new().gives(&result).vpc().describe_route_table("rtb-1").await.unwrap();
        assert_eq!((table.route_table_type, table.subnet_ids.len()), (Some(RouteTableType::Custom), 0));
        let [local, peering] = table.rules.as_slice() else { panic!("two rules: {:?}", table.rules) };
        assert_eq!((&local.next_hop_type, &local.address_prefix), (&NextHopType::Local, &Cidr::Local));
        assert_eq!(RouteRuleSpec::copy_of(local), None);
        let wanted = RouteRuleSpec::by_peering("172.16.0.0/16".into(), "vpcpr-1");
        assert!(wanted.is_done_by(peering) && !wanted.is_done_by(local));
        assert!(RouteRuleSpec::copy_of(peering).unwrap().is_done_by(peering));
        let another = RouteRuleSpec::by_peering("172.16.0.0/16".into(), "vpcpr-2");
        assert!(!another.is_done_by(peering), "another peering is another route");
    }
    let error = Cloud::new().gives(r#"{"routeTables":[]}"#).vpc().describe_route_table("rtb-1").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed);
}

#[tokio::test]
async fn an_action_sends_its_colon_encoded() {
    let cloud = Cloud::new().gives("null").gives("{}").gives("null").gives("null").gives("null");
    let vpc = cloud.vpc();
    let rules =
        [RouteRuleSpec::by_peering("172.16.0.0/16".into(), "vpcpr-1"), RouteRuleSpec::by_internet("0.0.0.0/0".into())];
    vpc.add_route_table_rules("rtb-1", &rules).await.unwrap();
    vpc.remove_route_table_rules("rtb-1", &["rt-2".into()]).await.unwrap();
    vpc.associate_route_table("rtb-1", &["subnet-1".into(), "subnet-2".into()]).await.unwrap();
    vpc.disassociate_route_table("rtb-1", "subnet-1").await.unwrap();
    vpc.delete_route_table("rtb-1").await.unwrap();
    let seen = cloud.seen();
    assert_eq!(
        seen.iter().map(crate::scripted::RecordedRequest::line).collect::<Vec<_>>(),
        [
            "POST /routeTables/rtb-1%3AaddRouteTableRules",
            "POST /routeTables/rtb-1%3AremoveRouteTableRules",
            "POST /routeTables/rtb-1%3AassociateRouteTable",
            "POST /routeTables/rtb-1%3AdisassociateRouteTable",
            "DELETE /routeTables/rtb-1",
        ]
    );
    assert_eq!(
        seen[0].json(),
        json!({"routeTableRuleSpecs": [
            {"nextHopType": "vpc_peering", "nextHopId": "vpcpr-1", "addressPrefix": "172.16.0.0/16"},
            {"nextHopType": "internet", "nextHopId": "internet", "addressPrefix": "0.0.0.0/0"},
        ]})
    );
    assert_eq!(seen[1].json(), json!({"ruleIds": ["rt-2"]}));
    assert_eq!(seen[2].json(), json!({"subnetIds": ["subnet-1", "subnet-2"]}));
    assert_eq!(seen[3].json(), json!({"subnetId": "subnet-1"}), "one text, not a list");
}

#[tokio::test]
async fn a_new_table_is_known_by_its_id_and_a_bound_one_is_busy() {
    let cloud = Cloud::new().gives(r#"{"routeTableId":"rtb-9"}"#).refuses(400, "FAILED_PRECONDITION").gives("{}");
    let vpc = cloud.vpc();
    let request = CreateRouteTable { vpc_id: "vpc-1".into(), name: "t".into(), description: Some("d".into()) };
    assert_eq!(vpc.create_route_table(&request).await.unwrap(), "rtb-9");
    assert_eq!(cloud.only().json(), json!({"vpcId": "vpc-1", "routeTableName": "t", "description": "d"}));
    let error = vpc.delete_route_table("rtb-9").await.unwrap_err();
    assert!(error.kind() == Kind::Busy && error.may_repeat());
    let error = vpc.create_route_table(&request).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed, "a table without an id was made all the same");
    assert!(!error.may_repeat());
}
