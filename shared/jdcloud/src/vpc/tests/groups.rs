use super::*;

#[tokio::test]
async fn a_group_is_read_with_its_rules() {
    let cloud = Cloud::new().gives(
        r#"{"networkSecurityGroup":{"networkSecurityGroupId":"sg-1","networkSecurityGroupName":"g","vpcId":"vpc-1",
            "securityGroupRules":[{"ruleId":"sgr-1","direction":0,"ruleAction":"ALLOW","priority":1,"protocol":300,
            "addressPrefix":"10.0.0.0/16","ipVersion":4,"fromPort":0,"toPort":0},
            {"ruleId":"sgr-2","direction":"1","protocol":58,"addressPrefix":"pl-1"}]}}"#,
    );
    let group = cloud.vpc().describe_network_security_group("sg-1").await.unwrap();
    let [all, odd] = group.rules.as_slice() else { panic!("two rules: {:?}", group.rules) };
    assert_eq!((all.direction, all.protocol, all.from_port), (Direction::Inbound, Protocol::All, Some(0)));
    assert_eq!((odd.direction, odd.protocol, odd.priority), (Direction::Outbound, Protocol::Unknown(58), None));
    assert_eq!(odd.address_prefix, Cidr::Unknown("pl-1".into()));
    assert_eq!(cloud.only().line(), "GET /networkSecurityGroups/sg-1");
}

#[tokio::test]
async fn rules_are_added_and_removed() {
    let cloud = Cloud::new().gives(r#"{"securityGroupRules":[]}"#).gives("null").refuses(409, "ALREADY_EXISTS");
    let vpc = cloud.vpc();
    let rule = SecurityRuleSpec {
        direction: Direction::Inbound,
        rule_action: None,
        priority: Some(1),
        protocol: Protocol::Icmp,
        address_prefix: "10.0.0.0/16".into(),
        from_port: None,
        to_port: None,
        description: None,
    };
    vpc.add_network_security_group_rules("sg-1", std::slice::from_ref(&rule)).await.unwrap();
    vpc.remove_network_security_group_rules("sg-1", &["sgr-1".into()]).await.unwrap();
    let seen = cloud.seen();
    assert_eq!(seen[0].line(), "POST /networkSecurityGroups/sg-1%3AaddNetworkSecurityGroupRules");
    let sent = json!({"direction": 0, "priority": 1, "protocol": 1, "addressPrefix": "10.0.0.0/16"});
    assert_eq!(seen[0].json(), json!({"networkSecurityGroupRuleSpecs": [sent]}));
    assert_eq!(seen[1].line(), "POST /networkSecurityGroups/sg-1%3AremoveNetworkSecurityGroupRules");
    let error = vpc.add_network_security_group_rules("sg-1", &[rule]).await.unwrap_err();
    assert_eq!(error.kind(), Kind::AlreadyThere);
}
