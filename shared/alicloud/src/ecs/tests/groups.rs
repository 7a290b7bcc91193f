use super::*;
use crate::Kind;
use crate::ecs::*;
use crate::scripted::refusal;

const DONE: &str = r#"{"RequestId":"R-0"}"#;

fn ping_from(source: RuleSource) -> SecurityRule {
    SecurityRule::accept(IpProtocol::Icmp, PortRange::All, source)
}

fn range(text: &str) -> RuleSource {
    RuleSource::Cidr(text.parse().unwrap())
}

fn peer_group() -> RuleSource {
    RuleSource::Group { id: "sg-peer".to_owned(), owner: Some("1000000000000002".parse().unwrap()) }
}

fn authorize(rules: Vec<SecurityRule>) -> AuthorizeSecurityGroup {
    AuthorizeSecurityGroup { security_group_id: "sg-1".to_owned(), rules, client_token: "t-1".parse().unwrap() }
}

fn revoke(rules: Revoked) -> RevokeSecurityGroup {
    RevokeSecurityGroup { security_group_id: "sg-1".to_owned(), rules, client_token: "t-1".parse().unwrap() }
}

#[tokio::test]
async fn rules_are_added_by_range_and_by_group_with_the_network_named() {
    let cloud = Cloud::new().says(200, DONE);
    let web = SecurityRule {
        policy: Policy::Drop,
        priority: 100,
        description: Some("web of Beijing".to_owned()),
        ..SecurityRule::accept(IpProtocol::Tcp, PortRange::Ports(80, 443), range("172.16.0.0/16"))
    };
    let request = authorize(vec![web, ping_from(peer_group()), ping_from(range("fd00::/8"))]);
    ecs(&cloud).authorize_security_group(&request).await.unwrap();
    assert_asked(
        &cloud.only(),
        "AuthorizeSecurityGroup",
        &[
            ("SecurityGroupId", "sg-1"),
            ("ClientToken", "t-1"),
            ("Permissions.1.IpProtocol", "TCP"),
            ("Permissions.1.PortRange", "80/443"),
            ("Permissions.1.Policy", "drop"),
            ("Permissions.1.Priority", "100"),
            ("Permissions.1.NicType", "intranet"),
            ("Permissions.1.Description", "web of Beijing"),
            ("Permissions.1.SourceCidrIp", "172.16.0.0/16"),
            ("Permissions.2.IpProtocol", "ICMP"),
            ("Permissions.2.PortRange", "-1/-1"),
            ("Permissions.2.Policy", "accept"),
            ("Permissions.2.Priority", "1"),
            ("Permissions.2.NicType", "intranet"),
            ("Permissions.2.SourceGroupId", "sg-peer"),
            ("Permissions.2.SourceGroupOwnerId", "1000000000000002"),
            ("Permissions.3.IpProtocol", "ICMP"),
            ("Permissions.3.PortRange", "-1/-1"),
            ("Permissions.3.Policy", "accept"),
            ("Permissions.3.Priority", "1"),
            ("Permissions.3.NicType", "intranet"),
            ("Permissions.3.Ipv6SourceCidrIp", "fd00::/8"),
        ],
    );
}

#[tokio::test]
async fn a_group_that_the_cloud_does_not_take_as_source_is_ruled_out_with_either_status() {
    for status in [400, 403] {
        let cloud = Cloud::new().says(status, &refusal("InvalidSourceGroupId.Mismatch"));
        let request = authorize(vec![ping_from(peer_group())]);
        let error = ecs(&cloud).authorize_security_group(&request).await.unwrap_err();
        assert_eq!(error.kind(), Kind::RuledOut);
        assert!(error.advice().contains("address range"), "{}", error.advice());
    }
}

