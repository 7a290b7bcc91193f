//! How a service differs from what the record promises. Pure.

use alicloud::private_link::{EndpointService, NewResource, ServiceStatus};
use alicloud::vpc::BusinessStatus;
use connection::finding::{Finding, FindingKind};
use connection::words::Side;
use engine::kind::private_link::Findings;

use crate::current::{Current, Desired};

/// Every difference. `id` is what it is recorded as.
#[must_use]
pub fn findings(side: Side, id: &str, desired: &Desired, wanted: &[NewResource], look: &Current) -> Vec<Finding> {
    let (mut findings, service) = (Findings::of(side), &look.service);
    works(&mut findings, id, service);
    let changed = FindingKind::ServiceChanged;
    if let Some(found) = &service.description {
        findings.compare(FindingKind::Renamed, id, ("ServiceDescription", &desired.description, found));
    }
    if let Some(on) = service.auto_accept_enabled {
        findings.compare(FindingKind::AutoAcceptOn, id, ("AutoAcceptEnabled", "false", on.to_string()));
    }
    if let Some(on) = service.zone_affinity_enabled {
        findings.compare(changed, id, ("ZoneAffinityEnabled", desired.zone_affinity.to_string(), on.to_string()));
    }
    if let Some(payer) = &service.payer {
        let payers = ("Payer", desired.payer.to_string(), payer.to_string());
        findings.for_a_person(|findings| findings.compare(changed, id, payers));
    }
    for missing in look.missing(wanted) {
        findings.missing(FindingKind::ServiceUnserved, format!("{} behind {id}", missing.resource_id));
    }
    let listed = look.listed(desired);
    let entry = |user: &String| format!("account {user} on the whitelist of {id}");
    for user in &listed.missing {
        findings.missing(changed, entry(user));
    }
    for user in &listed.surplus {
        findings.left(FindingKind::WhitelistUnknown, entry(user));
    }
    for arn in &listed.arns {
        findings.for_a_person(|findings| {
            findings.left(FindingKind::WhitelistUnknown, format!("{arn} on the whitelist of {id}"));
        });
    }
    findings.all()
}

/// One that is gone. The connection's own is made anew.
#[must_use]
pub fn gone(side: Side, id: &str, is_own: bool) -> Vec<Finding> {
    let mut findings = Findings::of(side);
    if is_own {
        findings.missing(FindingKind::ServiceMissing, id);
    } else {
        findings.for_a_person(|findings| findings.missing(FindingKind::ServiceMissing, id));
    }
    findings.all()
}

/// Every difference of an existing service, of which only that it can be used is promised.
#[must_use]
pub fn of_existing(side: Side, id: &str, found: &EndpointService) -> Vec<Finding> {
    let mut findings = Findings::of(side);
    works(&mut findings, id, found);
    findings.all()
}

fn works(findings: &mut Findings, id: &str, service: &EndpointService) {
    let status = ("ServiceStatus", ServiceStatus::Active.to_string(), service.status.to_string());
    findings.for_a_person(|findings| findings.compare(FindingKind::ServiceChanged, id, status));
    if let Some(status) = &service.business_status {
        let statuses = ("ServiceBusinessStatus", BusinessStatus::Normal.to_string(), status.to_string());
        findings.for_a_person(|findings| findings.compare(FindingKind::ServiceChanged, id, statuses));
    }
}

#[cfg(test)]
mod tests {
    use alicloud::private_link::ServiceUser;

    use super::*;
    use crate::current::tests::{desired, look, resource};

    fn told(look: &Current) -> Vec<String> {
        let wanted = [resource("lb-1", Some("z-b"))];
        let found = findings(Side::Provider, "epsrv-1", &desired(), &wanted, look).into_iter();
        found.map(|one| format!("{} {}: {} not {}", one.resource, one.field, one.actual, one.expected)).collect()
    }

    #[test]
    fn one_that_is_as_promised_has_nothing_to_tell_and_one_that_is_gone_tells_so() {
        assert_eq!(told(&look()), Vec::<String>::new());
        assert_eq!(of_existing(Side::Provider, "epsrv-1", &look().service), Vec::new());
        for is_own in [true, false] {
            let found = gone(Side::Provider, "epsrv-1", is_own);
            assert_eq!((found[0].kind, found[0].repairable), (FindingKind::ServiceMissing, is_own));
        }
    }

    #[test]
    fn whoever_came_onto_the_list_and_a_service_that_accepts_by_itself_are_named() {
        let mut look = look();
        look.service.auto_accept_enabled = Some(true);
        look.resources.clear();
        look.users = vec![ServiceUser::Account("1".to_owned()), ServiceUser::Account("7".to_owned())];
        let expected = [
            "epsrv-1 AutoAcceptEnabled: true not false",
            "lb-1 behind epsrv-1 : missing not exists",
            "account 9 on the whitelist of epsrv-1 : missing not exists",
            "account 7 on the whitelist of epsrv-1 : exists not gone",
        ];
        assert_eq!(told(&look), expected);
    }
}
