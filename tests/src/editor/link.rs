//! Somebody who changes a private link by hand, as the owner of either account.

use std::time::Duration;

use alicloud::ecs::{RevokeSecurityGroup, Revoked, RunCommand};
use alicloud::private_link::{
    NewResource, PrivateLink, ResourceType, UpdateVpcEndpointAttribute, UpdateVpcEndpointServiceAttribute,
};
use alicloud::slb::{BackendServer, Slb};
use alicloud::{ClientToken, Error, Kind as ErrorKind};
use bytes::Bytes;
use connection::record::Record;
use connection::spec::{CreateBalancer, KindSpec, PrivateLinkSpec};
use connection::words::Side;
use http::Request;
use serde_json::Value;
use signing::acs3;

use crate::links::REGION;
use crate::world::World;

/// How long the cloud may take for one change.
const SETTLED: Duration = Duration::from_secs(30);

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
}

/// Somebody with the keys of both accounts.
pub struct LinkEditor<'a> {
    world: &'a World,
    name: String,
}

/// The link as it stands, and the APIs of its owners.
struct Link {
    spec: PrivateLinkSpec,
    service: String,
    endpoint: String,
    balancer: String,
    rules: Vec<(String, String)>,
    links_of_provider: PrivateLink,
    links_of_consumer: PrivateLink,
    balancers: Slb,
}

impl Link {
    fn wanted(&self) -> &CreateBalancer {
        self.spec.provider.created().expect("the tutorial makes its load balancer")
    }

    fn resource(&self) -> NewResource {
        let zone_id = Some(self.wanted().primary_zone.to_string());
        NewResource { resource_type: ResourceType::Clb, resource_id: self.balancer.clone(), zone_id }
    }
}

impl<'a> LinkEditor<'a> {
    /// An editor of what was made for a private link.
    #[must_use]
    pub fn of(world: &'a World, name: &str) -> Self {
        Self { world, name: name.to_owned() }
    }

    async fn record(&self) -> Record {
        let name = self.name.parse().expect("it is a name");
        self.world.store().read(&name).await.expect("the store reads").expect("there is a record").record
    }

    async fn link(&self) -> Link {
        let record = self.record().await;
        let KindSpec::PrivateLink(spec) = record.spec.kind.clone() else { panic!("it is no private link") };
        let region = REGION.parse().expect("it is a region");
        let client = |side| self.world.client(record.spec.place(side).account.as_str());
        let (provider, consumer) = (client(Side::Provider), client(Side::Consumer));
        let made = |side: Side| record.sides[&side].made.clone();
        let (made, of_consumer) = (made(Side::Provider).private_link, made(Side::Consumer));
        Link {
            spec: *spec,
            service: made.service_id.unwrap_or_default(),
            endpoint: of_consumer.private_link.endpoint_id.unwrap_or_default(),
            balancer: made.load_balancer_id.unwrap_or_default(),
            rules: of_consumer.rules.into_iter().map(|rule| (rule.security_group_id, rule.rule_id)).collect(),
            links_of_provider: provider.private_link(&region),
            links_of_consumer: consumer.private_link(&region),
            balancers: provider.slb(&region),
        }
    }

    fn token(&self) -> ClientToken {
        format!("{:016x}", self.world.io().entropy.next_u64()).parse().expect("it is a token")
    }

    /// Does it, and waits until the cloud has settled. What the cloud refuses is not done: `false`.
    ///
    /// # Panics
    /// When the cloud refuses what it never should.
    pub async fn does(&self, edit: LinkEdit) -> bool {
        let link = self.link().await;
        let port = link.wanted().listener.port.to_string();
        // What nobody but this editor does has no typed call.
        let untyped = match edit {
            LinkEdit::SwitchOffBalancer => Some(("SetLoadBalancerStatus", ("LoadBalancerStatus", "inactive"))),
            LinkEdit::StopListener => Some(("StopLoadBalancerListener", ("ListenerPort", port.as_str()))),
            LinkEdit::DeleteListener => Some(("DeleteLoadBalancerListener", ("ListenerPort", port.as_str()))),
            _ => None,
        };
        let done = match untyped {
            Some((action, param)) => Ok(self.raw(action, &link.balancer, param).await),
            None => self.try_to(edit, &link).await.map(|()| true),
        };
        tokio::time::sleep(SETTLED).await;
        match done {
            Ok(done) => done,
            Err(error) => match error.kind() {
                ErrorKind::Gone | ErrorKind::AlreadyThere | ErrorKind::Busy | ErrorKind::Refused => false,
                _ => panic!("{edit:?}: {error}"),
            },
        }
    }

