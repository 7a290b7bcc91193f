//! The side that offers the service.

use alicloud::balancer::{Balancer, BalancerListener, BalancerListenerStatus, BalancerStatus};
use alicloud::ecs::InstanceStatus;
use alicloud::private_link::ServiceStatus;
use alicloud::slb::{AddressType, ListenerProtocol, ListenerStatus, LoadBalancerStatus, PayType};
use alicloud::vpc::BusinessStatus;
use connection::spec::{BalancerType, CreateBalancer, ExistingBalancer, LoadBalancerSpec, PrivateLinkSpec, ServiceId};
use futures::future::join_all;

use super::{FoundSide, PreflightError, flatten};

const ADD_LISTENER: &str = "add a listener there, or name the port that the endpoint shall reach";
const EXISTING: &str = "/provider/load_balancer/existing/id";
const CREATE: &str = "/provider/load_balancer/create";

/// What stands in the way here.
pub(super) async fn obstacles(end: &FoundSide<'_>, link: &PrivateLinkSpec) -> Vec<PreflightError> {
    match (&link.provider.load_balancer, &link.consumer.service) {
        (Some(LoadBalancerSpec::Create(made)), _) => created(end, made).await,
        (Some(LoadBalancerSpec::Existing(existing)), _) => match existing.r#type {
            BalancerType::Clb => flatten(classic(end, link, existing).await),
            BalancerType::Nlb | BalancerType::Alb => flatten(modern(end, link, existing).await),
        },
        (None, Some(service)) => flatten(offered(end, service).await),
        (None, None) => Vec::new(),
    }
}

/// A load balancer that is to be made.
async fn created(end: &FoundSide<'_>, made: &CreateBalancer) -> Vec<PreflightError> {
    let mut errors: Vec<PreflightError> = Vec::new();
    errors.extend(end.zone(format!("{CREATE}/primary_zone"), made.primary_zone.as_str()));
    if let Some(zone) = &made.standby_zone {
        errors.extend(end.zone(format!("{CREATE}/standby_zone"), zone.as_str()));
    }
    errors.extend(end.vswitch(&format!("{CREATE}/vswitch_id"), made.vswitch_id.as_str()).err());
    let servers = made.backends.iter().enumerate().map(|(index, backend)| async move {
        let pointer = format!("{CREATE}/backends/{index}/instance_id");
        let instance = end.instance(&pointer, backend.instance_id.as_str()).await?;
        match instance.status {
            InstanceStatus::Running => Ok(()),
            status => {
                let detail = format!(
                    "instance {} is {status}; only a running one can stand behind a load balancer; start it first",
                    backend.instance_id
                );
                Err(PreflightError::at(pointer, detail))
            }
        }
    });
    errors.extend(join_all(servers).await.into_iter().filter_map(Result::err));
    errors
}

/// A classic load balancer that is there: private, paid as it goes, with its primary zone where the endpoint will be.
async fn classic(
    end: &FoundSide<'_>,
    link: &PrivateLinkSpec,
    existing: &ExistingBalancer,
) -> Result<Vec<PreflightError>, PreflightError> {
    let (slb, id) = (end.client.slb(&end.region), existing.id.as_str());
    let failed = |error: alicloud::Error| PreflightError::of(EXISTING.to_owned(), error);
    let Some(found) = slb.load_balancer(id).await.map_err(failed)? else { return Ok(vec![none(end, id)]) };
    let mut errors = Vec::new();
    let mut problem = |detail: String| errors.push(PreflightError::at(EXISTING, detail));
    if found.status != LoadBalancerStatus::Active {
        problem(format!("load balancer {id} is {}, not active; see to that first", found.status));
    }
    if found.address_type.as_ref().is_some_and(|kind| *kind != AddressType::Intranet) {
        problem(format!(
            "load balancer {id} is reached from the internet; an endpoint service takes private ones only; name such a one"
        ));
    }
    if found.pay_type.as_ref().is_some_and(|pay| *pay != PayType::PayOnDemand) {
        problem(format!(
            "load balancer {id} is paid for in advance; an endpoint service takes those paid as they go only; name such a one"
        ));
    }
    if found.vpc_id.as_deref() != Some(end.place.vpc_id.as_str()) {
        problem(format!("load balancer {id} is not in {}; name one of that VPC", end.place.vpc_id));
    }
    if found.backend_servers.is_empty() {
        problem(format!("load balancer {id} has no servers; put some behind it first"));
    }
    let port = link.probe().port;
    let protocol = found.listeners().iter().find(|own| own.port == Some(port)).map(|own| own.protocol.clone());
    match protocol {
        None => problem(format!("load balancer {id} does not listen on port {port}; {ADD_LISTENER}")),
        Some(Some(protocol @ (ListenerProtocol::Tcp | ListenerProtocol::Http))) => {
            let listener = slb.listener(id, port, &protocol).await.map_err(failed)?;
            if let Some(listener) = listener.filter(|listener| listener.status != ListenerStatus::Running) {
                problem(format!("port {port} of load balancer {id} is {}; start it", listener.status));
            }
        }
        Some(_) => {}
    }
    if let Some(primary) = &found.master_zone_id {
        for (index, zone) in link.consumer.zones.iter().enumerate().filter(|(_, zone)| zone.zone_id.as_str() != primary)
        {
            let detail = format!(
                "load balancer {id} serves {primary}, its primary zone, only, not {}; name that zone alone",
                zone.zone_id
            );
            errors.push(PreflightError::at(format!("/consumer/zones/{index}/zone_id"), detail));
        }
    }
    Ok(errors)
}

