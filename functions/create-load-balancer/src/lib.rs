//! create-load-balancer: makes a load balancer where the spec of a private link asks for one, and waits until its servers are
//! healthy.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`current`] | what the cloud shows of the load balancer, and what follows from it: pure |
//! | [`drift`] | how it differs from what the record promises: pure |
//! | here | the calls |
//!
//! It is classic, private, paid for by what it carries, and the connection's own: what is behind it is what the spec says, and
//! it goes when the connection goes, unless another connection uses it: then it is handed over. Where the spec names one that
//! exists, or an existing service, the step only notes that it is used. The consumer's side never has anything to do.
//!
//! Only making it takes a client token; everything else is looked at before it is asked for. It is known by its tag.

pub mod current;
pub mod drift;

use std::time::Duration;

use alicloud::Kind;
use alicloud::private_link::{ListVpcEndpointServices, ServiceStatus};
use alicloud::slb::{
    BackendServer, CreateListener, CreateLoadBalancer as Create, HealthCheck, HealthCheckKind, InstanceCharge,
    ListenerProtocol, LoadBalancer, LoadBalancerStatus, Slb,
};
use async_trait::async_trait;
use connection::finding::Finding;
use connection::inventory::link::Port;
use connection::inventory::{self, Inventory, LinkListing, LinkListingId};
use connection::mark::Mark;
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::plan::{Operation, Planned};
use connection::share::{Fate, Thing};
use connection::spec::{BalancerType, CreateBalancer, LoadBalancerSpec, ProbeProtocol};
use connection::words::{Side, StepName};
use engine::kind::private_link::service::{own_balancers, uses_balancer};
use engine::kind::private_link::spec;
use engine::share;
use engine::step::{SideContext, Step};
use fc_runtime::{Environment, Error, Runtime};
use transport::Io;

use crate::current::{Current, Readiness, Servers};

/// How soon to look again at a load balancer that is being changed.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// How soon to look again at servers whose health is not known yet.
const HEALTH_AGAIN: Duration = Duration::from_secs(3);
/// The cloud takes at most this many servers in a call.
const MOST_AT_ONCE: usize = 20;
/// What it is called while it does not exist.
const NEW: &str = "load balancer";

/// Makes the load balancer that a private link's spec asks for, and waits until its servers are healthy.
pub struct CreateLoadBalancer;

/// The function that owns the step.
///
/// # Errors
/// When the environment is incomplete.
pub fn build(environment: &Environment, io: Io) -> Result<Runtime, Error> {
    function::step::build(CreateLoadBalancer, environment, io)
}

#[async_trait]
impl Step for CreateLoadBalancer {
    fn name(&self) -> StepName {
        StepName::CreateLoadBalancer
    }

    fn acts_on(&self, side: Side) -> bool {
        !side.asks()
    }

    async fn apply(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let slb = side.balancers()?;
        let Some(wanted) = asked(side)? else { return rely_on_existing(side, &slb, outputs).await };
        let found = existing(side, &slb, outputs, wanted).await?;
        let id = found.load_balancer_id.as_str();
        serve(&slb, id, &Servers::of(&found.backend_servers, &wanted.backends)).await?;
        let look = Current { listener: listener(&slb, id, wanted).await?, health: Vec::new(), balancer: found.clone() };
        match look.readiness() {
            Readiness::Runs => {}
            Readiness::Missing => {
                match slb.create_listener(&new_listener(side, id, wanted)).await {
                    Err(error) if error.kind() != Kind::AlreadyThere => return Err(error.into()),
                    Ok(()) | Err(_) => {}
                }
                return Err(NotDone::retry(LOOK_AGAIN, format!("port {} of {id} to be listed", wanted.listener.port)));
            }
            Readiness::Stopped => {
                slb.start_listener(id, wanted.listener.port, &protocol(wanted)).await?;
                return Err(NotDone::retry(
                    LOOK_AGAIN,
                    format!("port {} of {id} to be listened on", wanted.listener.port),
                ));
            }
            Readiness::OnItsWay(status) => {
                let why = format!("port {} of {id} to be listened on (was {status})", wanted.listener.port);
                return Err(NotDone::retry(LOOK_AGAIN, why));
            }
        }
        look.check(wanted)?;
        let health = slb.describe_health_status(id, Some((wanted.listener.port, &protocol(wanted)))).await?;
        match current::unhealthy(&health, &wanted.backends) {
            None => Ok(()),
            Some(why) => Err(NotDone::retry(HEALTH_AGAIN, format!("the servers behind {id} to be healthy ({why})"))),
        }
    }