    async fn try_to(&self, edit: LinkEdit, link: &Link) -> Result<(), Error> {
        let backends = &link.wanted().backends;
        let server = |weight| BackendServer { server_id: backends[0].instance_id.to_string(), weight };
        match edit {
            LinkEdit::TakeServer => self.take(link, &[server(None)]).await,
            LinkEdit::TakeServers => {
                let all =
                    backends.iter().map(|one| BackendServer { server_id: one.instance_id.to_string(), weight: None });
                self.take(link, &all.collect::<Vec<_>>()).await
            }
            LinkEdit::WeighServer => {
                link.balancers.set_backend_servers(&link.balancer, &[server(Some(7))]).await.map(drop)
            }
            LinkEdit::TakeBalancer => self.take_balancer(link).await,
            LinkEdit::DeleteBalancer => {
                self.take_balancer(link).await?;
                link.balancers.delete_load_balancer(&link.balancer).await
            }
            LinkEdit::AutoAccept => self.update_service(link, Some(true), None).await,
            LinkEdit::DescribeService => self.update_service(link, None, Some("by hand")).await,
            LinkEdit::ListStranger => {
                let stranger = "1000000000000099".parse().expect("it is an account");
                let links = &link.links_of_provider;
                links.add_user_to_vpc_endpoint_service(&link.service, &stranger, &self.token()).await
            }
            LinkEdit::StrikeConsumer => {
                let consumer = self.world.account_id("a").parse().expect("it is an account");
                let links = &link.links_of_provider;
                links.remove_user_from_vpc_endpoint_service(&link.service, &consumer, &self.token()).await
            }
            LinkEdit::DeleteService => {
                self.delete_endpoint(link).await?;
                let (links, id) = (&link.links_of_provider, &link.service);
                links.detach_resource_from_vpc_endpoint_service(id, &link.resource(), &self.token()).await?;
                tokio::time::sleep(SETTLED).await;
                links.delete_vpc_endpoint_service(id, &self.token()).await
            }
            LinkEdit::Cut => self.cut(link).await,
            LinkEdit::Throttle => {
                let links = &link.links_of_provider;
                links.update_vpc_endpoint_connection_attribute(&link.service, &link.endpoint, 100, &self.token()).await
            }
            LinkEdit::RenameEndpoint => {
                let request = UpdateVpcEndpointAttribute {
                    endpoint_id: link.endpoint.clone(),
                    name: Some("by-hand".to_owned()),
                    description: None,
                    zone_affinity_enabled: None,
                    client_token: self.token(),
                };
                link.links_of_consumer.update_vpc_endpoint_attribute(&request).await
            }
            LinkEdit::DeleteEndpoint => self.delete_endpoint(link).await,
            LinkEdit::RemoveZones => self.remove_zones(link).await,
            LinkEdit::RevokeRule => self.revoke(link).await,
            LinkEdit::SwitchOffBalancer | LinkEdit::StopListener | LinkEdit::DeleteListener => {
                unreachable!("{edit:?} has no typed call")
            }
        }
    }

    async fn take(&self, link: &Link, servers: &[BackendServer]) -> Result<(), Error> {
        link.balancers.remove_backend_servers(&link.balancer, servers).await.map(drop)
    }

    async fn cut(&self, link: &Link) -> Result<(), Error> {
        let links = &link.links_of_provider;
        links.disable_vpc_endpoint_connection(&link.service, &link.endpoint, &self.token()).await?;
        tokio::time::sleep(SETTLED).await;
        Ok(())
    }

    async fn take_balancer(&self, link: &Link) -> Result<(), Error> {
        self.cut(link).await?;
        let links = &link.links_of_provider;
        links.detach_resource_from_vpc_endpoint_service(&link.service, &link.resource(), &self.token()).await?;
        tokio::time::sleep(SETTLED).await;
        Ok(())
    }

    async fn update_service(&self, link: &Link, accepts: Option<bool>, description: Option<&str>) -> Result<(), Error> {
        let request = UpdateVpcEndpointServiceAttribute {
            service_id: link.service.clone(),
            description: description.map(str::to_owned),
            auto_accept_enabled: accepts,
            zone_affinity_enabled: None,
            connect_bandwidth: None,
            client_token: self.token(),
        };
        link.links_of_provider.update_vpc_endpoint_service_attribute(&request).await
    }

