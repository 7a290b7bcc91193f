//! The same person, as the owner of either side of a private link.

use alicloud::ecs::{Ecs, RevokeSecurityGroup, Revoked, RunCommand};
use alicloud::private_link::{
    ConnectionStatus, NewResource, PrivateLink, ResourceType, UpdateVpcEndpointAttribute,
    UpdateVpcEndpointServiceAttribute,
};
use alicloud::slb::{BackendServer, Slb};
use alicloud::{Error, Kind as ErrorKind};
use connection::record::Record;
use connection::spec::{CreateBalancer, KindSpec, PrivateLinkSpec};
use connection::words::Side;
use http::Method;
use serde_json::{Value, json};

use super::{ManualEdits, SETTLED};
use crate::links::REGION;

/// The version of the load balancers' API.
const SLB: &str = "2014-05-15";

/// One change by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkEdit {
    /// A server no longer stands behind the load balancer.
    TakeServer,
    /// None does.
    TakeServers,
    /// A server gets less traffic.
    WeighServer,
    /// The load balancer is switched off.
    SwitchOffBalancer,
    /// It listens no longer.
    StopListener,
    /// It has no port any more.
    DeleteListener,
    /// The load balancer goes, after the endpoint was cut and the service left without it.
    DeleteBalancer,
    /// The load balancer no longer stands behind the service, after the endpoint was cut.
    TakeBalancer,
    /// The service accepts whoever asks.
    AutoAccept,
    /// The service gets another description.
    DescribeService,
    /// Somebody else may ask for the service.
    ListStranger,
    /// The consumer is struck off the whitelist.
    StrikeConsumer,
    /// The endpoint goes, and with it the service.
    DeleteService,
    /// The endpoint is cut.
    Cut,
    /// The endpoint may carry less.
    Throttle,
    /// The endpoint gets another name.
    RenameEndpoint,
    /// The endpoint goes.
    DeleteEndpoint,
    /// The endpoint is in no zone any more.
    RemoveZones,
    /// The rule that lets the clients in goes.
    RevokeRule,
}

impl LinkEdit {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::TakeServer,
        Self::TakeServers,
        Self::WeighServer,
        Self::SwitchOffBalancer,
        Self::StopListener,
        Self::DeleteListener,
        Self::DeleteBalancer,
        Self::TakeBalancer,
        Self::AutoAccept,
        Self::DescribeService,
        Self::ListStranger,
        Self::StrikeConsumer,
        Self::DeleteService,
        Self::Cut,
        Self::Throttle,
        Self::RenameEndpoint,
        Self::DeleteEndpoint,
        Self::RemoveZones,
        Self::RevokeRule,
    ];

    /// Whether a repair sets it right. A load balancer that was switched off may have been so for a reason.
    #[must_use]
    pub fn is_mended(self) -> bool {
        self != Self::SwitchOffBalancer
    }

    /// Whether the endpoint is cut and still there: that stands until a person decides.
    #[must_use]
    pub fn cuts(self) -> bool {
        matches!(self, Self::Cut | Self::TakeBalancer | Self::DeleteBalancer)
    }
}

/// A hand on what was made for a private link.
pub(super) struct Hand<'a> {
    manual_edits: &'a ManualEdits<'a>,
    record: Record,
    spec: PrivateLinkSpec,
    service: String,
    endpoint: String,
    balancer: String,
    links_of_provider: PrivateLink,
    links_of_consumer: PrivateLink,
    balancers: Slb,
}

/// The cloud does not let it be done, or there is nothing left to do it to.
#[derive(Debug)]
pub(super) struct Refused;

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        let may_be =
            matches!(error.kind(), ErrorKind::Gone | ErrorKind::AlreadyThere | ErrorKind::Busy | ErrorKind::Refused);
        assert!(may_be, "the cloud refuses what it never should: {error}");
        Self
    }
}

impl<'a> Hand<'a> {
    pub(super) fn of(manual_edits: &'a ManualEdits<'a>, record: Record) -> Self {
        let KindSpec::PrivateLink(spec) = record.spec.kind.clone() else { panic!("it is no private link") };
        let region = REGION.parse().expect("it is a region");
        let client = |side| manual_edits.system.client(record.spec.place(side).account.as_str());
        let (provider, consumer) = (client(Side::Provider), client(Side::Consumer));
        let outputs = |side: Side| record.sides[&side].outputs.private_link.clone();
        let (of_provider, of_consumer) = (outputs(Side::Provider), outputs(Side::Consumer));
        Self {
            manual_edits,
            spec: *spec,
            service: of_provider.service_id.unwrap_or_default(),
            endpoint: of_consumer.endpoint_id.unwrap_or_default(),
            balancer: of_provider.load_balancer_id.unwrap_or_default(),
            links_of_provider: provider.private_link(&region),
            links_of_consumer: consumer.private_link(&region),
            balancers: provider.slb(&region),
            record,
        }
    }

