//! Requests byte by byte, and the codes of docs/reference/deploy-apis.md, section 3.

use super::*;
use crate::scripted::{Cloud, in_turn, refusal};

fn token() -> ClientToken {
    "token-1".parse().unwrap()
}

#[tokio::test]
async fn event_bridge_is_ordered_on_the_site_that_the_account_belongs_to() {
    let done = r#"{"Code":"Success","Success":true,"Data":{"OrderId":"1"},"RequestId":"R"}"#;
    let cloud = Cloud::answering(in_turn(&[(200, done), (400, &refusal("NotApplicable")), (200, done)]));
    assert_eq!(cloud.client().open_event_bridge(&token()).await.unwrap(), (Made::Now, Site::Mainland));
    assert_eq!(cloud.client().open_event_bridge(&token()).await.unwrap(), (Made::Now, Site::International));
    let seen = cloud.seen();
    let form = |product: &str| {
        format!("ClientToken=token-1&ProductCode=eventbridge&ProductType={product}&SubscriptionType=PayAsYouGo")
    };
    seen[0].assert_form("business.aliyuncs.com", "CreateInstance", "2017-12-14", &form("eventbridge_post_public_cn"));
    let abroad = "business.ap-southeast-1.aliyuncs.com";
    seen[2].assert_form(abroad, "CreateInstance", "2017-12-14", &form("eventbridge_post_public_intl"));
}

#[tokio::test]
async fn what_is_open_already_is_no_error_however_that_is_said() {
    for (status, body) in [
        (400, refusal("ORDER.OPEND")),
        (200, r#"{"Code":"ORDER.OPEND","Success":false,"Message":"m"}"#.to_owned()),
        (200, r#"{"Code":"ORDER.OPEND"}"#.to_owned()),
    ] {
        let opened = Cloud::saying(status, &body).client().open_event_bridge(&token()).await.unwrap();
        assert_eq!(opened, (Made::Before, Site::Mainland));
    }
    for code in [
        "ORDER.OPEND",
        "CURRENT_ORDER_QUANTITY_EXCEED",
        "FC_INTL_ALREADY_OPENED",
        "SYSTEM.SALE_VALIDATE_NO_SPECIFIC_CODE_FAILED",
    ] {
        assert_eq!(Cloud::saying(400, &refusal(code)).client().open_fc().await.unwrap(), Made::Before, "{code}");
    }
    for code in ["ORDER.OPEND", "SYSTEM.SALE_VALIDATE_NO_SPECIFIC_CODE_FAILEDError"] {
        assert_eq!(Cloud::saying(400, &refusal(code)).client().open_oss().await.unwrap(), Made::Before, "{code}");
    }
}

#[tokio::test]
async fn an_order_that_is_refused_says_so_with_http_200_too() {
    let body = r#"{"Code":"InvalidAccountStatus.NotEnoughBalance","Success":false,"Message":"m","RequestId":"R-4"}"#;
    let error = Cloud::saying(200, body).client().open_event_bridge(&token()).await.unwrap_err();
    assert_eq!((error.kind(), error.request_id()), (Kind::Commercial, Some("R-4")));
    let denied = Cloud::saying(403, &refusal("NoPermission")).client().open_oss().await.unwrap_err();
    assert_eq!(denied.kind(), Kind::Denied);
}

#[tokio::test]
async fn each_product_is_opened_by_its_own_request() {
    let cloud = Cloud::answering(in_turn(&[
        (200, r#"{"RequestId":"R","OrderId":"1"}"#),
        (200, r#"{"RequestId":"R","OrderId":"1"}"#),
        (200, "<OpenService><OrderId>1</OrderId></OpenService>"),
        (403, "<Error><Code>Forbidden.Opened</Code><Message>m</Message></Error>"),
    ]));
    let client = cloud.client();
    assert_eq!(client.open_fc().await.unwrap(), Made::Now);
    assert_eq!(client.open_oss().await.unwrap(), Made::Now);
    let (account, region) = ("1000000000000003".parse().unwrap(), "cn-hangzhou".parse().unwrap());
    assert_eq!(client.open_mns(&account, &region).await.unwrap(), Made::Now);
    assert_eq!(client.open_mns(&account, &region).await.unwrap(), Made::Before);
    let seen = cloud.seen();
    assert_eq!(seen[0].line(), "POST https://fc-open.cn-hangzhou.aliyuncs.com/service/open");
    assert_eq!(
        (seen[0].header("x-acs-action"), seen[0].header("x-acs-version")),
        (Some("OpenFcService"), Some("2020-03-10"))
    );
    seen[1].assert_form("oss-admin.aliyuncs.com", "OpenOssService", "2019-04-22", "");
    assert_eq!(seen[2].line(), "POST https://1000000000000003.mns.cn-hangzhou.aliyuncs.com/commonbuy/openservice");
    assert!(seen[2].header("authorization").unwrap().starts_with("MNS id-1:"));
    assert_eq!(seen[2].header("content-length"), Some("0"));
}

#[tokio::test]
async fn private_link_and_queues_are_reached_with_the_same_key_and_gateway() {
    let cloud = Cloud::answering(in_turn(&[
        (200, r#"{"RequestId":"R","Success":true}"#),
        (200, "<Queue><QueueName>q</QueueName><ActiveMessages>7</ActiveMessages></Queue>"),
    ]));
    let networks = cloud.behind_gateway().networks();
    let region = "cn-hangzhou".parse().unwrap();
    assert!(networks.private_link(&region).check_product_open().await.unwrap());
    let queue = networks.mns(&"1".parse().unwrap(), &region).queue_attributes(&"q".parse().unwrap()).await.unwrap();
    assert_eq!(queue.active_messages, 7);
    for seen in cloud.seen() {
        assert!(seen.line().contains("http://127.0.0.1:4600/"), "{}", seen.line());
        assert!(seen.header("authorization").unwrap().contains("id-1"));
    }
}
