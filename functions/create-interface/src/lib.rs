//! create-interface: makes the router interface of each side.
//!
//! The initiator gets the bandwidth class of the spec, the acceptor `Negative`, as Express Connect wants it. Neither needs
//! the other's id, so both are made side by side.

use std::time::Duration;

use alicloud::Region;
use alicloud::vpc::{
    BusinessStatus, CreateRouterInterface, InterfaceStatus, ModifyRouterInterfaceAttribute, Role, RouterInterface,
    RouterType, Spec, Vpc,
};
use async_trait::async_trait;
use connection::finding::{Finding, FindingKind};
use connection::inventory::{Inventory, ListingId};
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::spec::KindSpec;
use connection::words::{Side, StepName};
use engine::adopted::{refuse_to_make, stays};
use engine::kind::router_interface::{NEW, all_own, all_own_shown, as_found, own};
use engine::step::{SideContext, Step};
use fc_runtime::{Environment, Error, Runtime};
use transport::Io;

/// Makes the router interface of its side.
pub struct CreateInterface;

/// The function that owns the step.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    function::step::build(CreateInterface, environment, io)
}

#[async_trait]
impl Step for CreateInterface {
    fn name(&self) -> StepName {
        StepName::CreateInterface
    }

    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let vpc = side.vpc()?;
        if let Some(found) = own(side, &vpc, outputs).await? {
            if found.status == InterfaceStatus::Deleting {
                return Err(NotDone::retry(
                    Duration::from_secs(5),
                    format!("{} to be gone, which somebody deletes", found.router_interface_id),
                ));
            }
            outputs.router_interface_id = Some(found.router_interface_id.clone());
            as_found(&found).mark(side, outputs, async |text| describe(&vpc, &found, text).await).await?;
            return resized(side, &vpc, &found).await;
        }
        refuse_to_make(side, outputs)?;
        let id = vpc.create_router_interface(&wanted(side)?).await?;
        outputs.router_interface_id = Some(id.clone());
        match own(side, &vpc, outputs).await? {
            Some(_) => Ok(()),
            None => Err(NotDone::retry(Duration::from_secs(2), format!("{id} to be listed"))),
        }
    }

    async fn undo(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let vpc = side.vpc()?;
        let mut left = all_own(side, &vpc, outputs).await?;
        if stays(side, outputs) {
            for found in left.extract_if(.., |found| as_found(found).is_adopted(side)) {
                as_found(&found).give_back(side, outputs, async |text| describe(&vpc, &found, text).await).await?;
            }
        }
        for found in &left {
            let id = &found.router_interface_id;
            match found.status {
                InterfaceStatus::Idle | InterfaceStatus::Inactive => {
                    vpc.delete_router_interface(id, &side.client_token(&format!("delete {id}")))
                        .await
                        .or_else(gone_is_done)?;
                }
                // Connected or switched on again by somebody since its step was undone.
                InterfaceStatus::Active => vpc.deactivate_router_interface(id).await?,
                _ => {}
            }
        }
        if left.is_empty() {
            outputs.router_interface_id = None;
            if stays(side, outputs) {
                outputs.former_description = None;
            }
            return Ok(());
        }
        let ids: Vec<_> =
            left.iter().map(|found| format!("{} ({})", found.router_interface_id, found.status)).collect();
        Err(NotDone::retry(Duration::from_secs(3), format!("{} to be gone", ids.join(", "))))
    }

    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        let vpc = side.vpc()?;
        let found = all_own(side, &vpc, side.outputs()).await?;
        let wanted = wanted(side)?;
        Ok(match (operation, found.as_slice()) {
            (Operation::Apply, []) => {
                if !side.is_cleared_first() {
                    refuse_to_make(side, side.outputs())?;
                }
                let what = format!("a router interface of class {} is made on {}", wanted.spec, wanted.router_id);
                vec![side.planned(Some("CreateRouterInterface"), NEW, &what)]
            }
            (Operation::Apply, [found, ..]) if as_found(found).is_to_be_marked(side) => {
                let what = "its description becomes that of the connection";
                vec![side.planned(Some("ModifyRouterInterfaceAttribute"), &found.router_interface_id, what)]
            }
            (Operation::Apply, [found, ..]) if found.spec.as_ref() == Some(&wanted.spec) => {
                vec![side.planned(None, &found.router_interface_id, "it stands")]
            }
            (Operation::Apply, [found, ..]) => {
                let what = format!("its class becomes {}", wanted.spec);
                vec![side.planned(Some("ModifyRouterInterfaceSpec"), &found.router_interface_id, &what)]
            }
            (Operation::Undo, found) => {
                let deleted = |found: &RouterInterface| {
                    let (call, what) = if stays(side, side.outputs()) && as_found(found).is_adopted(side) {
                        ("ModifyRouterInterfaceAttribute", "it stays; its description is given back")
                    } else {
                        ("DeleteRouterInterface", "it is deleted")
                    };
                    side.planned(Some(call), &found.router_interface_id, what)
                };
                found.iter().map(deleted).collect()
            }
            (Operation::Pause, _) => Vec::new(),
        })
    }

    fn listings(&self, _: &SideContext<'_>) -> Vec<ListingId> {
        vec![ListingId::RouterInterfaces]
    }

    fn observe(&self, side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
        let Some(own) = all_own_shown(side, inventory) else { return Vec::new() };
        let Some((found, others)) = own.split_first() else {
            let id = side.outputs().router_interface_id.as_deref().unwrap_or("router interface");
            return vec![Finding::missing(FindingKind::InterfaceMissing, side.side(), id)];
        };
        let (id, mut findings) = (&found.router_interface_id, Vec::new());
        let differs = |kind, field, expected: &str, actual: String| {
            Finding::differs(kind, side.side(), id, (field, expected, actual))
        };
        if let Ok(wanted) = wanted(side)
            && found.spec.as_ref() != Some(&wanted.spec)
        {
            findings.push(differs(FindingKind::InterfaceOtherSpec, "Spec", wanted.spec.as_str(), spec_of(found)));
        }
        if let Some(status) = found.business_status.as_ref().filter(|status| status.is_locked()) {
            let normal = BusinessStatus::Normal;
            let locked = differs(FindingKind::InterfaceLocked, "BusinessStatus", normal.as_str(), status.to_string());
            findings.push(locked.for_a_person());
        }
        // Several carry the mark: one of them is nobody's.
        let left = |other: &&RouterInterface| {
            Finding::left(FindingKind::OrphanInterface, side.side(), &other.router_interface_id).for_a_person()
        };
        findings.extend(others.iter().map(left));
        findings
    }
}

