//! Exact requests, and the answers of the SDK's models.

use super::*;
use crate::scripted::{Cloud, refusal};

#[tokio::test]
async fn each_part_has_its_own_status_at_the_one_host() {
    let cloud = Cloud::new()
        .says(200, r#"{"RequestId":"R-0","Enabled":true}"#)
        .says(200, r#"{"RequestId":"R-1","Enabled":false}"#);
    let cdt = cloud.client().cdt();
    assert!(cdt.is_open(Part::WithinBorder).await.unwrap());
    assert!(!cdt.is_open(Part::CrossBorder).await.unwrap());

    let [within, across] = &cloud.seen()[..] else { panic!("two requests") };
    for (seen, action) in [(within, "GetCdtServiceStatus"), (across, "GetCdtCbServiceStatus")] {
        assert_eq!(seen.line(), "POST https://cdt.aliyuncs.com/");
        assert_eq!(seen.header("x-acs-version"), Some("2021-08-13"));
        seen.assert_query(action, &[]);
    }
}

#[tokio::test]
async fn an_answer_without_a_status_is_not_taken_for_either() {
    let cloud = Cloud::new().says(200, r#"{"RequestId":"R-0"}"#);
    let error = cloud.client().cdt().is_open(Part::WithinBorder).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed, "{error}");
}

#[tokio::test]
async fn opening_gives_the_order() {
    let cloud = Cloud::new().says(200, r#"{"RequestId":"R-0","OrderId":"o-1"}"#).says(200, r#"{"RequestId":"R-1"}"#);
    let cdt = cloud.client().cdt();
    assert_eq!(cdt.open(Part::WithinBorder).await.unwrap().as_deref(), Some("o-1"));
    assert_eq!(cdt.open(Part::CrossBorder).await.unwrap(), None);
    let [within, across] = &cloud.seen()[..] else { panic!("two requests") };
    within.assert_query("OpenCdtService", &[]);
    across.assert_query("OpenCdtCbService", &[]);
}

/// With which code the cloud says so is not known.
#[tokio::test]
async fn what_is_open_already_is_left_as_it_is() {
    for code in ["ORDER.OPEND", "ORDER.OPENED", "OrderOpend", "CdtService.HasOpened", "AlreadyOpened"] {
        let cloud = Cloud::new().says(400, &refusal(code));
        assert_eq!(cloud.client().cdt().open(Part::WithinBorder).await.unwrap(), None, "{code}");
    }
    let cloud = Cloud::new().says(400, &refusal("InvalidAccountStatus.NotEnoughBalance"));
    let error = cloud.client().cdt().open(Part::WithinBorder).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Commercial, "{error}");
}