    async fn remove_zones(&self, link: &Link) -> Result<(), Error> {
        let (links, id) = (&link.links_of_consumer, &link.endpoint);
        for zone in links.list_vpc_endpoint_zones(id).await? {
            links.remove_zone_from_vpc_endpoint(id, &zone.zone_id, &self.token()).await?;
            tokio::time::sleep(SETTLED).await;
        }
        Ok(())
    }

    async fn delete_endpoint(&self, link: &Link) -> Result<(), Error> {
        self.remove_zones(link).await?;
        link.links_of_consumer.delete_vpc_endpoint(&link.endpoint, &self.token()).await?;
        tokio::time::sleep(SETTLED).await;
        Ok(())
    }

    async fn revoke(&self, link: &Link) -> Result<(), Error> {
        let region = REGION.parse().expect("it is a region");
        for (group, rule) in &link.rules {
            let request = RevokeSecurityGroup {
                security_group_id: group.clone(),
                rules: Revoked::ById(vec![rule.clone()]),
                client_token: self.token(),
            };
            self.world.client("a").ecs(&region).revoke_security_group(&request).await?;
        }
        Ok(())
    }

    /// Makes a call for which there is no typed one. Whether the cloud carried it out.
    async fn raw(&self, action: &str, balancer: &str, param: (&str, &str)) -> bool {
        let account = self.world.accounts().iter().find(|account| account.alias == "b").expect("the seed has it");
        let query = signing::encode::query([("RegionId", REGION), ("LoadBalancerId", balancer), param]);
        let (mut parts, ()) =
            Request::post(format!("http://cloud.test/?{query}")).body(()).expect("a request").into_parts();
        let io = self.world.io();
        let keys = signing::Credentials::new(&account.access_key_id, &account.access_key_secret);
        let (now, nonce) = (io.clock.now(), io.entropy.nonce());
        acs3::sign(&mut parts, b"", action, "2014-05-15", &keys, now, &nonce).expect("it can be signed");
        let answer = io.transport.send(Request::from_parts(parts, Bytes::new())).await.expect("the cloud answers");
        let answer: Value = serde_json::from_slice(answer.body()).expect("it is JSON");
        answer["Code"].is_null()
    }

    /// Switches the load balancer on again, as its owner does who had switched it off.
    ///
    /// # Panics
    /// When the cloud refuses.
    pub async fn takes_it_back(&self) {
        let link = self.link().await;
        let on = ("LoadBalancerStatus", "active");
        assert!(self.raw("SetLoadBalancerStatus", &link.balancer, on).await, "its owner may");
        tokio::time::sleep(SETTLED).await;
    }

    /// Whether an instance of the consumer gets an answer from the endpoint by its name.
    ///
    /// # Panics
    /// When the cloud does not run the command.
    pub async fn is_answered(&self) -> bool {
        let link = self.link().await;
        let domain = match link.links_of_consumer.endpoint(&link.endpoint).await.expect("the cloud answers") {
            Some(endpoint) => endpoint.endpoint_domain.expect("an endpoint has a domain"),
            None => return false,
        };
        let vpc = self.record().await.spec.place(Side::Consumer).vpc_id.to_string();
        let vpcs = self.world.accounts().iter().flat_map(|account| &account.vpcs);
        let instances = vpcs.filter(|own| own.vpc_id == vpc).flat_map(|own| &own.instances);
        let instance = instances.map(|own| own.instance_id.clone()).next().expect("the seed has an instance there");
        let region = REGION.parse().expect("it is a region");
        let ecs = self.world.client("a").ecs(&region);
        let port = link.wanted().listener.port;
        let request = RunCommand {
            instance_ids: vec![instance],
            script: format!("curl -sS -o /dev/null --connect-timeout 3 -m 5 http://{domain}:{port}/"),
            timeout_seconds: 30,
            name: None,
            username: None,
            client_token: self.token(),
        };
        let run = ecs.run_command(&request).await.expect("the cloud runs it").invoke_id;
        tokio::time::sleep(SETTLED).await;
        let results = ecs.describe_invocation_results(&run).await.expect("the cloud tells");
        results.first().expect("it ran on one server").exit_code == Some(0)
    }
}
