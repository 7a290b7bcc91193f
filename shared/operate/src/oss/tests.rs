//! Requests byte by byte, and answers as object storage writes them.

use super::*;
use crate::scripted::{Cloud, in_turn};

fn oss(cloud: &std::sync::Arc<Cloud>) -> Oss {
    cloud.client().oss(&"cn-hangzhou".parse().unwrap())
}

fn refused(code: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>words</Message><RequestId>R-3</RequestId><EC>0048-00000401</EC></Error>"
    )
}

const INFO: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><BucketInfo><Bucket><CreationDate>2026-01-02T03:04:05.000Z</CreationDate>
    <ExtranetEndpoint>oss-cn-hangzhou.aliyuncs.com</ExtranetEndpoint><Location>oss-cn-hangzhou</Location><Name>records</Name>
    <Versioning>Enabled</Versioning><Owner><DisplayName>1</DisplayName><ID>1000000000000003</ID></Owner>
    <AccessControlList><Grant>private</Grant></AccessControlList></Bucket></BucketInfo>";

#[tokio::test]
async fn a_bucket_shows_whose_it_is_and_where() {
    let cloud =
        Cloud::answering(in_turn(&[(200, INFO), (404, &refused("NoSuchBucket")), (403, &refused("AccessDenied"))]));
    let bucket = oss(&cloud).bucket("records").await.unwrap().unwrap();
    assert_eq!(
        bucket,
        Bucket {
            name: "records".to_owned(),
            owner: Some("1000000000000003".to_owned()),
            region: Some("cn-hangzhou".to_owned()),
            versioning: Versioning::Enabled,
            created: Some("2026-01-02T03:04:05Z".parse().unwrap()),
        }
    );
    assert_eq!(oss(&cloud).bucket("records").await.unwrap(), None);
    assert_eq!(oss(&cloud).bucket("records").await.unwrap_err().kind(), Kind::Denied);
    let seen = &cloud.seen()[0];
    assert_eq!(seen.line(), "GET https://records.oss-cn-hangzhou.aliyuncs.com/?bucketInfo");
    assert!(
        seen.header("authorization").unwrap().starts_with("OSS4-HMAC-SHA256 Credential=id-1/20260102/cn-hangzhou/oss/")
    );
}

#[tokio::test]
async fn versioning_that_never_was_is_told_from_one_that_was() {
    let answer = |inner: &str| {
        format!(
            "<VersioningConfiguration xmlns=\"http://doc.oss-cn-hangzhou.aliyuncs.com\">{inner}</VersioningConfiguration>"
        )
    };
    let cloud = Cloud::answering(in_turn(&[
        (200, &answer("")),
        (200, &answer("<Status>Suspended</Status>")),
        (200, &answer("<Status>Enabled</Status>")),
    ]));
    for expected in [Versioning::Never, Versioning::Suspended, Versioning::Enabled] {
        assert_eq!(oss(&cloud).bucket_versioning("records").await.unwrap(), expected);
    }
    assert_eq!(cloud.seen()[0].line(), "GET https://records.oss-cn-hangzhou.aliyuncs.com/?versioning");
}

#[tokio::test]
async fn all_buckets_are_listed_and_an_account_without_them_is_told() {
    let page = |name: &str, rest: &str| {
        format!(
            "<ListAllMyBucketsResult>{rest}<Owner><ID>1</ID></Owner><Buckets><Bucket><Name>{name}</Name><Location>oss-cn-beijing</Location>\
             <CreationDate>2026-01-02T03:04:05.000Z</CreationDate></Bucket></Buckets></ListAllMyBucketsResult>"
        )
    };
    let more = "<IsTruncated>true</IsTruncated><NextMarker>a</NextMarker>";
    let cloud = Cloud::answering(in_turn(&[
        (200, &page("a", more)),
        (200, &page("b", "")),
        (200, "<ListAllMyBucketsResult><Buckets></Buckets></ListAllMyBucketsResult>"),
        (403, &refused("UserDisable")),
    ]));
    let names: Vec<_> = oss(&cloud).list_buckets().await.unwrap().into_iter().map(|bucket| bucket.name).collect();
    assert_eq!(names, ["a", "b"]);
    assert!(oss(&cloud).list_buckets().await.unwrap().is_empty());
    assert_eq!(oss(&cloud).list_buckets().await.unwrap_err().kind(), Kind::Commercial);
    let seen = cloud.seen();
    assert_eq!(seen[0].line(), "GET https://oss-cn-hangzhou.aliyuncs.com/?max-keys=1000");
    assert_eq!(seen[1].line(), "GET https://oss-cn-hangzhou.aliyuncs.com/?marker=a&max-keys=1000");
}

#[tokio::test]
async fn an_account_that_may_not_from_outside_is_told_of_the_courier() {
    let cloud = Cloud::answering(in_turn(&[
        (200, ""),
        (400, &refused("PublicEndpointForbidden")),
        (409, &refused("FileAlreadyExists")),
    ]));
    let put = || async { oss(&cloud).put_object("code", "releases/1/a b.zip", Bytes::from_static(b"zip")).await };
    put().await.unwrap();
    let restricted = put().await.unwrap_err();
    assert_eq!((restricted.kind(), restricted.request_id()), (Kind::RuledOut, Some("R-3")));
    assert!(restricted.advice().contains("courier"));
    assert_eq!(put().await.unwrap_err().kind(), Kind::AlreadyThere);
    let seen = &cloud.seen()[0];
    assert_eq!(seen.line(), "PUT https://code.oss-cn-hangzhou.aliyuncs.com/releases/1/a%20b.zip");
    assert_eq!((seen.header("x-oss-forbid-overwrite"), seen.text()), (Some("true"), "zip"));
}

#[tokio::test]
async fn a_name_that_would_change_the_host_is_not_sent() {
    let cloud = Cloud::saying(200, INFO);
    for bucket in ["a.evil", "UPPER", "x/y", "evil@h"] {
        assert_eq!(oss(&cloud).bucket(bucket).await.unwrap_err().kind(), Kind::Refused);
    }
    assert!(cloud.seen().is_empty());
}

#[tokio::test]
async fn through_a_gateway_the_bucket_stays_in_the_host() {
    let cloud = Cloud::saying(200, INFO);
    cloud.behind_gateway().oss(&"cn-hangzhou".parse().unwrap()).bucket("records").await.unwrap();
    let seen = cloud.only();
    assert_eq!(
        (seen.line().as_str(), seen.header("host")),
        ("GET http://127.0.0.1:4600/?bucketInfo", Some("records.oss-cn-hangzhou.aliyuncs.com"))
    );
}
