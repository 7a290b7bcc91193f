use super::*;

const HALF: &str = r#"{"vpcPeering":{"vpcPeeringId":"vpcpr-0123456789","vpcPeeringName":"peeringAtoB",
    "vpcPeeringState":"Initiated","description":"","vpcInfo":{"vpcId":"vpc-aaaaaaaaaa","vpcName":"a",
    "addressPrefix":["10.0.0.0/16","2402:db40:5100:100::/56"]},"remoteVpcInfo":{"vpcId":"vpc-bbbbbbbbbb",
    "vpcName":null,"addressPrefix":["172.16.0.0/16"]},"createdTime":"2026-01-02T03:04:05Z","tags":null}}"#;

#[tokio::test]
async fn a_half_is_made_with_nothing_in_the_body_that_was_not_said() {
    let cloud = Cloud::new().gives(HALF);
    let request = CreateVpcPeering {
        name: "peeringAtoB".into(),
        vpc_id: "vpc-aaaaaaaaaa".into(),
        remote_vpc_id: "vpc-bbbbbbbbbb".into(),
        description: None,
    };
    let made = cloud.vpc().create_vpc_peering(&request).await.unwrap();
    assert_eq!((made.vpc_peering_id.as_str(), made.state), ("vpcpr-0123456789", PeeringState::Initiated));
    assert_eq!(made.own.address_prefixes.len(), 2);
    assert_eq!((made.remote.name, made.description), (None, None));
    let seen = cloud.only();
    assert_eq!(seen.line(), "POST /vpcPeerings/");
    assert_eq!(
        seen.json(),
        json!({"vpcPeeringName": "peeringAtoB", "vpcId": "vpc-aaaaaaaaaa", "remoteVpcId": "vpc-bbbbbbbbbb"})
    );
}

#[tokio::test]
async fn halves_are_found_by_their_pair() {
    let cloud = Cloud::new().gives(r#"{"vpcPeerings":[],"totalCount":0}"#);
    let request =
        DescribeVpcPeerings { vpc_id: Some("vpc-a".into()), remote_vpc_id: Some("vpc-b".into()), ..Default::default() };
    assert!(cloud.vpc().all_vpc_peerings(&request).await.unwrap().is_empty());
    assert_eq!(
        cloud.only().query(),
        "filters.1.name=vpcId&filters.1.values.1=vpc-a&filters.2.name=remoteVpcId&filters.2.values.1=vpc-b\
         &pageNumber=1&pageSize=100"
    );
}

#[tokio::test]
async fn a_state_of_later_days_is_kept_and_a_half_that_is_gone_is_gone() {
    let cloud = Cloud::new().gives(&HALF.replace("Initiated", "Rejected")).refuses(404, "NOT_FOUND");
    let vpc = cloud.vpc();
    let half = vpc.describe_vpc_peering("vpcpr-0123456789").await.unwrap();
    assert_eq!(half.state, PeeringState::Unknown("Rejected".into()));
    assert_eq!(vpc.delete_vpc_peering("vpcpr-0123456789").await.unwrap_err().kind(), Kind::Gone);
}