#[tokio::test]
async fn rules_are_removed_by_id_or_by_content() {
    let cloud = Cloud::new().says(200, DONE).says(200, DONE).says(400, &refusal("InvalidParam.SecurityGroupRuleId"));
    let ecs = ecs(&cloud);
    let by_id = revoke(Revoked::ById(vec!["sgr-1".to_owned(), "sgr-2".to_owned()]));
    ecs.revoke_security_group(&by_id).await.unwrap();
    ecs.revoke_security_group(&revoke(Revoked::ByContent(vec![ping_from(range("10.0.0.0/8"))]))).await.unwrap();
    assert_eq!(ecs.revoke_security_group(&by_id).await.unwrap_err().kind(), Kind::Gone);

    let [by_id, by_content, _] = &cloud.seen()[..] else { panic!("three requests") };
    let common = [("SecurityGroupId", "sg-1"), ("ClientToken", "t-1")];
    let ids = [("SecurityGroupRuleId.1", "sgr-1"), ("SecurityGroupRuleId.2", "sgr-2")];
    assert_asked(by_id, "RevokeSecurityGroup", &[common, ids].concat());
    let content = [
        ("Permissions.1.IpProtocol", "ICMP"),
        ("Permissions.1.PortRange", "-1/-1"),
        ("Permissions.1.Policy", "accept"),
        ("Permissions.1.Priority", "1"),
        ("Permissions.1.NicType", "intranet"),
        ("Permissions.1.SourceCidrIp", "10.0.0.0/8"),
    ];
    assert_asked(by_content, "RevokeSecurityGroup", &[&common[..], &content].concat());
}

#[tokio::test]
async fn no_rules_and_too_many_are_refused_before_sending() {
    let cloud = Cloud::new();
    let ecs = ecs(&cloud);
    for count in [0, 101] {
        let rules = vec![ping_from(range("10.0.0.0/8")); count];
        assert_eq!(ecs.authorize_security_group(&authorize(rules.clone())).await.unwrap_err().kind(), Kind::Refused);
        for rules in [Revoked::ByContent(rules), Revoked::ById(vec!["sgr-1".to_owned(); count])] {
            assert_eq!(ecs.revoke_security_group(&revoke(rules)).await.unwrap_err().kind(), Kind::Refused);
        }
    }
    assert!(cloud.seen().is_empty());
}

fn rules_page(permission: &str, token: &str) -> String {
    format!(
        r#"{{"RequestId":"R","RegionId":"eu-central-1","SecurityGroupId":"sg-1","SecurityGroupName":"web","VpcId":"vpc-1",
            "InnerAccessPolicy":"Accept","NextToken":"{token}","Permissions":{{"Permission":[{permission}]}}}}"#
    )
}

const BY_RANGE: &str = r#"{"SecurityGroupRuleId":"sgr-1","Direction":"ingress","IpProtocol":"ICMP","PortRange":"-1/-1",
    "SourcePortRange":"","Policy":"Accept","Priority":"1","NicType":"intranet","SourceCidrIp":"172.16.0.0/16",
    "Ipv6SourceCidrIp":"","SourceGroupId":"","SourceGroupOwnerAccount":"","SourcePrefixListId":"","DestCidrIp":"",
    "Description":"causeway","CreateTime":"2026-01-02T03:04:05Z"}"#;

const BY_GROUP: &str = r#"{"SecurityGroupRuleId":"sgr-2","Direction":"ingress","IpProtocol":"Icmp","PortRange":"-1/-1",
    "Policy":"accept","Priority":1,"NicType":"intranet","SourceGroupId":"sg-peer",
    "SourceGroupOwnerAccount":1000000000000002}"#;

#[tokio::test]
async fn a_group_is_read_with_the_rules_of_all_pages() {
    let cloud = Cloud::new().says(200, &rules_page(BY_RANGE, "n1")).says(200, &rules_page(BY_GROUP, ""));
    let group = ecs(&cloud).describe_security_group_attribute("sg-1", Some(&Direction::Ingress)).await.unwrap();
    assert_eq!((group.security_group_id.as_str(), group.vpc_id.as_deref()), ("sg-1", Some("vpc-1")));
    let [by_range, by_group] = &group.permissions[..] else { panic!("two rules: {group:?}") };
    assert_eq!(by_range.security_group_rule_id.as_deref(), Some("sgr-1"));
    assert_eq!(by_range.description.as_deref(), Some("causeway"));
    assert_eq!((by_range.priority, by_range.policy.clone()), (Some(1), Some(Policy::Accept)));
    assert_eq!(by_range.create_time, Some("2026-01-02T03:04:05Z".parse().unwrap()));
    assert_eq!(by_group.source_group_owner_account.as_deref(), Some("1000000000000002"));

    let [first, second] = &cloud.seen()[..] else { panic!("two pages") };
    let asked = [("SecurityGroupId", "sg-1"), ("Direction", "ingress"), ("MaxResults", "1000")];
    assert_asked(first, "DescribeSecurityGroupAttribute", &asked);
    assert_eq!(second.parameter("NextToken").as_deref(), Some("n1"));
}