    fn wanted(&self) -> &CreateBalancer {
        self.spec.provider.created().expect("the tutorial makes its load balancer")
    }

    /// The load balancer as it stands behind the service.
    fn resource(&self) -> NewResource {
        let zone_id = Some(self.wanted().primary_zone.to_string());
        NewResource { resource_type: ResourceType::Clb, resource_id: self.balancer.clone(), zone_id }
    }

    pub(super) async fn does(&self, edit: LinkEdit) -> Result<(), Refused> {
        let (links, service, token) = (&self.links_of_provider, self.service.as_str(), self.manual_edits.token());
        let backends = self.wanted().backends.iter();
        let server = |weight| move |id: String| BackendServer { server_id: id, weight };
        let mut servers = backends.map(|one| one.instance_id.to_string());
        let port = self.wanted().listener.port.to_string();
        match edit {
            LinkEdit::TakeServer => self.take(servers.take(1).map(server(None)).collect()).await,
            LinkEdit::TakeServers => self.take(servers.map(server(None)).collect()).await,
            LinkEdit::WeighServer => {
                let one: Vec<_> = servers.next().map(server(Some(7))).into_iter().collect();
                Ok(self.balancers.set_backend_servers(&self.balancer, &one).await.map(drop)?)
            }
            LinkEdit::SwitchOffBalancer => self.raw("SetLoadBalancerStatus", ("LoadBalancerStatus", "inactive")).await,
            LinkEdit::StopListener => self.raw("StopLoadBalancerListener", ("ListenerPort", &port)).await,
            LinkEdit::DeleteListener => self.raw("DeleteLoadBalancerListener", ("ListenerPort", &port)).await,
            LinkEdit::TakeBalancer => self.take_balancer().await,
            LinkEdit::DeleteBalancer => {
                self.take_balancer().await?;
                Ok(self.balancers.delete_load_balancer(&self.balancer).await?)
            }
            LinkEdit::AutoAccept => self.update_service(Some(true), None).await,
            LinkEdit::DescribeService => self.update_service(None, Some("by hand")).await,
            LinkEdit::ListStranger => {
                let stranger = "1000000000000099".parse().expect("it is an account");
                Ok(links.add_user_to_vpc_endpoint_service(service, &stranger, &token).await?)
            }
            LinkEdit::StrikeConsumer => {
                let consumer = self.record.sides[&Side::Consumer].account_id.parse().expect("it is an account");
                Ok(links.remove_user_from_vpc_endpoint_service(service, &consumer, &token).await?)
            }
            LinkEdit::DeleteService => {
                self.delete_endpoint().await?;
                links.detach_resource_from_vpc_endpoint_service(service, &self.resource(), &token).await?;
                tokio::time::sleep(SETTLED).await;
                Ok(links.delete_vpc_endpoint_service(service, &self.manual_edits.token()).await?)
            }
            LinkEdit::Cut => self.cut().await,
            LinkEdit::Throttle => {
                Ok(links.update_vpc_endpoint_connection_attribute(service, &self.endpoint, 100, &token).await?)
            }
            LinkEdit::RenameEndpoint => {
                let request = UpdateVpcEndpointAttribute {
                    endpoint_id: self.endpoint.clone(),
                    name: Some("by-hand".to_owned()),
                    description: None,
                    zone_affinity_enabled: None,
                    client_token: token,
                };
                Ok(self.links_of_consumer.update_vpc_endpoint_attribute(&request).await?)
            }
            LinkEdit::DeleteEndpoint => self.delete_endpoint().await,
            LinkEdit::RemoveZones => self.remove_zones().await,
            LinkEdit::RevokeRule => self.revoke().await,
        }
    }

    async fn take(&self, servers: Vec<BackendServer>) -> Result<(), Refused> {
        Ok(self.balancers.remove_backend_servers(&self.balancer, &servers).await.map(drop)?)
    }

    async fn cut(&self) -> Result<(), Refused> {
        let (links, token) = (&self.links_of_provider, self.manual_edits.token());
        links.disable_vpc_endpoint_connection(&self.service, &self.endpoint, &token).await?;
        tokio::time::sleep(SETTLED).await;
        Ok(())
    }

    async fn take_balancer(&self) -> Result<(), Refused> {
        self.cut().await?;
        let (links, token) = (&self.links_of_provider, self.manual_edits.token());
        links.detach_resource_from_vpc_endpoint_service(&self.service, &self.resource(), &token).await?;
        tokio::time::sleep(SETTLED).await;
        Ok(())
    }

