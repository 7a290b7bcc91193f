//! How an endpoint differs from what the record promises. Pure.

use alicloud::private_link::EndpointStatus;
use connection::resource::private_link::Findings;
use connection::step::{Finding, FindingKind};
use connection::words::Side;

use crate::look::{Look, Wish};

/// Every difference. `id` is what it is recorded as.
#[must_use]
pub fn findings(side: Side, id: &str, wish: &Wish, look: Option<&Look>) -> Vec<Finding> {
    let mut findings = Findings::of(side, FindingKind::EndpointMissing, FindingKind::EndpointChanged);
    let Some(look) = look else {
        findings.missing(id);
        return findings.all();
    };
    let endpoint = &look.endpoint;
    findings.compare(id, "EndpointStatus", EndpointStatus::Active.to_string(), endpoint.status.to_string());
    for (field, wanted, found) in [
        ("ServiceId", &wish.service_id, &endpoint.service_id),
        ("EndpointName", &wish.name, &endpoint.name),
        ("EndpointDescription", &wish.description, &endpoint.description),
    ] {
        if let Some(found) = found {
            findings.compare(id, field, wanted, found);
        }
    }
    for zone in &wish.zones {
        let resource = format!("{} of {id}", zone.zone_id);
        match look.zones.iter().find(|known| known.zone_id == zone.zone_id) {
            None => findings.missing(&resource),
            Some(known) => {
                if let Some(found) = &known.vswitch_id {
                    findings.compare(&resource, "VSwitchId", &zone.vswitch_id, found);
                }
            }
        }
    }
    for zone in look.zones.iter().filter(|known| wish.zones.iter().all(|zone| zone.zone_id != known.zone_id)) {
        findings.compare(&format!("{} of {id}", zone.zone_id), "", "gone", "exists");
    }
    for group in &wish.groups {
        if look.groups.iter().all(|known| known.security_group_id != *group) {
            findings.missing(&format!("{group} of {id}"));
        }
    }
    for group in look.groups.iter().filter(|known| !wish.groups.contains(&known.security_group_id)) {
        findings.compare(&format!("{} of {id}", group.security_group_id), "", "gone", "exists");
    }
    findings.all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::look::tests::{look, wish};

    fn told(look: Option<&Look>) -> Vec<String> {
        let found = findings(Side::Consumer, "ep-1", &wish(), look).into_iter();
        found.map(|one| format!("{} {}: {} not {}", one.resource, one.field, one.actual, one.expected)).collect()
    }

    #[test]
    fn one_that_is_as_promised_has_nothing_to_tell_and_every_change_is_named() {
        assert_eq!(told(Some(&look())), Vec::<String>::new());
        assert_eq!(told(None), ["ep-1 : missing not exists"]);
        let mut changed = look();
        changed.endpoint.name = Some("hers".to_owned());
        changed.zones[0].zone_id = "z-a".to_owned();
        changed.groups.clear();
        let expected = [
            "ep-1 EndpointName: hers not shop",
            "z-b of ep-1 : missing not exists",
            "z-a of ep-1 : exists not gone",
            "sg-1 of ep-1 : missing not exists",
        ];
        assert_eq!(told(Some(&changed)), expected);
    }
}