/// A network or application load balancer that is there, in each zone where the endpoint will be.
async fn modern(
    end: &FoundSide<'_>,
    link: &PrivateLinkSpec,
    existing: &ExistingBalancer,
) -> Result<Vec<PreflightError>, PreflightError> {
    let id = existing.id.as_str();
    let failed = |error: alicloud::Error| PreflightError::of(EXISTING.to_owned(), error);
    let (found, listeners) = if existing.r#type == BalancerType::Nlb {
        let nlb = end.client.nlb(&end.region);
        (nlb.load_balancer(id).await.map_err(failed)?, nlb.listeners(id).await)
    } else {
        let alb = end.client.alb(&end.region);
        (alb.load_balancer(id).await.map_err(failed)?, alb.listeners(id).await)
    };
    let Some(found) = found else { return Ok(vec![none(end, id)]) };
    let listeners = listeners.map_err(failed)?;
    let mut errors = zones_of(&found, link);
    let mut problem = |detail: String| errors.push(PreflightError::at(EXISTING, detail));
    if found.status != BalancerStatus::Active {
        problem(format!("load balancer {id} is {}, not active; see to that first", found.status));
    }
    if let Some(status) = found.business_status.as_ref().filter(|status| **status != BusinessStatus::Normal) {
        problem(format!("load balancer {id} is {status}; pay what is due first"));
    }
    if found.vpc_id.as_deref() != Some(end.place.vpc_id.as_str()) {
        problem(format!("load balancer {id} is not in {}; name one of that VPC", end.place.vpc_id));
    }
    problem_of_port(&listeners, link.probe().port).into_iter().for_each(problem);
    Ok(errors)
}

fn zones_of(found: &Balancer, link: &PrivateLinkSpec) -> Vec<PreflightError> {
    let own: Vec<&str> = found.zone_mappings.iter().map(|zone| zone.zone_id.as_str()).collect();
    let missing = link.consumer.zones.iter().enumerate().filter(|(_, zone)| !own.contains(&zone.zone_id.as_str()));
    let failed = |(index, zone): (usize, &connection::spec::EndpointZone)| {
        let detail = format!(
            "load balancer {} is not in {}; name zones of {}",
            found.load_balancer_id,
            zone.zone_id,
            own.join(", ")
        );
        PreflightError::at(format!("/consumer/zones/{index}/zone_id"), detail)
    };
    missing.map(failed).collect()
}

/// What is wrong with the listener on the port, if there is something.
fn problem_of_port(listeners: &[BalancerListener], port: u16) -> Option<String> {
    // One on a range of ports shows port 0; whether it covers this one is not told.
    let fits = |listener: &&BalancerListener| matches!(listener.port, Some(own) if own == port || own == 0);
    let Some(found) = listeners.iter().find(fits) else {
        return Some(format!("the load balancer does not listen on port {port}; {ADD_LISTENER}"));
    };
    if found.protocol.as_deref().is_some_and(|protocol| protocol.eq_ignore_ascii_case("TCPSSL")) {
        return Some(format!("port {port} speaks TCPSSL, which endpoints do not reach; use TCP"));
    }
    match &found.status {
        Some(status) if *status != BalancerListenerStatus::Running => {
            Some(format!("port {port} is {status}; start it"))
        }
        Some(_) | None => None,
    }
}

fn none(end: &FoundSide<'_>, id: &str) -> PreflightError {
    let place = end.place;
    PreflightError::at(
        EXISTING,
        format!(
            "account {} has no load balancer {id} in {}; name one that is there, or create one",
            place.account, place.region_id
        ),
    )
}

/// An existing service of this account.
async fn offered(end: &FoundSide<'_>, service: &ServiceId) -> Result<Vec<PreflightError>, PreflightError> {
    let pointer = "/consumer/service";
    let found =
        end.links().service(service.id()).await.map_err(|error| PreflightError::of(pointer.to_owned(), error))?;
    let place = end.place;
    let detail = match found {
        None => format!(
            "account {} has no endpoint service {service} in {}; name one that is there",
            place.account, place.region_id
        ),
        Some(found) if found.status != ServiceStatus::Active => {
            format!("service {service} is {}, not Active; send the request again when it is", found.status)
        }
        Some(found) => match found.business_status.filter(|status| *status != BusinessStatus::Normal) {
            Some(status) => format!("service {service} is {status}; pay what is due first"),
            None => return Ok(Vec::new()),
        },
    };
    Ok(vec![PreflightError::at(pointer, detail)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_endpoints_do_not_reach_is_told_before_anything_is_made() {
        let listener = |port: u16, protocol: &str, status: &str| -> BalancerListener {
            serde_json::from_value(serde_json::json!({
                "ListenerId": "lsn-1", "ListenerPort": port, "ListenerProtocol": protocol, "ListenerStatus": status,
            }))
            .unwrap()
        };
        let told = |port, protocol, status| problem_of_port(&[listener(port, protocol, status)], 80);
        assert_eq!(told(80, "TCP", "Running"), None);
        assert_eq!(told(0, "TCP", "Running"), None, "a range of ports may cover it");
        assert!(told(81, "TCP", "Running").unwrap().contains("does not listen on port 80"));
        assert!(told(80, "TCPSSL", "Running").unwrap().contains("TCPSSL"));
        assert!(told(80, "TCP", "Stopped").unwrap().contains("Stopped"));
    }
}