    async fn update_service(&self, accepts: Option<bool>, description: Option<&str>) -> Result<(), Refused> {
        let request = UpdateVpcEndpointServiceAttribute {
            service_id: self.service.clone(),
            description: description.map(str::to_owned),
            auto_accept_enabled: accepts,
            zone_affinity_enabled: None,
            connect_bandwidth: None,
            client_token: self.manual_edits.token(),
        };
        Ok(self.links_of_provider.update_vpc_endpoint_service_attribute(&request).await?)
    }

    async fn remove_zones(&self) -> Result<(), Refused> {
        let (links, id) = (&self.links_of_consumer, &self.endpoint);
        for zone in links.list_vpc_endpoint_zones(id).await? {
            links.remove_zone_from_vpc_endpoint(id, &zone.zone_id, &self.manual_edits.token()).await?;
            tokio::time::sleep(SETTLED).await;
        }
        Ok(())
    }

    async fn delete_endpoint(&self) -> Result<(), Refused> {
        self.remove_zones().await?;
        self.links_of_consumer.delete_vpc_endpoint(&self.endpoint, &self.manual_edits.token()).await?;
        tokio::time::sleep(SETTLED).await;
        Ok(())
    }

    async fn revoke(&self) -> Result<(), Refused> {
        for rule in &self.record.sides[&Side::Consumer].outputs.rules {
            let request = RevokeSecurityGroup {
                security_group_id: rule.security_group_id.clone(),
                rules: Revoked::ById(vec![rule.rule_id.clone()]),
                client_token: self.manual_edits.token(),
            };
            self.ecs_of_consumer().revoke_security_group(&request).await?;
        }
        Ok(())
    }

    fn ecs_of_consumer(&self) -> Ecs {
        let place = self.record.spec.place(Side::Consumer);
        self.manual_edits.system.client(place.account.as_str()).ecs(&REGION.parse().expect("it is a region"))
    }

    /// A call on the load balancer for which there is no typed one.
    async fn raw(&self, action: &str, param: (&str, &str)) -> Result<(), Refused> {
        let (account, _) = self.manual_edits.seeded(&self.record, Side::Provider);
        let params = [("RegionId", REGION), ("LoadBalancerId", self.balancer.as_str()), param];
        let answer = self.manual_edits.system.raw(account, SLB, action, &params).await;
        if answer["Code"].is_null() { Ok(()) } else { Err(Refused) }
    }

    /// Switches the load balancer on again, as its owner does who had switched it off.
    pub(super) async fn takes_it_back(&self) {
        let on = ("LoadBalancerStatus", "active");
        // One that is gone cannot be switched on.
        let _ = self.raw("SetLoadBalancerStatus", on).await;
        let (service, endpoint) = (&self.service, &self.endpoint);
        let found = self.links_of_provider.connection(service, endpoint).await.expect("the cloud answers");
        // An endpoint that was cut by hand stays so until a person says otherwise.
        if found.is_some_and(|found| found.status == ConnectionStatus::Disconnected) {
            let (path, word) = (
                format!("/v1/approvals/{service}/{endpoint}"),
                json!({"decision": "approve", "reason": "cut by mistake"}),
            );
            let said: Result<Value, _> = self.manual_edits.system.tell(Method::POST, &path, &word).await;
            said.expect("the webhook takes it");
        }
        tokio::time::sleep(SETTLED).await;
    }

    /// Whether an instance of the consumer gets an answer from the endpoint by its name.
    pub(super) async fn is_answered(&self) -> bool {
        let domain = match self.links_of_consumer.endpoint(&self.endpoint).await.expect("the cloud answers") {
            Some(endpoint) => endpoint.endpoint_domain.expect("an endpoint has a domain"),
            None => return false,
        };
        let (_, vpc) = self.manual_edits.seeded(&self.record, Side::Consumer);
        let (ecs, port) = (self.ecs_of_consumer(), self.wanted().listener.port);
        let request = RunCommand {
            instance_ids: vec![vpc.instances[0].instance_id.clone()],
            script: format!("curl -sS -o /dev/null --connect-timeout 3 -m 5 http://{domain}:{port}/"),
            timeout_seconds: 30,
            name: None,
            username: "nobody".to_owned(),
            working_dir: "/".to_owned(),
            client_token: self.manual_edits.token(),
        };
        let run = ecs.run_command(&request).await.expect("the cloud runs it").invoke_id;
        tokio::time::sleep(SETTLED).await;
        let results = ecs.describe_invocation_results(&run).await.expect("the cloud tells");
        results.first().expect("it ran on one server").exit_code == Some(0)
    }
}
