use super::*;
use crate::scripted::{Cloud, KEY, refusal};
use crate::vpc::DescribeVpcs;
use crate::{Kind, Replaceable};
use cloud_signing::Credentials;
use transport::TransportError;

async fn describe(client: &Client) -> Result<(), Error> {
    client.vpc(&"cn-qingdao".parse().unwrap()).describe_vpcs(&DescribeVpcs::default()).await.map(drop)
}

const NO_VPCS: &str = r#"{"RequestId":"R-0","TotalCount":0,"Vpcs":{"Vpc":[]}}"#;

#[tokio::test]
async fn a_call_is_one_signed_post_with_everything_in_the_query() {
    let cloud = Cloud::new().says(200, NO_VPCS);
    describe(&cloud.client()).await.unwrap();
    let seen = cloud.only();
    assert_eq!(seen.line(), "POST https://vpc.cn-qingdao.aliyuncs.com/");
    assert_eq!(seen.header("x-acs-action"), Some("DescribeVpcs"));
    assert_eq!(seen.header("x-acs-version"), Some("2016-04-28"));
    assert_eq!(seen.header("x-acs-date"), Some("2026-01-02T03:04:05Z"));
    assert_eq!(seen.parameter("RegionId").as_deref(), Some("cn-qingdao"));
    assert!(seen.body.is_empty());
    assert_eq!(seen.header("content-length"), Some("0"));
}

#[tokio::test]
async fn one_failed_call_is_not_repeated() {
    for code in ["Throttling.User", "TaskConflict", "ServiceUnavailable"] {
        let cloud = Cloud::new().says(503, &refusal(code));
        describe(&cloud.client()).await.unwrap_err();
        assert_eq!(cloud.seen().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn every_kind_of_failure_reaches_the_caller_with_code_and_request_id() {
    for (code, status, kind) in [
        ("Throttling", 400, Kind::Throttled),
        ("TaskConflict", 400, Kind::Busy),
        ("RouteConflict.AlreadyExist", 400, Kind::AlreadyThere),
        ("InvalidInstanceId.NotFound", 404, Kind::Gone),
        ("MissingParameter", 400, Kind::Refused),
        ("QuotaExceeded", 400, Kind::Quota),
        ("Forbidden.RAM", 403, Kind::Denied),
        ("InvalidSecurityToken.Expired", 400, Kind::StaleCredentials),
        ("Forbidden.BillsOutstanding", 400, Kind::Commercial),
        ("InternalError", 500, Kind::OutcomeUnknown),
    ] {
        let cloud = Cloud::new().says(status, &refusal(code));
        let error = describe(&cloud.client()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{code}");
        assert_eq!((error.code(), error.request_id()), (Some(code), Some("R-1")));
        assert_eq!(error.region().map(Region::as_str), Some("cn-qingdao"));
        assert_eq!((error.call().product(), error.call()), (Product::Vpc, Call::DescribeVpcs));
        assert!(!error.advice().is_empty());
    }
}

#[tokio::test]
async fn a_request_that_never_left_and_a_lost_answer_are_told_apart() {
    let (host, reason) = ("h".to_owned(), "r".to_owned());
    let cloud = Cloud::new()
        .fails(TransportError::NotSent { host: host.clone(), reason: reason.clone() })
        .fails(TransportError::NoAnswer { host, reason });
    let client = cloud.client();
    assert_eq!(describe(&client).await.unwrap_err().kind(), Kind::NotSent);
    assert_eq!(describe(&client).await.unwrap_err().kind(), Kind::OutcomeUnknown);
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_malformed_and_a_proxys_error_page_is_judged_by_its_status() {
    let cloud = Cloud::new().says(200, "<html>hello</html>").says(502, "<html>Bad Gateway</html>");
    let client = cloud.client();
    assert_eq!(describe(&client).await.unwrap_err().kind(), Kind::Malformed);
    let error = describe(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::OutcomeUnknown, None));
}

#[tokio::test]
async fn an_answer_too_big_to_be_one_is_not_read() {
    let cloud = Cloud::new().says(200, &" ".repeat(cloud_error::ANSWER_LIMIT + 1));
    let error = describe(&cloud.client()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed);
    assert!(error.to_string().contains("too big"), "{error}");
}

#[tokio::test]
async fn a_refusal_that_quotes_secret_and_token_is_cleaned_of_both() {
    let credentials = Credentials::new("STS.9", "of-STS.9").with_security_token("open/ses+ame=");
    let quote = "string to sign: of-STS.9 open/ses+ame= open%2Fses%2Bame%3D";
    let body = format!(r#"{{"Code":"SignatureDoesNotMatch","Message":"{}"}}"#, quote.replace('/', "\\/"));
    let cloud = Cloud::new().says(400, &body);
    let error = describe(&cloud.client_with(Arc::new(credentials))).await.unwrap_err();
    assert_eq!(error.message(), "string to sign: [hidden] [hidden] [hidden]");
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("ses+ame") && !shown.contains("of-STS.9"), "{shown}");
}

#[tokio::test]
async fn replaced_credentials_sign_from_the_next_call_on() {
    let cloud = Cloud::new().says(200, NO_VPCS).says(200, NO_VPCS);
    let credentials = Arc::new(Replaceable::new(Credentials::new(KEY.0, KEY.1)));
    let client = cloud.client_with(Arc::clone(&credentials) as _);
    describe(&client).await.unwrap();
    credentials.replace(Credentials::new("STS.2", "of-STS.2").with_security_token("t-2"));
    describe(&client).await.unwrap();
    let tokens: Vec<_> =
        cloud.seen().iter().map(|seen| seen.header("x-acs-security-token").map(str::to_owned)).collect();
    assert_eq!(tokens, [None, Some("t-2".to_owned())]);
}