#[tokio::test]
async fn a_rule_that_is_there_is_known_again_and_another_is_not() {
    let both = format!("{BY_RANGE},{BY_GROUP}");
    let cloud = Cloud::new().says(200, &rules_page(&both, ""));
    let group = ecs(&cloud).describe_security_group_attribute("sg-1", None).await.unwrap();
    assert_eq!(cloud.only().parameter("Direction").as_deref(), Some("all"));
    let known = |rule: &SecurityRule| group.permissions.iter().position(|permission| rule.is(permission));

    let by_range = ping_from(range("172.16.0.0/16"));
    assert_eq!(known(&by_range), Some(0));
    assert_eq!(known(&ping_from(range("172.16.9.9/16"))), Some(0), "the bits of a host do not count");
    assert_eq!(known(&ping_from(peer_group())), Some(1));

    let others = [
        ping_from(range("172.16.0.0/17")),
        SecurityRule { protocol: IpProtocol::Tcp, ..by_range.clone() },
        SecurityRule { ports: PortRange::Ports(1, 2), ..by_range.clone() },
        SecurityRule { policy: Policy::Drop, ..by_range.clone() },
        SecurityRule { priority: 2, ..by_range },
        ping_from(RuleSource::Group { id: "sg-other".to_owned(), owner: None }),
        ping_from(RuleSource::Group { id: "sg-peer".to_owned(), owner: Some("1000000000000003".parse().unwrap()) }),
    ];
    for other in &others {
        assert_eq!(known(other), None, "{other:?}");
    }
}

#[tokio::test]
async fn an_outgoing_rule_is_never_taken_for_an_incoming_one() {
    let outgoing = BY_RANGE.replace("ingress", "egress");
    let cloud = Cloud::new().says(200, &rules_page(&outgoing, ""));
    let group = ecs(&cloud).describe_security_group_attribute("sg-1", None).await.unwrap();
    assert!(!ping_from(range("172.16.0.0/16")).is(&group.permissions[0]));
}

#[tokio::test]
async fn groups_are_listed_by_id_and_a_missing_one_is_none() {
    let body = r#"{"RequestId":"R","TotalCount":1,"NextToken":"","SecurityGroups":{"SecurityGroup":[{"SecurityGroupId":"sg-1",
        "VpcId":"vpc-1","SecurityGroupName":"web","SecurityGroupType":"enterprise","ServiceManaged":"false","Tags":{"Tag":[]}}]}}"#;
    let cloud = Cloud::new().says(200, body).says(200, body);
    let ecs = ecs(&cloud);
    let group = ecs.security_group("sg-1").await.unwrap().unwrap();
    assert_eq!((group.group_type, group.service_managed), (Some(GroupType::Enterprise), Some(false)));
    assert_eq!(ecs.security_group("sg-2").await.unwrap(), None);
    let asked = [("SecurityGroupIds", r#"["sg-1"]"#), ("MaxResults", "100")];
    assert_asked(&cloud.seen()[0], "DescribeSecurityGroups", &asked);
}

#[test]
fn ports_read_back_as_they_were_written() {
    for (text, ports) in [
        ("-1/-1", PortRange::All),
        ("80/443", PortRange::Ports(80, 443)),
        ("80", PortRange::Unknown("80".to_owned())),
        ("1/99999", PortRange::Unknown("1/99999".to_owned())),
    ] {
        assert_eq!(PortRange::from(text), ports);
        assert_eq!(ports.to_string(), text);
    }
}
