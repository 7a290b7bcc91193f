//! A side of a private link as the cloud shows it.

use alicloud::ecs::Instance;
use alicloud::private_link::{PrivateLink, ResourceType};
use alicloud::vpc::{DescribeVSwitches, NetworkStatus, VSwitch};
use connection::spec::Place;
use connection::words::{ConnectionName, Side};
use engine::services::Services;
use futures::future::try_join3;
use ipnet::Ipv4Net;

use super::super::{no_vpc, unreadable_range};
use super::{PreflightError, account, session};

/// A side, found.
pub(super) struct FoundSide<'a> {
    pub(super) side: Side,
    pub(super) place: Place<'a>,
    pub(super) account_id: String,
    pub(super) client: alicloud::Client,
    pub(super) region: alicloud::Region,
    /// The ranges of the VPC.
    pub(super) cidr_blocks: Vec<Ipv4Net>,
    /// Its vSwitches.
    pub(super) vswitches: Vec<VSwitch>,
    /// The zones in which PrivateLink is offered.
    pub(super) zones: Vec<String>,
}

impl<'a> FoundSide<'a> {
    pub(super) async fn find(
        services: &Services,
        name: &ConnectionName,
        side: Side,
        place: Place<'a>,
    ) -> Result<Self, PreflightError> {
        let account_id = account(services, side, place)?.id().to_owned();
        let (client, region) = services
            .clouds
            .client(&session(name), place)
            .map_err(|halt| PreflightError::of(format!("/{side}"), halt))?;
        let (vpc, pointer) = (client.vpc(&region), format!("/{side}/vpc_id"));
        let failed = |error: alicloud::Error| PreflightError::of(pointer.clone(), error);
        let problem = |detail: String| Err(PreflightError::at(pointer.clone(), detail));
        let id = place.vpc_id.as_str();
        let Some(network) = vpc.network(id).await.map_err(failed)? else {
            return problem(no_vpc(place));
        };
        if network.status != NetworkStatus::Available {
            return problem(format!("the VPC is {}, not Available; try again when it is", network.status));
        }
        let cidr_blocks = match network.ipv4_ranges() {
            Ok(ranges) => ranges,
            Err(cidr) => return problem(unreadable_range(cidr)),
        };
        let of_vpc = DescribeVSwitches { vpc_id: Some(id.to_owned()), ..DescribeVSwitches::default() };
        let links = client.private_link(&region);
        let (vswitches, zones, open) = try_join3(
            async { vpc.describe_vswitches(&of_vpc).await.map_err(failed) },
            async { offered(&links, side).await },
            async {
                links.check_product_open().await.map_err(|error| PreflightError::of(format!("/{side}/account"), error))
            },
        )
        .await?;
        if !open {
            let detail = format!("account {} has not opened PrivateLink; open it in the console", place.account);
            return Err(PreflightError::at(format!("/{side}/account"), detail));
        }
        Ok(Self { side, place, account_id, client, region, cidr_blocks, vswitches, zones })
    }

    pub(super) fn links(&self) -> PrivateLink {
        self.client.private_link(&self.region)
    }

    /// Says so where PrivateLink is not offered in a zone.
    pub(super) fn zone(&self, pointer: impl Into<String>, zone: &str) -> Option<PreflightError> {
        let is_offered = self.zones.iter().any(|offered| offered == zone);
        let detail = || format!("PrivateLink is not offered in {zone}; name one of {}", self.zones.join(", "));
        (!is_offered).then(|| PreflightError::at(pointer, detail()))
    }

    /// The vSwitch of the VPC with this id, where it has room for one more address.
    pub(super) fn vswitch(&self, pointer: &str, id: &str) -> Result<&VSwitch, PreflightError> {
        let Some(found) = self.vswitches.iter().find(|known| known.vswitch_id == id) else {
            return Err(PreflightError::at(
                pointer,
                format!("{} has no vSwitch {id}; name one of that VPC", self.place.vpc_id),
            ));
        };
        if found.status != NetworkStatus::Available {
            return Err(PreflightError::at(
                pointer,
                format!("vSwitch {id} is {}, not Available; try again when it is", found.status),
            ));
        }
        match found.available_ip_address_count {
            Some(0) => Err(PreflightError::at(pointer, format!("vSwitch {id} has no address left; name another"))),
            Some(_) | None => Ok(found),
        }
    }

    /// The instance with this id, in the VPC.
    pub(super) async fn instance(&self, pointer: &str, id: &str) -> Result<Instance, PreflightError> {
        let place = self.place;
        let ecs = self.client.ecs(&self.region);
        let found = ecs.instance(id).await.map_err(|error| PreflightError::of(pointer.to_owned(), error))?;
        match found {
            None => {
                let detail = format!(
                    "account {} has no instance {id} in {}; name one of {}",
                    place.account, place.region_id, place.vpc_id
                );
                Err(PreflightError::at(pointer, detail))
            }
            Some(instance) if instance.vpc_id() == Some(place.vpc_id.as_str()) => Ok(instance),
            Some(_) => {
                Err(PreflightError::at(pointer, format!("instance {id} is not in {}; name one that is", place.vpc_id)))
            }
        }
    }
}

/// The zones in which PrivateLink is offered with load balancers behind it.
async fn offered(links: &PrivateLink, side: Side) -> Result<Vec<String>, PreflightError> {
    let zones = links.describe_zones(&ResourceType::Clb).await;
    zones.map_err(|error| PreflightError::of(format!("/{side}/region_id"), error))
}