/// Brings an interface that stands to the bandwidth class of the spec. Only an active one can change it.
async fn resized(side: &SideContext<'_>, vpc: &Vpc, found: &RouterInterface) -> Result<(), NotDone> {
    let (wanted, id) = (wanted(side)?.spec, &found.router_interface_id);
    if found.spec.as_ref() == Some(&wanted) || side.side() == Side::Acceptor {
        return Ok(());
    }
    match found.status {
        InterfaceStatus::Active => {
            let token = side.client_token(&format!("class {wanted}"));
            vpc.modify_router_interface_spec(id, &wanted, &token).await?;
            Err(NotDone::retry(Duration::from_secs(3), format!("{id} to become {wanted}")))
        }
        InterfaceStatus::Idle if as_found(found).is_adopted(side) => Err(NotDone::failed(
            format!("{id} was never connected, so its class cannot change"),
            "put the class into the spec that it has",
        )),
        // Never connected, so nothing is lost: it is made again in the class that is wanted now.
        InterfaceStatus::Idle => {
            vpc.delete_router_interface(id, &side.client_token(&format!("delete {id}"))).await.or_else(gone_is_done)?;
            Err(NotDone::retry(Duration::from_secs(3), format!("{id} to be gone, to make it again as {wanted}")))
        }
        InterfaceStatus::Inactive => Err(NotDone::failed(
            format!("{id} is switched off; only an active interface can change its class"),
            "activate it in the console, then retry",
        )),
        _ => Err(NotDone::retry(
            Duration::from_secs(3),
            format!("{id} to become Active (was {}), to change its class", found.status),
        )),
    }
}

async fn describe(vpc: &Vpc, found: &RouterInterface, text: String) -> Result<(), alicloud::Error> {
    let change = ModifyRouterInterfaceAttribute {
        router_interface_id: found.router_interface_id.clone(),
        description: Some(text),
        ..Default::default()
    };
    vpc.modify_router_interface_attribute(&change).await
}

fn spec_of(found: &RouterInterface) -> String {
    found.spec.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// The interface that the spec asks for on this side.
fn wanted(side: &SideContext<'_>) -> Result<CreateRouterInterface, NotDone> {
    let KindSpec::RouterInterface(spec) = &side.record().spec.kind else {
        return Err(side.foreign());
    };
    let asks = (Role::Initiating, Spec::from(spec.spec.name()));
    let (role, spec) = side.side().choose(asks, (Role::Accepting, Spec::Negative));
    let opposite_region: Region = side.peer_place().region_id.as_str().parse().map_err(|error| {
        NotDone::failed(
            format!("the other side's region does not read: {error}"),
            "remove the connection and post it again",
        )
    })?;
    let mark = side.mark();
    Ok(CreateRouterInterface {
        role,
        spec,
        router_type: RouterType::VRouter,
        router_id: side.network().router()?.to_owned(),
        opposite_region,
        peer: None,
        name: Some(mark.name().to_owned()),
        description: Some(mark.description().to_owned()),
        client_token: side.client_token("create"),
    })
}

fn gone_is_done(error: alicloud::Error) -> Result<(), alicloud::Error> {
    if error.kind() == alicloud::Kind::Gone { Ok(()) } else { Err(error) }
}
