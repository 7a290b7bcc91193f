//! What the API tells of a router interface (docs/reference/vpc-connection-apis.md, section 1.4).

use serde_json::{Map, Value, json};

use super::super::text::{optional_time, time};
use super::super::world::World;
use super::{Charge, Interface, RouterType, Status};

impl World {
    /// All fields of one side, with what its peer looks like now.
    pub(super) fn interface_view(&self, interface: &Interface) -> Map<String, Value> {
        let opposite = &interface.opposite;
        // A side is told of the other only once each points to the other: an id alone opens no window.
        let peer = self.opposite_of(interface).filter(|peer| interface.points_to(peer) && peer.points_to(interface));
        let peer_status = match (peer, opposite.is_deleted) {
            (_, true) => Status::Deleted.word(),
            (Some(peer), false) => peer.status.word(),
            (None, false) => "",
        };
        let charge = match interface.charge {
            Charge::AfterPay => "AfterPay",
            Charge::Prepaid => "Prepaid",
        };
        let own = json!({
            "RouterInterfaceId": interface.id,
            "RouterId": interface.router_id,
            "RouterType": RouterType::VRouter.word(),
            "VpcInstanceId": interface.vpc_id,
            "Role": interface.role.word(),
            "Spec": interface.spec.word(),
            "Bandwidth": interface.spec.bandwidth(),
            "Status": interface.status.word(),
            "BusinessStatus": interface.business.word(),
            "ChargeType": charge,
            "Name": interface.name,
            "Description": interface.description,
            "CreationTime": time(interface.created),
            "ConnectedTime": optional_time(interface.connected),
            "EndTime": "",
            "CrossBorder": crosses_border(&interface.region, &interface.opposite_region),
            "AccessPointId": "",
            "HealthCheckSourceIp": interface.health_check.source,
            "HealthCheckTargetIp": interface.health_check.target,
            "FastLinkMode": "false",
            "ResourceGroupId": "",
            "HasReservationData": "false",
            "Tags": { "Tags": [] },
        });
        let other = json!({
            "OppositeRegionId": interface.opposite_region,
            "OppositeInterfaceId": opposite.interface_id,
            "OppositeRouterId": opposite.router_id,
            "OppositeRouterType": opposite.router_type.map_or("", RouterType::word),
            "OppositeInterfaceOwnerId": opposite.owner,
            "OppositeInterfaceStatus": peer_status,
            "OppositeInterfaceBusinessStatus": peer.map_or("", |peer| peer.business.word()),
            "OppositeInterfaceSpec": peer.map_or("", |peer| peer.spec.word()),
            "OppositeBandwidth": peer.map_or(0, |peer| peer.spec.bandwidth()),
            "OppositeVpcInstanceId": peer.map_or("", |peer| peer.vpc_id.as_str()),
            "OppositeAccessPointId": "",
        });
        let mut view = Map::new();
        for part in [own, other] {
            if let Value::Object(fields) = part {
                view.extend(fields);
            }
        }
        for (name, number) in
            [("HcRate", interface.health_check.rate), ("HcThreshold", interface.health_check.threshold)]
        {
            if let Some(number) = number {
                view.insert(name.to_owned(), number.into());
            }
        }
        view
    }
}

/// Whether exactly one end lies in mainland China.
fn crosses_border(one: &str, other: &str) -> bool {
    let is_mainland = |region: &str| region.starts_with("cn-") && region != "cn-hongkong";
    is_mainland(one) != is_mainland(other)
}
