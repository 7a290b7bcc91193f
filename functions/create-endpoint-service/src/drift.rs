//! How a service differs from what the record promises. Pure.

use alicloud::private_link::{EndpointService, NewResource, ServiceStatus};
use connection::resource::private_link::Findings;
use connection::step::{Finding, FindingKind};
use connection::words::Side;

use crate::look::{Look, Wish};

/// Every difference. `id` is what it is recorded as.
#[must_use]
pub fn findings(side: Side, id: &str, wish: &Wish, wanted: &[NewResource], look: Option<&Look>) -> Vec<Finding> {
    let mut findings = Findings::of(side, FindingKind::ServiceMissing, FindingKind::ServiceChanged);
    let Some(look) = look else {
        findings.missing(id);
        return findings.all();
    };
    let service = &look.service;
    findings.compare(id, "ServiceStatus", ServiceStatus::Active.to_string(), service.status.to_string());
    if let Some(found) = &service.description {
        findings.compare(id, "ServiceDescription", &wish.description, found);
    }
    if let Some(on) = service.auto_accept_enabled {
        findings.compare_as(FindingKind::AutoAcceptOn, id, "AutoAcceptEnabled", "false", on.to_string());
    }
    if let Some(on) = service.zone_affinity_enabled {
        findings.compare(id, "ZoneAffinityEnabled", wish.zone_affinity.to_string(), on.to_string());
    }
    if let Some(payer) = &service.payer {
        findings.compare(id, "Payer", wish.payer.to_string(), payer.to_string());
    }
    for missing in look.missing(wanted) {
        findings.missing(&format!("{} behind {id}", missing.resource_id));
    }
    let listed = look.listed(wish);
    for user in &listed.missing {
        findings.missing(&format!("account {user} on the whitelist of {id}"));
    }
    for user in listed.surplus.iter().chain(&listed.arns) {
        let resource = format!("account {user} on the whitelist of {id}");
        findings.compare_as(FindingKind::WhitelistUnknown, &resource, "", "gone", "exists");
    }
    findings.all()
}

/// Every difference of an existing service, of which only that it can be used is promised.
#[must_use]
pub fn of_existing(side: Side, id: &str, found: Option<&EndpointService>) -> Vec<Finding> {
    let mut findings = Findings::of(side, FindingKind::ServiceMissing, FindingKind::ServiceChanged);
    match found {
        None => findings.missing(id),
        Some(found) => {
            findings.compare(id, "ServiceStatus", ServiceStatus::Active.to_string(), found.status.to_string());
        }
    }
    findings.all()
}

#[cfg(test)]
mod tests {
    use alicloud::private_link::ServiceUser;

    use super::*;
    use crate::look::tests::{look, resource, wish};

    fn told(look: Option<&Look>) -> Vec<String> {
        let wanted = [resource("lb-1", Some("z-b"))];
        let found = findings(Side::Provider, "epsrv-1", &wish(), &wanted, look).into_iter();
        found.map(|one| format!("{} {}: {} not {}", one.resource, one.field, one.actual, one.expected)).collect()
    }

    #[test]
    fn one_that_is_as_promised_has_nothing_to_tell_and_one_that_is_gone_tells_so() {
        assert_eq!(told(Some(&look())), Vec::<String>::new());
        assert_eq!(told(None), ["epsrv-1 : missing not exists"]);
        assert_eq!(of_existing(Side::Provider, "epsrv-1", Some(&look().service)), Vec::new());
        assert_eq!(of_existing(Side::Provider, "epsrv-1", None).len(), 1);
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
        assert_eq!(told(Some(&look)), expected);
    }
}
