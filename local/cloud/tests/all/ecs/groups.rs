//! Security groups.

use causeway_local::ecs::{GroupReferences, Settings};

use super::*;
use crate::testing::refused;

async fn make(client: &Client, kind: &str) -> String {
    let vpc = client.vpc(HERE).vpc_id;
    let params = [("VpcId", vpc.as_str()), ("SecurityGroupName", "made"), ("SecurityGroupType", kind)];
    let answer = client.ecs(HERE, "CreateSecurityGroup", &params).await.unwrap();
    answer["SecurityGroupId"].as_str().unwrap().to_owned()
}

const ICMP: [(&str, &str); 3] = [("IpProtocol", "icmp"), ("PortRange", "-1/-1"), ("NicType", "intranet")];

async fn authorize(client: &Client, group: &str, more: &[(&str, &str)]) -> Result<Value, Refusal> {
    let params: Vec<_> = [("SecurityGroupId", group)].into_iter().chain(more.iter().copied()).collect();
    client.ecs(HERE, "AuthorizeSecurityGroup", &params).await
}

fn with<'a>(base: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = base.iter().filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    kept.chain(more).copied().collect()
}

#[tokio::test(start_paused = true)]
async fn a_rule_given_twice_is_one_rule_in_either_form_and_is_taken_away_by_what_it_says() {
    let a = Client::new(&cloud(), "a");
    let group = make(&a, "normal").await;
    let flat = with(&ICMP, &[("SourceCidrIp", "172.16.0.0/16"), ("Description", "for the test")]);
    authorize(&a, &group, &flat).await.unwrap();
    let listed: Vec<(String, &str)> =
        flat.iter().map(|(name, value)| (format!("Permissions.1.{name}"), *value)).collect();
    let listed: Vec<(&str, &str)> = listed.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    authorize(&a, &group, &with(&listed, &[("Permissions.1.IpProtocol", "ICMP")])).await.unwrap();
    let rules = a.rules(HERE, &group).await;
    assert_eq!(rules.len(), 1);
    for (field, value) in [
        ("Direction", "ingress"),
        ("IpProtocol", "ICMP"),
        ("PortRange", "-1/-1"),
        ("SourceCidrIp", "172.16.0.0/16"),
        ("Policy", "Accept"),
        ("Priority", "1"),
        ("NicType", "intranet"),
        ("Description", "for the test"),
    ] {
        assert_eq!(rules[0][field], value, "{field}");
    }
    let revoke = with(&ICMP, &[("SecurityGroupId", &group), ("SourceCidrIp", "172.16.0.0/16")]);
    for _ in 0..2 {
        a.ecs(HERE, "RevokeSecurityGroup", &revoke).await.unwrap();
        assert!(a.rules(HERE, &group).await.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn members_of_a_basic_group_reach_each_other_unless_its_policy_keeps_them_apart() {
    let a = Client::new(&cloud(), "a");
    let group = make(&a, "normal").await;
    let set = async |group: &str, word: &str| {
        let params = [("SecurityGroupId", group), ("InnerAccessPolicy", word)];
        a.ecs(HERE, "ModifySecurityGroupPolicy", &params).await.map(drop)
    };
    let told = async || {
        let shown = a.ecs(HERE, "DescribeSecurityGroupAttribute", &[("SecurityGroupId", &group)]).await.unwrap();
        shown["InnerAccessPolicy"].as_str().unwrap().to_owned()
    };
    assert_eq!(told().await, "Accept");
    set(&group, "Drop").await.unwrap();
    assert_eq!(told().await, "Drop");
    set(&group, "accept").await.unwrap();
    assert_eq!(told().await, "Accept");
    assert_eq!(set(&group, "maybe").await, refused(400, "InvalidPolicy.Malformed"));
    assert_eq!(set("sg-none", "drop").await, refused(404, "InvalidSecurityGroupId.NotFound"));
    let advanced = make(&a, "enterprise").await;
    assert_eq!(set(&advanced, "accept").await, refused(400, "InvalidParameter"));
}

#[tokio::test(start_paused = true)]
async fn the_groups_whose_rules_name_a_group_are_told() {
    let a = Client::new(&cloud(), "a");
    let (named, naming) = (make(&a, "normal").await, make(&a, "normal").await);
    let told = async || {
        let shown = a.ecs(HERE, "DescribeSecurityGroupReferences", &[("SecurityGroupId.1", &named)]).await.unwrap();
        shown["SecurityGroupReferences"]["SecurityGroupReference"].clone()
    };
    assert_eq!(told().await, serde_json::json!([]));
    authorize(&a, &naming, &with(&ICMP, &[("SourceGroupId", &named)])).await.unwrap();
    let found = told().await;
    assert_eq!(found[0]["SecurityGroupId"], named.as_str());
    let one = &found[0]["ReferencingSecurityGroups"]["ReferencingSecurityGroup"][0];
    assert_eq!((&one["SecurityGroupId"], &one["AliUid"]), (&naming.as_str().into(), &a.account_id.as_str().into()));
}

#[tokio::test(start_paused = true)]
async fn a_rule_is_taken_away_by_its_id_and_an_unknown_id_is_refused() {
    let a = Client::new(&cloud(), "a");
    let group = make(&a, "normal").await;
    authorize(&a, &group, &with(&ICMP, &[("SourceCidrIp", "10.0.0.0/8")])).await.unwrap();
    authorize(&a, &group, &with(&ICMP, &[("SourceCidrIp", "10.0.0.0/8"), ("Priority", "2")])).await.unwrap();
    let id = a.rules(HERE, &group).await[0]["SecurityGroupRuleId"].as_str().unwrap().to_owned();
    let by_id = [("SecurityGroupId", group.as_str()), ("SecurityGroupRuleId.1", &id)];
    a.ecs(HERE, "RevokeSecurityGroup", &by_id).await.unwrap();
    assert_eq!(a.rules(HERE, &group).await.len(), 1, "the one of another priority stays");
    let again = a.ecs(HERE, "RevokeSecurityGroup", &by_id).await;
    assert_eq!(again, refused(400, "InvalidParam.SecurityGroupRuleId"));
    let both = with(&ICMP, &by_id);
    assert_eq!(a.ecs(HERE, "RevokeSecurityGroup", &both).await, refused(400, "InvalidParameter"));
}

#[tokio::test(start_paused = true)]
async fn a_rule_that_says_something_impossible_is_refused_with_its_own_code() {
    let a = Client::new(&cloud(), "a");
    let group = make(&a, "normal").await;
    let source = ("SourceCidrIp", "10.0.0.0/8");
    for (more, status, code) in [
        (vec![source, ("IpProtocol", "sctp")], 400, "InvalidIpProtocol.ValueNotSupported"),
        (vec![source, ("IpProtocol", "")], 403, "MissingParameter"),
        (vec![source, ("PortRange", "")], 403, "MissingParameter"),
        (vec![source, ("PortRange", "1/2")], 400, "OperationDenied"),
        (vec![source, ("IpProtocol", "tcp")], 400, "OperationDenied"),
        (vec![source, ("IpProtocol", "tcp"), ("PortRange", "9/2")], 400, "InvalidParam.PortRange"),
        (vec![source, ("IpProtocol", "tcp"), ("PortRange", "80")], 400, "InvalidParam.PortRange"),
        (vec![source, ("Policy", "maybe")], 400, "InvalidPolicy.Malformed"),
        (vec![source, ("Priority", "high")], 400, "InvalidPriority.Malformed"),
        (vec![source, ("Priority", "101")], 400, "InvalidPriority.ValueNotSupported"),
        (vec![source, ("NicType", "both")], 400, "InvalidNicType.ValueNotSupported"),
        (vec![source, ("NicType", "internet")], 400, "InvalidNicType.Mismatch"),
        (vec![("SourceCidrIp", "10.0.0.1/8")], 400, "InvalidSourceCidrIp.Malformed"),
        (vec![], 400, "MissingParameter.Source"),
        (vec![("SourceGroupId", "sg-none")], 404, "InvalidSourceGroupId.NotFound"),
        (vec![("SourceGroupId", &group)], 403, "InvalidParamter.Conflict"),
        (vec![("SourceGroupId", "sg-none"), ("NicType", "")], 403, "InvalidSourceGroupId.Mismatch"),
        (vec![source, ("Description", "https://x")], 400, "InvalidSecurityGroupDiscription.Malformed"),
        (vec![source, ("Permissions.1.IpProtocol", "icmp")], 400, "InvalidParameter"),
    ] {
        assert_eq!(authorize(&a, &group, &with(&ICMP, &more)).await, refused(status, code), "{more:?}");
    }
    assert_eq!(authorize(&a, "sg-none", &ICMP).await, refused(404, "InvalidSecurityGroupId.NotFound"));
    assert!(a.rules(HERE, &group).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_group_of_another_account_is_named_in_the_same_region_only_and_by_a_basic_group() {
    let cloud = cloud();
    let (a, b) = (Client::new(&cloud, "a"), Client::new(&cloud, "b"));
    let (group, advanced) = (make(&a, "normal").await, make(&a, "enterprise").await);
    let (near, _) = b.seeded(HERE);
    let (far, _) = b.seeded(THERE);
    let owner = ("SourceGroupOwnerId", b.account_id.as_str());
    let by = |source| with(&ICMP, &[("SourceGroupId", source), owner]);
    authorize(&a, &group, &by(&near)).await.unwrap();
    let rule = a.rules(HERE, &group).await.remove(0);
    assert_eq!((&rule["SourceGroupId"], &rule["SourceGroupOwnerAccount"]), (&near.clone().into(), &owner.1.into()));
    assert_eq!(authorize(&a, &group, &by(&far)).await, refused(404, "InvalidSourceGroupId.NotFound"));
    let not_mine = with(&ICMP, &[("SourceGroupId", near.as_str())]);
    assert_eq!(authorize(&a, &group, &not_mine).await, refused(404, "InvalidSourceGroupId.NotFound"));
    assert_eq!(authorize(&a, &advanced, &by(&near)).await, refused(400, "InvalidNetworkType.Conflict"));
    let both = with(&by(&near), &[("SourceCidrIp", "10.0.0.0/8")]);
    authorize(&a, &advanced, &both).await.expect("a range counts before a group");

    cloud.ecs().set_settings(Settings { group_references: GroupReferences::SameVpc, ..Settings::default() });
    let priority = with(&by(&near), &[("Priority", "9")]);
    assert_eq!(authorize(&a, &group, &priority).await, refused(400, "InvalidSourceGroupId.Mismatch"));
}

#[tokio::test(start_paused = true)]
async fn all_rules_of_a_call_are_made_or_none_and_there_is_a_limit() {
    let cloud = cloud();
    let a = Client::new(&cloud, "a");
    let group = make(&a, "normal").await;
    let many = async |count: usize| {
        let names: Vec<(String, String)> = (1..=count)
            .flat_map(|n| {
                let field = move |name: &str| format!("Permissions.{n}.{name}");
                [
                    (field("IpProtocol"), "tcp".to_owned()),
                    (field("PortRange"), format!("{n}/{n}")),
                    (field("SourceCidrIp"), "10.0.0.0/8".to_owned()),
                ]
            })
            .collect();
        let params: Vec<(&str, &str)> = names.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        authorize(&a, &group, &params).await
    };
    assert_eq!(many(101).await, refused(400, "InvalidParameter"));
    cloud.ecs().set_settings(Settings { rules_per_group: 20, ..Settings::default() });
    assert_eq!(many(21).await, refused(403, "AuthorizationLimitExceed"));
    assert!(a.rules(HERE, &group).await.is_empty());
    many(20).await.unwrap();

    let page = [("SecurityGroupId", group.as_str()), ("MaxResults", "12")];
    let first = a.ecs(HERE, "DescribeSecurityGroupAttribute", &page).await.unwrap();
    let next = first["NextToken"].as_str().unwrap();
    let second = a.ecs(HERE, "DescribeSecurityGroupAttribute", &with(&page, &[("NextToken", next)])).await.unwrap();
    let count = |answer: &Value| answer["Permissions"]["Permission"].as_array().unwrap().len();
    assert_eq!((count(&first), count(&second), &second["NextToken"]), (12, 8, &"".into()));
    let egress = [("SecurityGroupId", group.as_str()), ("Direction", "egress")];
    assert_eq!(count(&a.ecs(HERE, "DescribeSecurityGroupAttribute", &egress).await.unwrap()), 0);
}

#[tokio::test(start_paused = true)]
async fn a_group_in_use_is_not_deleted() {
    let cloud = cloud();
    let (a, b) = (Client::new(&cloud, "a"), Client::new(&cloud, "b"));
    let (seeded, _) = a.seeded(HERE);
    let delete =
        async |client: &Client, id: &str| client.ecs(HERE, "DeleteSecurityGroup", &[("SecurityGroupId", id)]).await;
    assert_eq!(delete(&a, &seeded).await, refused(403, "DependencyViolation"), "an instance is in it");
    let group = make(&a, "normal").await;
    let (other, _) = b.seeded(HERE);
    let rule =
        with(&ICMP, &[("SecurityGroupId", &other), ("SourceGroupId", &group), ("SourceGroupOwnerId", &a.account_id)]);
    b.ecs(HERE, "AuthorizeSecurityGroup", &rule).await.unwrap();
    assert_eq!(delete(&a, &group).await, refused(403, "DependencyViolation"), "another group names it");
    assert_eq!(delete(&b, &group).await, refused(404, "InvalidSecurityGroupId.NotFound"));
    b.ecs(HERE, "RevokeSecurityGroup", &rule).await.unwrap();
    delete(&a, &group).await.unwrap();
    let left = a.ecs(HERE, "DescribeSecurityGroups", &[("SecurityGroupName", "made")]).await.unwrap();
    assert_eq!(left["TotalCount"], 0);
}

#[tokio::test(start_paused = true)]
async fn groups_are_made_in_a_vpc_of_ones_own_and_found_by_it() {
    let a = Client::new(&cloud(), "a");
    let group = make(&a, "enterprise").await;
    let vpc = a.vpc(HERE).vpc_id;
    let found = a.ecs(HERE, "DescribeSecurityGroups", &[("VpcId", &vpc)]).await.unwrap();
    assert_eq!(found["TotalCount"], 2);
    let ids = format!("[\"{group}\"]");
    let found = a.ecs(HERE, "DescribeSecurityGroups", &[("SecurityGroupIds", &ids)]).await.unwrap();
    let found = &found["SecurityGroups"]["SecurityGroup"][0];
    assert_eq!((&found["SecurityGroupType"], &found["EcsCount"]), (&"enterprise".into(), &0.into()));
    let none = a.ecs(HERE, "CreateSecurityGroup", &[("VpcId", "vpc-none")]).await;
    assert_eq!(none, refused(404, "InvalidVpcId.NotFound"));
    let bad = a.ecs(HERE, "CreateSecurityGroup", &[("VpcId", &vpc), ("SecurityGroupName", "1x")]).await;
    assert_eq!(bad, refused(400, "InvalidSecurityGroupName.Malformed"));
    let token = [("VpcId", vpc.as_str()), ("ClientToken", "t-1")];
    let first = a.ecs(HERE, "CreateSecurityGroup", &token).await.unwrap();
    let second = a.ecs(HERE, "CreateSecurityGroup", &token).await.unwrap();
    assert_eq!(first["SecurityGroupId"], second["SecurityGroupId"]);
}

#[tokio::test(start_paused = true)]
async fn rules_for_what_goes_out_are_kept_apart_from_those_for_what_comes_in() {
    let cloud = cloud();
    let a = Client::new(&cloud, "a");
    let (group, _) = a.seeded(HERE);
    let before = a.rules(HERE, &group).await.len();
    let out = [
        ("SecurityGroupId", group.as_str()),
        ("IpProtocol", "icmp"),
        ("PortRange", "-1/-1"),
        ("DestCidrIp", "192.168.1.0/24"),
        ("Policy", "drop"),
    ];
    a.ecs(HERE, "AuthorizeSecurityGroupEgress", &out).await.unwrap();
    let listed = async |direction| {
        let params = [("SecurityGroupId", group.as_str()), ("Direction", direction)];
        let told = a.ecs(HERE, "DescribeSecurityGroupAttribute", &params).await.unwrap();
        told["Permissions"]["Permission"].as_array().unwrap().clone()
    };
    let [rule] = &listed("egress").await[..] else { panic!("one rule") };
    assert_eq!((&rule["Direction"], &rule["DestCidrIp"]), (&"egress".into(), &"192.168.1.0/24".into()));
    assert_eq!(rule["SourceCidrIp"], "");
    assert_eq!(listed("ingress").await.len(), before);
    let by_id =
        [("SecurityGroupId", group.as_str()), ("SecurityGroupRuleId.1", rule["SecurityGroupRuleId"].as_str().unwrap())];
    let wrong = a.ecs(HERE, "RevokeSecurityGroup", &by_id).await;
    assert_eq!(wrong, refused(400, "InvalidParam.SecurityGroupRuleId"), "it is no inbound rule");
    a.ecs(HERE, "RevokeSecurityGroupEgress", &by_id).await.unwrap();
    assert_eq!(listed("egress").await, Vec::<Value>::new());
    for (name, value, status, code) in [
        ("DestCidrIp", "10.0.0.0/33", 400, "InvalidDestCidrIp.Malformed"),
        ("DestCidrIp", "", 400, "MissingParameter.Dest"),
        ("Policy", "maybe", 400, "InvalidPolicy.Malformed"),
    ] {
        let others = out.iter().filter(|(known, _)| *known != name).copied();
        let wish: Vec<_> = others.chain([(name, value)]).collect();
        assert_eq!(a.ecs(HERE, "AuthorizeSecurityGroupEgress", &wish).await, refused(status, code), "{name}={value}");
    }
    let by_group = [
        ("SecurityGroupId", group.as_str()),
        ("IpProtocol", "icmp"),
        ("PortRange", "-1/-1"),
        ("DestGroupId", "sg-none"),
        ("NicType", "intranet"),
    ];
    let absent = a.ecs(HERE, "AuthorizeSecurityGroupEgress", &by_group).await;
    assert_eq!(absent, refused(404, "InvalidDestGroupId.NotFound"));
}
