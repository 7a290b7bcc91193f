//! What the cloud shows of the service, and what follows from it. Pure.

use std::collections::BTreeSet;
use std::fmt;

use alicloud::private_link::{EndpointService, NewResource, Payer, ServiceResource, ServiceUser};

/// A service with what stands behind it and who may ask for it.
#[derive(Debug, Clone)]
pub struct Current {
    /// The service.
    pub service: EndpointService,
    /// The load balancers behind it.
    pub resources: Vec<ServiceResource>,
    /// Its whitelist.
    pub users: Vec<ServiceUser>,
}

/// What a service shall be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// Its description.
    pub description: String,
    /// Whether the endpoint's name leads to the zone of the one who asks first.
    pub zone_affinity: bool,
    /// Who pays.
    pub payer: Payer,
    /// The account that it belongs to, which is on its whitelist from the beginning.
    pub owner: String,
    /// Every account on its whitelist, the owner among them.
    pub users: BTreeSet<String>,
}

/// What of a service has to change. What is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// The description.
    pub description: Option<String>,
    /// Whether it accepts by itself.
    pub auto_accept: Option<bool>,
    /// Whether it prefers the zone of the one who asks.
    pub zone_affinity: Option<bool>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.description.as_ref().map(|text| format!("its description becomes {text:?}")));
        parts.extend(self.auto_accept.map(|on| format!("accepting by itself becomes {on}")));
        parts.extend(self.zone_affinity.map(|on| format!("zone affinity becomes {on}")));
        f.write_str(&parts.join(", "))
    }
}

impl Desired {
    /// What of a service that is there has to change; `None` where nothing has.
    #[must_use]
    pub fn change(&self, service: &EndpointService) -> Option<Change> {
        let change = Change {
            // What the cloud does not tell cannot be told to be wrong.
            description: service
                .description
                .as_ref()
                .filter(|found| **found != self.description)
                .map(|_| self.description.clone()),
            auto_accept: service.auto_accept_enabled.filter(|on| *on).map(|_| false),
            zone_affinity: service.zone_affinity_enabled.filter(|on| *on != self.zone_affinity).map(|on| !on),
        };
        (change != Change::default()).then_some(change)
    }
}

/// How a whitelist differs from what is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listed {
    /// Accounts to be added.
    pub missing: Vec<String>,
    /// Accounts to be struck off.
    pub surplus: Vec<String>,
    /// Entries by ARN, which nobody asked for; they can only be told.
    pub arns: Vec<String>,
}

impl Listed {
    /// Whether there is nothing to add and nothing to strike off.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.missing.is_empty() && self.surplus.is_empty()
    }
}

impl Current {
    /// Those of the wanted load balancers that do not stand behind it.
    #[must_use]
    pub fn missing<'a>(&self, wanted: &'a [NewResource]) -> Vec<&'a NewResource> {
        let stands = |one: &&NewResource| {
            self.resources.iter().any(|known| {
                known.resource_id == one.resource_id && (one.zone_id.is_none() || known.zone_id == one.zone_id)
            })
        };
        wanted.iter().filter(|one| !stands(one)).collect()
    }

    /// How the whitelist differs from what is wanted.
    #[must_use]
    pub fn listed(&self, desired: &Desired) -> Listed {
        let mut listed = Listed::default();
        let mut known = BTreeSet::from([desired.owner.as_str()]);
        for user in &self.users {
            match user {
                ServiceUser::Account(id) => {
                    known.insert(id);
                    if !desired.users.contains(id) {
                        listed.surplus.push(id.clone());
                    }
                }
                ServiceUser::Arn(arn) => listed.arns.push(arn.clone()),
            }
        }
        listed.missing = desired.users.iter().filter(|user| !known.contains(user.as_str())).cloned().collect();
        listed
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use alicloud::private_link::ResourceType;
    use serde_json::json;

    use super::*;

    pub(crate) fn desired() -> Desired {
        Desired {
            description: "the shop".to_owned(),
            zone_affinity: true,
            payer: Payer::Endpoint,
            owner: "2".to_owned(),
            users: ["1", "2", "9"].map(str::to_owned).into(),
        }
    }

    pub(crate) fn look() -> Current {
        let service = json!({
            "ServiceId": "epsrv-1", "ServiceStatus": "Active", "ServiceDescription": "the shop",
            "AutoAcceptEnabled": false, "ZoneAffinityEnabled": true, "Payer": "Endpoint",
        });
        let resource = json!({"ResourceId": "lb-1", "ResourceType": "slb", "ZoneId": "z-b"});
        Current {
            service: serde_json::from_value(service).unwrap(),
            resources: vec![serde_json::from_value(resource).unwrap()],
            users: ["2", "1", "9"].map(|id| ServiceUser::Account(id.to_owned())).into(),
        }
    }

    pub(crate) fn resource(id: &str, zone: Option<&str>) -> NewResource {
        NewResource { resource_type: ResourceType::Clb, resource_id: id.to_owned(), zone_id: zone.map(str::to_owned) }
    }

    #[test]
    fn only_what_differs_changes_and_accepting_by_itself_is_switched_off() {
        let mut look = look();
        assert_eq!(desired().change(&look.service), None);
        look.service.auto_accept_enabled = Some(true);
        look.service.zone_affinity_enabled = Some(false);
        let change = desired().change(&look.service).unwrap();
        assert_eq!(change.to_string(), "accepting by itself becomes false, zone affinity becomes true");
        look.service.description = Some("hers".to_owned());
        assert_eq!(desired().change(&look.service).unwrap().description.as_deref(), Some("the shop"));
    }

    #[test]
    fn a_load_balancer_stands_by_id_and_by_zone_where_one_is_wanted() {
        let wanted = [
            resource("lb-1", None),
            resource("lb-1", Some("z-b")),
            resource("lb-1", Some("z-a")),
            resource("lb-2", None),
        ];
        let look = look();
        let missing: Vec<_> =
            look.missing(&wanted).into_iter().map(|one| (one.resource_id.as_str(), one.zone_id.as_deref())).collect();
        assert_eq!(missing, [("lb-1", Some("z-a")), ("lb-2", None)]);
    }

    #[test]
    fn the_whitelist_is_exactly_what_is_wanted_and_its_owner_need_not_be_shown() {
        let mut look = look();
        assert!(look.listed(&desired()).is_exact());
        look.users = vec![
            ServiceUser::Account("1".to_owned()),
            ServiceUser::Account("7".to_owned()),
            ServiceUser::Arn("acs:ram:*:*:*".to_owned()),
        ];
        let listed = look.listed(&desired());
        assert_eq!(
            (listed.missing, listed.surplus, listed.arns.len()),
            (vec!["9".to_owned()], vec!["7".to_owned()], 1)
        );
    }
}
