use super::*;
use crate::scripted::{Cloud, KEY, refusal};
use crate::{Call, Kind};
use transport::TransportError;

async fn describe(cloud: &Arc<Cloud>) -> Result<(), Error> {
    cloud.vpc().describe_vpc("vpc-1").await.map(drop)
}

#[tokio::test]
async fn a_call_is_one_signed_request_below_its_region() {
    let cloud = Cloud::new().gives(r#"{"vpc":{"vpcId":"vpc-1"}}"#);
    describe(&cloud).await.unwrap();
    let seen = cloud.only();
    assert_eq!(seen.parts.uri.host(), Some("vpc.jdcloud-api.com"));
    assert_eq!(seen.line(), "GET /vpcs/vpc-1");
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("x-jdcloud-date"), Some("20260102T030405Z"));
    let nonce = uuid::Uuid::parse_str(seen.header("x-jdcloud-nonce").unwrap()).unwrap();
    assert_eq!(nonce.get_version_num(), 4);
    assert!(seen.body.is_empty());
}

#[tokio::test]
async fn either_variant_signs() {
    for (variant, name) in [(Variant::Jdcloud2, "JDCLOUD2-HMAC-SHA256"), (Variant::Jdcloud3, "JDCLOUD3-HMAC-SHA256")] {
        let cloud = Cloud::new().gives(r#"{"vpc":{"vpcId":"vpc-1"}}"#);
        let vpc = cloud.client().signing_by(variant).vpc(&"cn-north-1".parse().unwrap());
        vpc.describe_vpc("vpc-1").await.unwrap();
        assert!(cloud.only().header("authorization").unwrap().starts_with(name));
    }
}

#[tokio::test]
async fn an_id_stays_one_part_of_the_path_and_an_empty_one_is_not_sent() {
    let cloud = Cloud::new().gives("null");
    cloud.vpc().delete_vpc_peering("a/b:c?d").await.unwrap();
    assert_eq!(cloud.only().line(), "DELETE /vpcPeerings/a%2Fb%3Ac%3Fd");
    let error = cloud.vpc().delete_vpc_peering("").await.unwrap_err();
    assert_eq!((error.kind(), cloud.seen().len()), (Kind::Refused, 1));
}

#[tokio::test]
async fn every_kind_of_failure_reaches_the_caller_with_code_and_request_id_after_one_try() {
    for (status, word, kind) in [
        (429, "RATE_LIMIT", Kind::Throttled),
        (409, "ABORTED", Kind::Busy),
        (404, "NOT_FOUND", Kind::Gone),
        (400, "INVALID_ARGUMENT", Kind::Refused),
        (429, "QUOTA_EXCEEDED", Kind::Quota),
        (401, "ACCESS_ERROR", Kind::Denied),
        (500, "INTERNAL", Kind::OutcomeUnknown),
    ] {
        let cloud = Cloud::new().refuses(status, word);
        let error = describe(&cloud).await.unwrap_err();
        assert_eq!((error.kind(), error.code(), error.request_id()), (kind, Some(word), Some("r-1")));
        assert_eq!((error.call(), error.region().map(Region::as_str)), (Call::DescribeVpc, Some("cn-north-1")));
        assert_eq!(error.status().unwrap().as_u16(), status);
        assert!(!error.advice().is_empty());
        assert_eq!(
            error.to_string(),
            format!(
                "jdcloud vpc describeVpc in cn-north-1 failed with {word} (HTTP {status}): the cloud's words [request r-1]"
            )
        );
    }
}

#[tokio::test]
async fn a_refusal_behind_a_status_of_success_is_a_refusal() {
    let cloud = Cloud::new().says(200, &refusal(404, "NOT_FOUND"));
    assert_eq!(describe(&cloud).await.unwrap_err().kind(), Kind::Gone);
}

#[tokio::test]
async fn a_request_that_never_left_and_a_lost_answer_are_told_apart() {
    let (host, reason) = ("h".to_owned(), "r".to_owned());
    let lost = TransportError::NoAnswer { host: host.clone(), reason: reason.clone() };
    let cloud = Cloud::new().fails(TransportError::NotSent { host, reason }).fails(lost.clone()).fails(lost);
    assert_eq!(describe(&cloud).await.unwrap_err().kind(), Kind::NotSent);
    let read = describe(&cloud).await.unwrap_err();
    let write = cloud.vpc().delete_vpc_peering("vpcpr-1").await.unwrap_err();
    assert_eq!((read.kind(), write.kind()), (Kind::OutcomeUnknown, Kind::OutcomeUnknown));
    assert!(read.may_repeat() && !write.may_repeat());
}

#[tokio::test]
async fn an_answer_that_is_no_answer_is_malformed_and_a_proxys_error_page_is_judged_by_its_status() {
    let cloud = Cloud::new().says(200, "<html>hello</html>").gives("null").says(502, "<html>Bad Gateway</html>");
    assert_eq!(describe(&cloud).await.unwrap_err().kind(), Kind::Malformed);
    assert_eq!(describe(&cloud).await.unwrap_err().kind(), Kind::Malformed, "the VPC is missing");
    assert_eq!(describe(&cloud).await.unwrap_err().kind(), Kind::OutcomeUnknown);
}

#[tokio::test]
async fn a_secret_that_the_cloud_quotes_does_not_reach_the_error() {
    let body = refusal(401, "ACCESS_ERROR").replace("the cloud's words", &format!("you signed with {}", KEY.1));
    let cloud = Cloud::new().says(401, &body);
    let error = describe(&cloud).await.unwrap_err();
    assert!(error.message().contains("[hidden]"), "{error}");
    assert!(!format!("{error} {error:?} {:?}", cloud.client()).contains(KEY.1));
}

#[tokio::test]
async fn a_long_message_is_cut_at_a_character() {
    let cloud =
        Cloud::new().says(400, &refusal(400, "INVALID_ARGUMENT").replace("the cloud's words", &"é".repeat(9000)));
    assert!(describe(&cloud).await.unwrap_err().message().len() < 1000);
}
