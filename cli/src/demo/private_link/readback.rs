//! What the cloud itself shows of the link, asked with each account's own keys.

use alicloud::ecs::Direction;
use alicloud::private_link::{ConnectionStatus, EndpointStatus, ServiceStatus, ServiceUser, ZoneStatus};
use alicloud::slb::{HealthStatus, LoadBalancerStatus};
use alicloud::{Client, Region};
use api::connections::Connection;
use connection::words::Side;
use serde::Serialize;

use super::{DemoError, outputs};

/// Everything that the link is made of.
#[derive(Debug, Clone, Serialize)]
pub struct Link {
    pub load_balancer: Balancer,
    pub servers: Vec<Server>,
    pub service: Service,
    /// Who may ask for it.
    pub whitelist: Vec<String>,
    pub endpoint: Endpoint,
    pub zones: Vec<Zone>,
    /// The rules that let its clients in.
    pub rules: Vec<Rule>,
}

/// The load balancer as the cloud shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Balancer {
    pub load_balancer_id: String,
    /// The zone that serves.
    pub primary_zone: String,
    /// The zone that serves while that one does not.
    pub standby_zone: String,
    pub status: String,
}

/// A server as the health check shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Server {
    pub instance_id: String,
    /// The listener's port.
    pub port: u16,
    pub health: String,
}

/// The service as the cloud shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Service {
    pub service_id: String,
    pub name: String,
    pub status: String,
    pub accepts_by_itself: Option<bool>,
    pub payer: String,
}

/// The endpoint as the cloud shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Endpoint {
    pub endpoint_id: String,
    /// The name that leads to all its zones.
    pub domain: String,
    pub status: String,
    pub connection: String,
    /// What it may carry.
    pub bandwidth_mbps: Option<i64>,
}

/// A zone of the endpoint as the cloud shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Zone {
    pub zone_id: String,
    pub vswitch_id: String,
    pub ip: String,
    /// The name that leads to it alone.
    pub domain: String,
    pub status: String,
}

/// A rule as the cloud shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Rule {
    pub security_group_id: String,
    pub ports: String,
    pub source: String,
}

impl Link {
    /// Reads it back. `clients` are those of consumer and provider.
    ///
    /// # Errors
    /// When the cloud refuses a reading call, or the connection does not show a side.
    pub async fn read(
        connection: &Connection,
        (consumer, provider): (&Client, &Client),
        region: &Region,
    ) -> Result<Self, DemoError> {
        let own = &outputs(connection, Side::Consumer)?.private_link;
        let other = &outputs(connection, Side::Provider)?.private_link;
        let id = |made: &Option<String>| made.clone().unwrap_or_default();
        let (slb, links) = (provider.slb(region), provider.private_link(region));
        let balancer = slb.describe_load_balancer_attribute(&id(&other.load_balancer_id)).await?;
        let health = slb.describe_health_status(&balancer.load_balancer_id, None).await?;
        let service = links.get_vpc_endpoint_service_attribute(&id(&other.service_id)).await?;
        let users = links.list_vpc_endpoint_service_users(&service.service_id).await?;
        let links = consumer.private_link(region);
        let endpoint = links.get_vpc_endpoint_attribute(&id(&own.endpoint_id)).await?;
        let zones = links.list_vpc_endpoint_zones(&endpoint.endpoint_id).await?;
        let mut rules = Vec::new();
        for group in links.list_vpc_endpoint_security_groups(&endpoint.endpoint_id).await? {
            let id = group.security_group_id;
            let shown = consumer.ecs(region).describe_security_group_attribute(&id, Some(&Direction::Ingress)).await?;
            rules.extend(shown.permissions.into_iter().filter_map(|rule| {
                let source = rule.source_cidr_ip?.to_string();
                let ports = rule.port_range.map(|ports| ports.to_string()).unwrap_or_default();
                Some(Rule { security_group_id: id.clone(), ports, source })
            }));
        }
        Ok(Self {
            load_balancer: Balancer {
                primary_zone: balancer.master_zone_id.unwrap_or_default(),
                standby_zone: balancer.slave_zone_id.unwrap_or_default(),
                status: balancer.status.to_string(),
                load_balancer_id: balancer.load_balancer_id,
            },
            servers: health
                .into_iter()
                .map(|server| Server {
                    instance_id: server.server_id,
                    port: server.listener_port.unwrap_or_default(),
                    health: server.status.to_string(),
                })
                .collect(),
            service: Service {
                name: service.service_name.unwrap_or_default(),
                status: service.status.to_string(),
                accepts_by_itself: service.auto_accept_enabled,
                payer: service.payer.map(|payer| payer.to_string()).unwrap_or_default(),
                service_id: service.service_id,
            },
            whitelist: users
                .into_iter()
                .map(|user| match user {
                    ServiceUser::Account(id) => id,
                    ServiceUser::Arn(arn) => arn,
                })
                .collect(),
            endpoint: Endpoint {
                domain: endpoint.endpoint_domain.unwrap_or_default(),
                status: endpoint.status.to_string(),
                connection: endpoint.connection_status.map(|status| status.to_string()).unwrap_or_default(),
                bandwidth_mbps: endpoint.bandwidth,
                endpoint_id: endpoint.endpoint_id,
            },
            zones: zones
                .into_iter()
                .map(|zone| Zone {
                    zone_id: zone.zone_id,
                    vswitch_id: zone.vswitch_id.unwrap_or_default(),
                    ip: zone.eni_ip.map(|ip| ip.to_string()).unwrap_or_default(),
                    domain: zone.zone_domain.unwrap_or_default(),
                    status: zone.status.map(|status| status.to_string()).unwrap_or_default(),
                })
                .collect(),
            rules,
        })
    }

    /// Whether it is what the record promises: everything stands, is connected and healthy, and nobody gets in unasked.
    #[must_use]
    pub fn holds(&self, connection: &Connection) -> bool {
        let consumer = connection.sides.get(&Side::Consumer).map(|known| known.account_id.as_str());
        let bandwidth = connection.spec.private_link().and_then(|spec| spec.provider.bandwidth_mbps);
        self.load_balancer.status == LoadBalancerStatus::Active.as_str()
            && !self.servers.is_empty()
            && self.servers.iter().all(|server| server.health == HealthStatus::Normal.as_str())
            && self.service.status == ServiceStatus::Active.as_str()
            && self.service.accepts_by_itself == Some(false)
            && self.whitelist.iter().any(|user| consumer == Some(user.as_str()))
            && self.endpoint.status == EndpointStatus::Active.as_str()
            && self.endpoint.connection == ConnectionStatus::Connected.as_str()
            && self.endpoint.bandwidth_mbps == bandwidth.map(i64::from)
            && !self.zones.is_empty()
            && self.zones.iter().all(|zone| zone.status == ZoneStatus::Connected.as_str())
            && !self.rules.is_empty()
    }
}
