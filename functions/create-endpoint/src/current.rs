//! What the cloud shows of the endpoint, and what follows from it. Pure.

use alicloud::private_link::{AttachedGroup, AttachmentStatus, Endpoint, EndpointZone, ZoneStatus};

/// An endpoint with its zones and its security groups.
#[derive(Debug, Clone)]
pub struct Current {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Its zones.
    pub zones: Vec<EndpointZone>,
    /// Its security groups.
    pub groups: Vec<AttachedGroup>,
}

/// What an endpoint shall be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// The service it leads to.
    pub service_id: String,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// Its security groups.
    pub groups: Vec<String>,
    /// Its zones.
    pub zones: Vec<DesiredZone>,
}

/// A zone that an endpoint shall be in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredZone {
    /// The zone.
    pub zone_id: String,
    /// The vSwitch in it; empty while it is not made.
    pub vswitch_id: String,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Nothing: it is as it should be.
    Nothing,
    /// The cloud is at work.
    Wait(String),
    /// Another name or description.
    Rename {
        /// The name, if that changes.
        name: Option<String>,
        /// The description, if that changes.
        description: Option<String>,
    },
    /// One more security group.
    Attach(String),
    /// One more zone.
    Add(DesiredZone),
    /// A security group fewer.
    Detach(String),
    /// A zone fewer.
    Remove(String),
}

impl Next {
    /// The call that does it, and what it does, in words.
    #[must_use]
    pub fn told(&self) -> (Option<&'static str>, String) {
        match self {
            Self::Nothing => (None, "nothing is to be done".to_owned()),
            Self::Wait(why) => (None, why.clone()),
            Self::Rename { .. } => (Some("UpdateVpcEndpointAttribute"), "its name or description changes".to_owned()),
            Self::Attach(group) => (Some("AttachSecurityGroupToVpcEndpoint"), format!("{group} comes to hold for it")),
            Self::Add(zone) => (Some("AddZoneToVpcEndpoint"), format!("it comes into {}", zone.zone_id)),
            Self::Detach(group) => {
                (Some("DetachSecurityGroupFromVpcEndpoint"), format!("{group} no longer holds for it"))
            }
            Self::Remove(zone) => (Some("RemoveZoneFromVpcEndpoint"), format!("it leaves {zone}")),
        }
    }
}

impl Current {
    /// Everything that is to be done, in its order.
    #[must_use]
    pub fn all(&self, desired: &Desired) -> Vec<Next> {
        let mut all = Vec::new();
        let other = |found: &Option<String>, wanted: &String| {
            found.as_ref().filter(|found| *found != wanted).map(|_| wanted.clone())
        };
        let name = other(&self.endpoint.name, &desired.name);
        let description = other(&self.endpoint.description, &desired.description);
        if name.is_some() || description.is_some() {
            all.push(Next::Rename { name, description });
        }
        let has_group = |id: &String| self.groups.iter().any(|group| group.security_group_id == *id);
        all.extend(desired.groups.iter().filter(|id| !has_group(id)).cloned().map(Next::Attach));
        let has_zone = |id: &str| self.zones.iter().any(|zone| zone.zone_id == id);
        all.extend(desired.zones.iter().filter(|zone| !has_zone(&zone.zone_id)).cloned().map(Next::Add));
        let groups = self.groups.iter().map(|group| &group.security_group_id);
        all.extend(groups.filter(|id| !desired.groups.contains(id)).cloned().map(Next::Detach));
        let zones = self.zones.iter().map(|zone| &zone.zone_id);
        let is_wanted = |id: &&String| desired.zones.iter().any(|zone| zone.zone_id == **id);
        all.extend(zones.filter(|id| !is_wanted(id)).cloned().map(Next::Remove));
        all
    }

    /// What is to be done next: nothing new while the cloud is at work.
    #[must_use]
    pub fn next(&self, desired: &Desired) -> Next {
        let zone =
            self.zones.iter().find(|zone| matches!(zone.status, Some(ZoneStatus::Creating | ZoneStatus::Deleting)));
        if let Some(EndpointZone { zone_id, status: Some(status), .. }) = zone {
            return Next::Wait(format!("zone {zone_id} is {status}"));
        }
        let moving = |group: &&AttachedGroup| {
            matches!(group.status, Some(AttachmentStatus::Attaching | AttachmentStatus::Detaching))
        };
        if let Some(AttachedGroup { security_group_id, status: Some(status) }) = self.groups.iter().find(moving) {
            return Next::Wait(format!("security group {security_group_id} is {status}"));
        }
        self.all(desired).into_iter().next().unwrap_or(Next::Nothing)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    pub(crate) fn desired() -> Desired {
        Desired {
            service_id: "epsrv-1".to_owned(),
            name: "shop".to_owned(),
            description: "to the shop".to_owned(),
            groups: vec!["sg-1".to_owned()],
            zones: vec![DesiredZone { zone_id: "z-b".to_owned(), vswitch_id: "vsw-b".to_owned() }],
        }
    }

    pub(crate) fn look() -> Current {
        let endpoint = json!({
            "EndpointId": "ep-1", "EndpointStatus": "Active", "ConnectionStatus": "Connected", "EndpointName": "shop",
            "EndpointDescription": "to the shop", "ServiceId": "epsrv-1",
        });
        let zone = json!({"ZoneId": "z-b", "VSwitchId": "vsw-b", "ZoneStatus": "Connected"});
        let group = json!({"SecurityGroupId": "sg-1", "SecurityGroupStatus": "Attached"});
        Current {
            endpoint: serde_json::from_value(endpoint).unwrap(),
            zones: vec![serde_json::from_value(zone).unwrap()],
            groups: vec![serde_json::from_value(group).unwrap()],
        }
    }

    #[test]
    fn what_is_wanted_comes_before_what_is_not_wanted_goes() {
        let look = look();
        assert_eq!(look.next(&desired()), Next::Nothing);
        let other = Desired {
            name: "store".to_owned(),
            groups: vec!["sg-2".to_owned()],
            zones: vec![DesiredZone { zone_id: "z-a".to_owned(), vswitch_id: "vsw-a".to_owned() }],
            ..desired()
        };
        let told: Vec<_> = look.all(&other).iter().map(|next| next.told().0.unwrap_or_default()).collect();
        let expected = [
            "UpdateVpcEndpointAttribute",
            "AttachSecurityGroupToVpcEndpoint",
            "AddZoneToVpcEndpoint",
            "DetachSecurityGroupFromVpcEndpoint",
            "RemoveZoneFromVpcEndpoint",
        ];
        assert_eq!(told, expected);
        assert_eq!(look.next(&other), Next::Rename { name: Some("store".to_owned()), description: None });
    }

    #[test]
    fn while_a_zone_or_a_group_is_on_its_way_nothing_new_begins() {
        let mut look = look();
        look.zones[0].status = Some(ZoneStatus::Creating);
        assert_eq!(look.next(&desired()), Next::Wait("zone z-b is Creating".to_owned()));
        look.zones[0].status = Some(ZoneStatus::Wait);
        look.groups[0].status = Some(AttachmentStatus::Attaching);
        assert_eq!(look.next(&desired()), Next::Wait("security group sg-1 is Attaching".to_owned()));
    }
}
