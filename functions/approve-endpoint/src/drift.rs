//! How an endpoint's connection differs from what the record promises. Pure.

use alicloud::private_link::{ConnectionStatus, EndpointConnection, ZoneStatus};
use connection::resource::private_link::Findings;
use connection::step::{Finding, FindingKind};
use connection::words::Side;

use crate::step::Desired;

/// Every difference, as the provider sees it.
#[must_use]
pub fn findings(side: Side, id: &str, wanted: &Desired, found: Option<&EndpointConnection>) -> Vec<Finding> {
    let (mut findings, off) = (Findings::of(side), FindingKind::EndpointConnectionOff);
    let Some(found) = found else {
        findings.missing(off, format!("connection of {id}"));
        return findings.all();
    };
    findings.compare(off, id, ("ConnectionStatus", ConnectionStatus::Connected.to_string(), found.status.to_string()));
    if let (Some(wanted), Some(carries)) = (wanted.bandwidth, found.bandwidth) {
        findings.compare(FindingKind::EndpointChanged, id, ("Bandwidth", wanted.to_string(), carries.to_string()));
    }
    // Where the whole is off, so is every zone of it.
    let is_on = found.status == ConnectionStatus::Connected;
    for zone in found.zones.iter().filter(|zone| is_on && wanted.zones.contains(&zone.zone_id)) {
        let carries = |status: &ZoneStatus| matches!(status, ZoneStatus::Migrating | ZoneStatus::Migrated);
        if let Some(status) = zone.status.as_ref().filter(|status| !carries(status)) {
            let statuses = ("ZoneStatus", ZoneStatus::Connected.to_string(), status.to_string());
            findings.compare(off, &format!("{} of {id}", zone.zone_id), statuses);
        }
    }
    findings.all()
}

/// What the consumer is shown of the same connection, where that is something else.
#[must_use]
pub fn disagreement(
    side: Side,
    id: &str,
    consumers: Option<&ConnectionStatus>,
    providers: &ConnectionStatus,
) -> Vec<Finding> {
    let mut findings = Findings::of(side);
    if let Some(consumers) = consumers {
        let statuses = ("ConnectionStatus", providers.to_string(), consumers.to_string());
        findings.for_a_person(|findings| findings.compare(FindingKind::SidesDisagree, id, statuses));
    }
    findings.all()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(found: Option<serde_json::Value>) -> Vec<String> {
        let found: Option<EndpointConnection> = found.map(|found| serde_json::from_value(found).unwrap());
        let wanted = Desired { bandwidth: Some(200), zones: vec!["z-b".to_owned()] };
        let findings = findings(Side::Provider, "ep-1", &wanted, found.as_ref()).into_iter();
        findings.map(|one| format!("{} {}: {} not {}", one.resource, one.field, one.actual, one.expected)).collect()
    }

    #[test]
    fn a_connection_that_was_cut_or_throttled_by_hand_is_told() {
        let whole = json!({
            "ServiceId": "epsrv-1", "EndpointId": "ep-1", "ConnectionStatus": "Connected", "Bandwidth": 200,
            "Zones": [{"ZoneId": "z-b", "ZoneStatus": "Connected"}, {"ZoneId": "z-a", "ZoneStatus": "Wait"}],
        });
        assert_eq!(told(Some(whole.clone())), Vec::<String>::new());
        let mut other = whole;
        other["Bandwidth"] = 100.into();
        other["Zones"][0]["ZoneStatus"] = "Disconnected".into();
        let expected = ["ep-1 Bandwidth: 100 not 200", "z-b of ep-1 ZoneStatus: Disconnected not Connected"];
        assert_eq!(told(Some(other.clone())), expected);
        other["ConnectionStatus"] = "Disconnected".into();
        let expected = ["ep-1 ConnectionStatus: Disconnected not Connected", "ep-1 Bandwidth: 100 not 200"];
        assert_eq!(told(Some(other)), expected);
        assert_eq!(told(None), ["connection of ep-1 : missing not exists"]);
    }

    #[test]
    fn sides_that_show_different_things_of_one_connection_disagree_and_nobody_can_mend_that() {
        let seen = |consumers: Option<&ConnectionStatus>| {
            disagreement(Side::Consumer, "ep-1", consumers, &ConnectionStatus::Connected)
        };
        assert_eq!((seen(None), seen(Some(&ConnectionStatus::Connected))), (Vec::new(), Vec::new()));
        let found = seen(Some(&ConnectionStatus::Disconnected));
        assert_eq!((found[0].kind, found[0].repairable), (FindingKind::SidesDisagree, false));
    }
}
