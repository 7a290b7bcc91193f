//! Routes that lead to a peering connection, and what passes over it.

use causeway_local::ecs::Ping;

use super::*;
use crate::testing::refused;

impl Two {
    async fn route(&self, client: &Client, region: &str, destination: &str, id: &str) -> Result<Value, Refusal> {
        let table = client.vpc(region).route_table_id;
        let params = [
            ("RouteTableId", table.as_str()),
            ("DestinationCidrBlock", destination),
            ("NextHopType", "VpcPeer"),
            ("NextHopId", id),
        ];
        client.vpc_call(region, "CreateRouteEntry", &params).await
    }

    /// Routes and rules on both sides.
    async fn open(&self, id: &str) {
        self.route(&self.a, HERE, "172.16.0.0/16", id).await.unwrap();
        self.route(&self.b, THERE, "192.168.0.0/16", id).await.unwrap();
        for (client, region, source) in [(&self.a, HERE, "172.16.0.0/16"), (&self.b, THERE, "192.168.0.0/16")] {
            let group = client.vpc(region).security_groups[0].security_group_id.clone();
            let params = [
                ("RegionId", region),
                ("SecurityGroupId", &group),
                ("IpProtocol", "icmp"),
                ("PortRange", "-1/-1"),
                ("SourceCidrIp", source),
            ];
            client.call(causeway_local::ecs::VERSION, "AuthorizeSecurityGroup", &params).await.unwrap();
        }
        pass(Duration::from_secs(4)).await;
    }

    /// Why `a` does not reach `b`, if it does not.
    fn lost(&self) -> Option<&'static str> {
        let ping = Ping {
            from_instance: None,
            from: Some(self.a.vpc(HERE).instances[0].private_ip),
            to: self.b.vpc(THERE).instances[0].private_ip,
            tcp: None,
        };
        self.a.cloud.ecs().ping(&ping).unwrap().lost.map(|lost| lost.reason)
    }

    async fn routes(&self, client: &Client, region: &str) -> Vec<Value> {
        let table = client.vpc(region).route_table_id;
        let params = [("RouteTableId", table.as_str()), ("RouteEntryType", "Custom")];
        let answer = client.vpc_call(region, "DescribeRouteEntryList", &params).await.unwrap();
        answer["RouteEntrys"]["RouteEntry"].as_array().unwrap().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn packets_pass_over_an_activated_connection_with_routes_and_rules() {
    let two = Two::new();
    let id = two.joined().await;
    assert_eq!(two.lost(), Some("no-route"));
    two.open(&id).await;
    assert_eq!(two.lost(), None);
    two.a.peer("ModifyVpcPeerConnection", &[("InstanceId", &id), ("Bandwidth", "10")]).await.unwrap();
    assert_eq!(two.lost(), None, "a change does not interrupt");
    let hop = two.routes(&two.a, HERE).await[0]["NextHops"]["NextHop"][0].clone();
    assert_eq!((&hop["NextHopType"], &hop["NextHopId"], &hop["Enabled"]), (&"VpcPeer".into(), &id.into(), &1.into()));
}

#[tokio::test(start_paused = true)]
async fn a_route_needs_an_activated_connection_of_its_own_vpc() {
    let two = Two::new();
    let route = async |client, region, id: &str| two.route(client, region, "172.31.0.0/16", id).await;
    let id = two.asked().await;
    assert_eq!(route(&two.a, HERE, &id).await, refused(400, "IncorrectStatus.VpcPeer"));
    two.b.on("AcceptVpcPeerConnection", &id).await.unwrap();
    pass(Duration::from_secs(6)).await;
    assert_eq!(route(&two.a, HERE, "pcc-none").await, refused(400, "ResourceNotFound.VpcPeer"));
    let elsewhere = route(&two.a, THERE, &id).await;
    assert_eq!(elsewhere, refused(404, "OperationFailed.InstanceDismatchCurrentVpc"));
    route(&two.a, HERE, &id).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_connection_with_routes_is_deleted_by_force_only_and_takes_them_along() {
    let two = Two::new();
    let id = two.joined().await;
    two.open(&id).await;
    let plain = two.a.on("DeleteVpcPeerConnection", &id).await;
    assert_eq!(plain, refused(400, "OperationDenied.RouteEntryExist"));
    let forced = [("InstanceId", id.as_str()), ("Force", "true")];
    two.a.peer("DeleteVpcPeerConnection", &forced).await.unwrap();
    assert_eq!(two.lost(), Some("no-route"));
    assert_eq!(two.routes(&two.b, THERE).await[0]["Status"], "Deleting");
    pass(Duration::from_secs(4)).await;
    assert!(two.routes(&two.a, HERE).await.is_empty() && two.routes(&two.b, THERE).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_vpc_that_is_joined_or_has_groups_or_instances_is_not_taken_away() {
    let two = Two::new();
    let vpc = two.a.vpc(HERE);
    let vswitch = [("VSwitchId", vpc.instances[0].vswitch_id.as_str())];
    let gone = two.a.vpc_call(HERE, "DeleteVSwitch", &vswitch).await;
    assert_eq!(gone, refused(400, "DependencyViolation"));
    let made = two.a.vpc_call(HERE, "CreateVpc", &[("CidrBlock", "10.99.0.0/16")]).await.unwrap();
    let made = made["VpcId"].as_str().unwrap();
    pass(Duration::from_secs(3)).await;
    let peering = two.ask(&two.b, THERE, &[("VpcId", made)]).await.unwrap();
    let delete = async || two.a.vpc_call(HERE, "DeleteVpc", &[("VpcId", made)]).await;
    assert_eq!(delete().await, refused(400, "DependencyViolation.VpcPeer"));
    pass(Duration::from_secs(6)).await;
    two.a.on("DeleteVpcPeerConnection", &peering).await.unwrap();
    pass(Duration::from_secs(4)).await;
    let group = [("RegionId", HERE), ("VpcId", made)];
    two.a.call(causeway_local::ecs::VERSION, "CreateSecurityGroup", &group).await.unwrap();
    assert_eq!(delete().await, refused(400, "DependencyViolation.SecurityGroup"));
}