    async fn undo(&self, side: &SideContext<'_>, outputs: &mut Outputs) -> Result<(), NotDone> {
        let slb = side.balancers()?;
        let own = own_balancers(side, &slb, outputs).await?;
        if own.is_empty() {
            outputs.private_link.load_balancer_id = None;
            return share::forget_all(side, outputs, Thing::is_load_balancer).await;
        }
        for found in &own {
            let id = &found.load_balancer_id;
            let uses = |other: &SideContext<'_>| uses_balancer(other, id);
            let done = match share::give_up(side, outputs, Thing::load_balancer(id), id, uses).await? {
                Fate::HandedTo(heir) => {
                    let tags = Mark::of_connection(&heir.connection, &heir.uid).tags();
                    slb.tag_load_balancer(id, &tags).await
                }
                Fate::Removed => {
                    unused(side, found).await?;
                    slb.delete_load_balancer(id).await
                }
            };
            match done {
                Err(error) if error.kind() != Kind::Gone => return Err(error.into()),
                Ok(()) | Err(_) => {}
            }
        }
        let ids: Vec<_> = own.iter().map(|found| found.load_balancer_id.as_str()).collect();
        Err(NotDone::retry(LOOK_AGAIN, format!("{} to be gone, or another connection's", ids.join(", "))))
    }

    async fn check_undo(&self, side: &SideContext<'_>) -> Result<(), NotDone> {
        for found in own_balancers(side, &side.balancers()?, side.outputs()).await? {
            let id = &found.load_balancer_id;
            let uses = |other: &SideContext<'_>| uses_balancer(other, id);
            if share::heir(side, &Thing::load_balancer(id), &uses).await?.is_none() {
                unused(side, &found).await?;
            }
        }
        Ok(())
    }

    async fn plan(&self, side: &SideContext<'_>, operation: Operation) -> Result<Vec<Planned>, NotDone> {
        let slb = side.balancers()?;
        let own = own_balancers(side, &slb, side.outputs()).await?;
        match (operation, asked(side)?) {
            (Operation::Pause, _) | (Operation::Apply, None) => Ok(Vec::new()),
            (Operation::Undo, _) => {
                let mut plan = Vec::new();
                for found in &own {
                    let id = &found.load_balancer_id;
                    let uses = |other: &SideContext<'_>| uses_balancer(other, id);
                    plan.push(match share::heir(side, &Thing::load_balancer(id), &uses).await? {
                        Some(heir) => {
                            let what = format!("it is handed over to {}, which uses it too", heir.connection);
                            side.planned(Some("TagResources"), id, &what)
                        }
                        None => {
                            unused(side, found).await?;
                            side.planned(Some("DeleteLoadBalancer"), id, "it is deleted")
                        }
                    });
                }
                Ok(plan)
            }
            (Operation::Apply, Some(wanted)) => match own.first() {
                None => Ok(plan_of_new(side, wanted)),
                Some(found) => {
                    let id = found.load_balancer_id.as_str();
                    let mut plan = vec![side.planned(None, id, "it stands")];
                    let servers = Servers::of(&found.backend_servers, &wanted.backends);
                    for (call, what, servers) in [
                        ("AddBackendServers", "it gets more servers", &servers.missing),
                        ("SetBackendServers", "the weights of servers change", &servers.changed),
                        ("RemoveBackendServers", "it loses servers", &servers.surplus),
                    ] {
                        if !servers.is_empty() {
                            plan.push(side.planned(Some(call), id, &format!("{what}: {}", current::named(servers))));
                        }
                    }
                    Ok(plan)
                }
            },
        }
    }

    fn listings(&self, side: &SideContext<'_>) -> Vec<inventory::ListingId> {
        let Some((id, wanted)) = promised(side) else { return Vec::new() };
        let port = port(id, wanted);
        [LinkListingId::LoadBalancer(id.to_owned()), LinkListingId::Listener(port.clone()), LinkListingId::Health(port)]
            .map(inventory::ListingId::Link)
            .into()
    }

