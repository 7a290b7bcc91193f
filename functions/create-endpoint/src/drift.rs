//! How an endpoint differs from what the record promises. Pure.

use alicloud::private_link::{ConnectionStatus, EndpointStatus};
use connection::finding::{Finding, FindingKind};
use connection::words::Side;
use engine::kind::private_link::Findings;

use crate::current::{Current, Desired};

/// Every difference. `id` is what it is recorded as.
#[must_use]
pub fn findings(side: Side, id: &str, desired: &Desired, look: Option<&Current>) -> Vec<Finding> {
    let mut findings = Findings::of(side);
    let Some(look) = look else {
        findings.missing(FindingKind::EndpointMissing, id);
        return findings.all();
    };
    let (changed, endpoint) = (FindingKind::EndpointChanged, &look.endpoint);
    let status = ("EndpointStatus", EndpointStatus::Active.to_string(), endpoint.status.to_string());
    findings.for_a_person(|findings| findings.compare(changed, id, status));
    // One whose service is gone, or that leads to another one, is made anew.
    if endpoint.connection_status == Some(ConnectionStatus::ServiceDeleted) {
        let statuses = (ConnectionStatus::Connected.to_string(), ConnectionStatus::ServiceDeleted.to_string());
        findings.compare(FindingKind::EndpointConnectionOff, id, ("ConnectionStatus", statuses.0, statuses.1));
    } else if let Some(found) = &endpoint.service_id {
        findings.compare(FindingKind::EndpointConnectionOff, id, ("ServiceId", &desired.service_id, found));
    }
    for (field, wanted, found) in [
        ("EndpointName", &desired.name, &endpoint.name),
        ("EndpointDescription", &desired.description, &endpoint.description),
    ] {
        if let Some(found) = found {
            findings.compare(FindingKind::Renamed, id, (field, wanted, found));
        }
    }
    zones(&mut findings, id, desired, look);
    for group in &desired.groups {
        if look.groups.iter().all(|known| known.security_group_id != *group) {
            findings.missing(changed, format!("{group} of {id}"));
        }
    }
    for group in look.groups.iter().filter(|known| !desired.groups.contains(&known.security_group_id)) {
        findings.left(changed, format!("{} of {id}", group.security_group_id));
    }
    findings.all()
}

fn zones(findings: &mut Findings, id: &str, desired: &Desired, look: &Current) {
    let known = |zone: &str| look.zones.iter().find(|known| known.zone_id == zone);
    if desired.zones.iter().all(|zone| known(&zone.zone_id).is_none()) {
        findings.missing(FindingKind::EndpointMissing, format!("zones of {id}"));
    } else {
        for zone in &desired.zones {
            let resource = format!("{} of {id}", zone.zone_id);
            match known(&zone.zone_id) {
                None => findings.missing(FindingKind::EndpointChanged, resource),
                Some(known) => {
                    if let Some(found) = &known.vswitch_id {
                        let vswitches = ("VSwitchId", &zone.vswitch_id, found);
                        findings.for_a_person(|findings| {
                            findings.compare(FindingKind::EndpointChanged, &resource, vswitches);
                        });
                    }
                }
            }
        }
    }
    for zone in look.zones.iter().filter(|known| desired.zones.iter().all(|zone| zone.zone_id != known.zone_id)) {
        findings.left(FindingKind::EndpointChanged, format!("{} of {id}", zone.zone_id));
    }
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
    use super::*;
    use crate::current::tests::{desired, look};

    fn told(look: Option<&Current>) -> Vec<String> {
        let found = findings(Side::Consumer, "ep-1", &desired(), look).into_iter();
        found.map(|one| format!("{} {}: {} not {}", one.resource, one.field, one.actual, one.expected)).collect()
    }

    #[test]
    fn one_that_is_as_promised_has_nothing_to_tell_and_every_change_is_named() {
        assert_eq!(told(Some(&look())), Vec::<String>::new());
        assert_eq!(told(None), ["ep-1 : missing not exists"]);
        let mut changed = look();
        changed.endpoint.name = Some("hers".to_owned());
        changed.endpoint.service_id = Some("epsrv-2".to_owned());
        changed.zones[0].zone_id = "z-a".to_owned();
        changed.groups.clear();
        let expected = [
            "ep-1 ServiceId: epsrv-2 not epsrv-1",
            "ep-1 EndpointName: hers not shop",
            "zones of ep-1 : missing not exists",
            "z-a of ep-1 : exists not gone",
            "sg-1 of ep-1 : missing not exists",
        ];
        assert_eq!(told(Some(&changed)), expected);
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
