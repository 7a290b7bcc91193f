//! Allowing and refusing.

use std::time::Duration;

use super::*;
use crate::testing::refused;

#[tokio::test(start_paused = true)]
async fn a_request_waits_until_it_is_accepted_and_looks_the_same_when_it_is_refused() {
    let stage = Stage::new().await;
    let service = stage.service(&[]).await;
    let made = stage.ask(&stage.wish(&service)).await.unwrap();
    assert_eq!(
        (text(&made, "EndpointStatus").as_str(), text(&made, "ConnectionStatus").as_str()),
        ("Creating", "Disconnected")
    );
    let endpoint = text(&made, "EndpointId");
    assert_eq!(stage.enable(&service, &endpoint).await, refused(400, "EndpointOperationDenied"));
    settle().await;
    let waits = ("Disconnected".to_owned(), vec!["Wait".to_owned()]);
    assert_eq!(stage.connection(&endpoint).await, waits);
    stage.disable(&service, &endpoint).await.unwrap();
    settle().await;
    assert_eq!(stage.connection(&endpoint).await, waits, "refused looks like waiting");
    stage.enable(&service, &endpoint).await.unwrap();
    assert_eq!(stage.connection(&endpoint).await, ("Connecting".into(), vec!["Connecting".into()]));
    assert_eq!(stage.enable(&service, &endpoint).await, refused(400, "EndpointConnectionOperationDenied"));
    settle().await;
    assert_eq!(stage.connection(&endpoint).await, ("Connected".into(), vec!["Connected".into()]));
    assert_eq!(stage.seen(&endpoint).await, ("Active".into(), "Connected".into()));
    assert_eq!(stage.enable(&service, &endpoint).await, refused(400, "IncorrectStatus.VpcEndpointConnection"));
    stage.disable(&service, &endpoint).await.unwrap();
    assert_eq!(stage.connection(&endpoint).await, ("Disconnecting".into(), vec!["Disconnecting".into()]));
    settle().await;
    assert_eq!(stage.connection(&endpoint).await, ("Disconnected".into(), vec!["Disconnected".into()]));
}

#[tokio::test(start_paused = true)]
async fn one_account_accepts_one_request_at_a_time() {
    let stage = Stage::new().await;
    let service = stage.service(&[]).await;
    let (one, two) = (stage.endpoint(&service).await, stage.endpoint(&service).await);
    stage.enable(&service, &one).await.unwrap();
    let busy = refused(400, "ConcurrentCallNotSupported");
    assert_eq!(stage.enable(&service, &two).await, busy);
    assert_eq!(stage.disable(&service, &two).await, busy);
    pass(Duration::from_secs(5)).await;
    stage.enable(&service, &two).await.unwrap();
    settle().await;
    let more = [("Bandwidth", "4000")];
    stage.decide("UpdateVpcEndpointConnectionAttribute", &service, &one, &more).await.unwrap();
    assert_eq!(stage.connection(&one).await.0, "Pending");
    assert_eq!(stage.decide("UpdateVpcEndpointConnectionAttribute", &service, &two, &more).await, busy);
    settle().await;
    let seen = link(&stage.a, "GetVpcEndpointAttribute", &[("EndpointId", &one)]).await.unwrap();
    assert_eq!((seen["Bandwidth"].as_u64(), text(&seen, "ConnectionStatus")), (Some(4000), "Connected".into()));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_accepts_by_itself_connects_once_the_endpoint_is_there() {
    let stage = Stage::new().await;
    let service = stage.service(&[("AutoAcceptEnabled", "True")]).await;
    let endpoint = text(&stage.ask(&stage.wish(&service)).await.unwrap(), "EndpointId");
    assert_eq!(stage.seen(&endpoint).await, ("Creating".into(), "Disconnected".into()));
    pass(Duration::from_secs(11)).await;
    assert_eq!(stage.connection(&endpoint).await, ("Connecting".into(), vec!["Connecting".into()]));
    pass(Duration::from_secs(5)).await;
    assert_eq!(stage.connection(&endpoint).await, ("Connected".into(), vec!["Connected".into()]));
    let other = text(&stage.ask(&stage.wish(&service)).await.unwrap(), "EndpointId");
    pass(Duration::from_secs(600)).await;
    assert_eq!(stage.connection(&other).await, ("Connected".into(), vec!["Connected".into()]), "unseen meanwhile");
}

#[tokio::test(start_paused = true)]
async fn a_zone_is_cut_off_and_let_in_again_alone() {
    let stage = Stage::new().await;
    let service = stage.service(&[]).await;
    let endpoint = stage.endpoint(&service).await;
    let zone = [("ZoneId", ZONE)];
    let early = stage.decide("EnableVpcEndpointZoneConnection", &service, &endpoint, &zone).await;
    assert_eq!(early, refused(400, "IncorrectStatus.VpcEndpointConnection"));
    stage.enable(&service, &endpoint).await.unwrap();
    settle().await;
    let again = stage.decide("EnableVpcEndpointZoneConnection", &service, &endpoint, &zone).await;
    assert_eq!(again, refused(400, "IncorrectStatus.VpcEndpointZone"));
    stage.decide("DisableVpcEndpointZoneConnection", &service, &endpoint, &zone).await.unwrap();
    assert_eq!(stage.connection(&endpoint).await, ("Connected".into(), vec!["Disconnecting".into()]));
    settle().await;
    stage.decide("EnableVpcEndpointZoneConnection", &service, &endpoint, &zone).await.unwrap();
    settle().await;
    assert_eq!(stage.connection(&endpoint).await, ("Connected".into(), vec!["Connected".into()]));
    let elsewhere = stage.decide("DisableVpcEndpointZoneConnection", &service, &endpoint, &[("ZoneId", "x")]).await;
    assert_eq!(elsewhere, refused(400, "EndpointZoneNotFound"));
}

#[tokio::test(start_paused = true)]
async fn what_no_source_settles_can_be_switched() {
    let stage = Stage::new().await;
    let private_link = stage.b.cloud.private_link();
    let service = stage.service(&[]).await;
    let endpoint = stage.endpoint(&service).await;
    private_link.set_settings(causeway_local::privatelink::Settings {
        refusal_reaches_zones: true,
        refuses_connected: false,
        removal_disconnects: true,
        auto_accept_reaches_waiting: true,
        ..private_link.settings()
    });
    stage.disable(&service, &endpoint).await.unwrap();
    settle().await;
    assert_eq!(stage.connection(&endpoint).await, ("Disconnected".into(), vec!["Disconnected".into()]));
    let auto = [("ServiceId", service.as_str()), ("AutoAcceptEnabled", "true")];
    link(&stage.b, "UpdateVpcEndpointServiceAttribute", &auto).await.unwrap();
    settle().await;
    assert_eq!(stage.connection(&endpoint).await, ("Connected".into(), vec!["Connected".into()]));
    stage.enable(&service, &endpoint).await.unwrap();
    let entry = [("ServiceId", service.as_str()), ("UserId", &stage.a.account_id)];
    link(&stage.b, "RemoveUserFromVpcEndpointService", &entry).await.unwrap();
    settle().await;
    assert_eq!(stage.connection(&endpoint).await.0, "Disconnected");
}