    fn observe(&self, side: &SideContext<'_>, inventory: &Inventory) -> Vec<Finding> {
        let (Some((id, wanted)), view) = (promised(side), side.view(inventory)) else { return Vec::new() };
        let port = port(id, wanted);
        let (
            Some(LinkListing::LoadBalancer(balancer)),
            Some(LinkListing::Listener(listener)),
            Some(LinkListing::Health(health)),
        ) = (
            view.link(LinkListingId::LoadBalancer(id.to_owned())),
            view.link(LinkListingId::Listener(port.clone())),
            view.link(LinkListingId::Health(port)),
        )
        else {
            return Vec::new();
        };
        let look = balancer.as_ref().map(|balancer| Current {
            balancer: LoadBalancer::clone(balancer),
            listener: listener.clone(),
            health: health.clone().unwrap_or_default(),
        });
        drift::findings(side.side(), id, wanted, look.as_ref())
    }
}

/// The load balancer that is asked of this side, if one is.
fn asked<'a>(side: &SideContext<'a>) -> Result<Option<&'a CreateBalancer>, NotDone> {
    Ok(spec(side)?.provider.created())
}

/// The load balancer that is recorded, and what is promised of it.
fn promised<'a>(side: &SideContext<'a>) -> Option<(&'a str, &'a CreateBalancer)> {
    side.outputs().private_link.load_balancer_id.as_deref().zip(asked(side).ok()?)
}

fn port(id: &str, wanted: &CreateBalancer) -> Port {
    let is_http = protocol(wanted) == ListenerProtocol::Http;
    Port { load_balancer_id: id.to_owned(), port: wanted.listener.port, is_http }
}

fn protocol(wanted: &CreateBalancer) -> ListenerProtocol {
    match wanted.listener.protocol {
        ProbeProtocol::Tcp => ListenerProtocol::Tcp,
        ProbeProtocol::Http => ListenerProtocol::Http,
    }
}

/// The connection's load balancer. One that does not exist is asked for.
async fn existing(
    side: &SideContext<'_>,
    slb: &Slb,
    outputs: &mut Outputs,
    wanted: &CreateBalancer,
) -> Result<LoadBalancer, NotDone> {
    let Some(found) = own_balancers(side, slb, outputs).await?.into_iter().next() else {
        if let Some(id) = outputs.private_link.load_balancer_id.take().filter(|_| !side.record().is_repairing()) {
            return Err(NotDone::failed(
                format!("the load balancer {id} is gone; somebody deleted it"),
                "find out who, then retry, which makes it anew; or remove the connection",
            ));
        }
        let created = slb.create_load_balancer(&new_balancer(side, wanted)).await?;
        let id = created.load_balancer_id;
        let why = format!("{id} to be listed");
        outputs.private_link.load_balancer_id = Some(id);
        return Err(NotDone::retry(LOOK_AGAIN, why));
    };
    outputs.private_link.load_balancer_id = Some(found.load_balancer_id.clone());
    match &found.status {
        LoadBalancerStatus::Active => Ok(found),
        status => Err(NotDone::failed(
            format!("the load balancer {} is {status}", found.load_balancer_id),
            "switch it on, or pay what is due, then retry",
        )),
    }
}

fn new_balancer(side: &SideContext<'_>, wanted: &CreateBalancer) -> Create {
    Create {
        name: Some(wanted.name.clone().unwrap_or_else(|| side.mark().name().to_owned())),
        vpc_id: side.place().vpc_id.to_string(),
        vswitch_id: wanted.vswitch_id.to_string(),
        master_zone_id: Some(wanted.primary_zone.to_string()),
        slave_zone_id: wanted.standby_zone.as_ref().map(ToString::to_string),
        // The only way in which they are sold, and the only one that an endpoint service takes.
        instance_charge: Some(InstanceCharge::ByUse),
        spec: None,
        tags: side.mark().tags(),
        client_token: side.client_token("load balancer"),
    }
}

fn new_listener(side: &SideContext<'_>, id: &str, wanted: &CreateBalancer) -> CreateListener {
    let check = &wanted.health_check;
    let kind = match &check.path {
        Some(path) => HealthCheckKind::Http { path: path.clone() },
        None => HealthCheckKind::Tcp,
    };
    CreateListener {
        load_balancer_id: id.to_owned(),
        protocol: protocol(wanted),
        port: wanted.listener.port,
        backend_port: wanted.listener.servers_port(),
        health_check: HealthCheck {
            kind,
            interval_seconds: check.interval_seconds,
            timeout_seconds: check.timeout_seconds,
            healthy_threshold: check.healthy_threshold,
            unhealthy_threshold: check.unhealthy_threshold,
        },
        description: Some(side.mark().name().to_owned()),
    }
}

async fn listener(slb: &Slb, id: &str, wanted: &CreateBalancer) -> Result<Option<alicloud::slb::Listener>, NotDone> {
    Ok(slb.listener(id, wanted.listener.port, &protocol(wanted)).await?)
}

/// Brings the servers to what is wanted, one call at a time: the load balancer is being configured after each. What is not
/// wanted goes last.
async fn serve(slb: &Slb, id: &str, servers: &Servers) -> Result<(), NotDone> {
    let first = |servers: &[BackendServer]| servers.iter().take(MOST_AT_ONCE).cloned().collect::<Vec<_>>();
    if !servers.missing.is_empty() {
        match slb.add_backend_servers(id, &first(&servers.missing)).await {
            Err(error) if error.kind() != Kind::AlreadyThere => return Err(error.into()),
            Ok(_) | Err(_) => {}
        }
    } else if !servers.changed.is_empty() {
        slb.set_backend_servers(id, &first(&servers.changed)).await?;
    } else if !servers.surplus.is_empty() {
        slb.remove_backend_servers(id, &first(&servers.surplus)).await?;
    } else {
        return Ok(());
    }
    Err(NotDone::retry(LOOK_AGAIN, format!("the servers behind {id} to be listed")))
}

/// The load balancer that the spec names may be the one that another connection made.
async fn rely_on_existing(side: &SideContext<'_>, slb: &Slb, outputs: &mut Outputs) -> Result<(), NotDone> {
    let Some(LoadBalancerSpec::Existing(existing)) = &spec(side)?.provider.load_balancer else { return Ok(()) };
    if existing.r#type != BalancerType::Clb {
        return Ok(());
    }
    let id = existing.id.as_str();
    let Some(found) = slb.load_balancer(id).await? else { return Ok(()) };
    match side.mark().other_among(&found.tags) {
        Some(maker) => {
            let uses = |other: &SideContext<'_>| uses_balancer(other, id);
            share::rely_on(side, outputs, &Thing::load_balancer(id), &maker, &uses).await
        }
        None => Ok(()),
    }
}

/// Fails where somebody else uses the load balancer: it has ports that are not ours, or services stand on it. Which ports are
/// ours is known of one that this connection made.
async fn unused(side: &SideContext<'_>, found: &LoadBalancer) -> Result<(), NotDone> {
    let (id, wanted) = (&found.load_balancer_id, asked(side)?);
    let is_other = |port: &u16| wanted.is_some_and(|wanted| *port != wanted.listener.port);
    if let Some(port) = found.listeners().iter().filter_map(|own| own.port).find(is_other) {
        return Err(NotDone::failed(
            format!("the load balancer {id} also listens on port {port}, which this connection did not ask for"),
            "move what uses that port elsewhere and delete the listener, then retry the removal",
        ));
    }
    let behind = ListVpcEndpointServices { resource_id: Some(id.clone()), ..ListVpcEndpointServices::default() };
    let services = side.links()?.list_vpc_endpoint_services(&behind).await?;
    let own = side.outputs().private_link.service_id.as_ref();
    let others = |service: &&alicloud::private_link::EndpointService| {
        let goes = matches!(service.status, ServiceStatus::Deleting | ServiceStatus::Deleted);
        !goes && Some(&service.service_id) != own && !side.mark().is_among(&service.tags)
    };
    match services.iter().find(others) {
        None => Ok(()),
        Some(service) => Err(NotDone::failed(
            format!("the load balancer {id} stands behind the service {} of somebody else", service.service_id),
            "take it away from that service, then retry the removal",
        )),
    }
}

fn plan_of_new(side: &SideContext<'_>, wanted: &CreateBalancer) -> Vec<Planned> {
    let name = wanted.name.clone().unwrap_or_else(|| side.mark().name().to_owned());
    let listener = &wanted.listener;
    let (port, at) = (listener.port, listener.servers_port());
    let servers: Vec<_> =
        wanted.backends.iter().map(|backend| format!("{} at weight {}", backend.instance_id, backend.weight)).collect();
    let call = match listener.protocol {
        ProbeProtocol::Tcp => "CreateLoadBalancerTCPListener",
        ProbeProtocol::Http => "CreateLoadBalancerHTTPListener",
    };
    vec![
        side.planned(Some("CreateLoadBalancer"), NEW, &format!("{name} is made in {}", wanted.primary_zone)),
        side.planned(Some("AddBackendServers"), NEW, &format!("behind it: {}", servers.join(", "))),
        side.planned(Some(call), NEW, &format!("it listens on port {port} for port {at} of its servers")),
        side.planned(Some("StartLoadBalancerListener"), NEW, "and is waited for until its servers are healthy"),
    ]
}
