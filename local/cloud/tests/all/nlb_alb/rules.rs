//! What is refused, and with which code.

use super::*;
use crate::testing::refused;

/// A wish with one parameter put in place of what it was, or taken out.
fn with(wish: &[(&'static str, String)], name: &'static str, value: &str) -> Vec<(&'static str, String)> {
    let others = wish.iter().filter(|(known, _)| *known != name).cloned();
    others.chain([(name, value.to_owned())]).collect()
}

#[tokio::test(start_paused = true)]
async fn a_load_balancer_is_checked_before_it_is_made() {
    let client = Client::new(&cloud(), "b");
    let vpc = serving(&client);
    for version in [NLB, ALB] {
        let stand = Stand::empty(&client, &vpc, version);
        let wish = stand.wish();
        let (first, second) = (stand.vswitch(ZONES[0]), stand.vswitch(ZONES[1]));
        let address =
            if version == NLB { "ZoneMappings.1.PrivateIPv4Address" } else { "ZoneMappings.1.IntranetAddress" };
        for (wish, status, code) in [
            (with(&wish, "AddressType", ""), 400, "MissingParam"),
            (with(&wish, "AddressType", "intranet"), 400, "IllegalParam"),
            (with(&wish, "VpcId", "vpc-none"), 404, "ResourceNotFound.Vpc"),
            (with(&wish, "ZoneMappings.1.VSwitchId", "vsw-none"), 404, "ResourceNotFound.VSwitch"),
            (with(&wish, "ZoneMappings.1.VSwitchId", &second), 400, "Mismatch.ZoneId"),
            (with(&wish, "ZoneMappings.1.ZoneId", ZONES[1]), 400, "Mismatch.ZoneId"),
            (with(&wish, address, "10.99.0.1"), 400, "IllegalParam"),
            (with(&wish, address, &vpc.instances[0].private_ip.to_string()), 400, "IllegalParam"),
            (with(&wish, "LoadBalancerName", "1st"), 400, "IllegalParam"),
            (with(&wish, "AddressIpVersion", "DualStack"), 400, "IllegalParam"),
            (with(&wish, "DryRun", "true"), 400, "DryRunOperation"),
        ] {
            assert_eq!(stand.call("CreateLoadBalancer", &wish).await, refused(status, code), "{wish:?}");
        }
        let one_zone: Vec<_> = wish.iter().filter(|(name, _)| !name.contains("Mappings.2")).cloned().collect();
        assert_eq!(stand.call("CreateLoadBalancer", &one_zone).await, refused(400, "IllegalParamSize"));
        let twice = with(&with(&wish, "ZoneMappings.2.ZoneId", ZONES[0]), "ZoneMappings.2.VSwitchId", &first);
        assert_eq!(stand.call("CreateLoadBalancer", &twice).await, refused(400, "IllegalParam"));
        assert_eq!(stand.call("ListLoadBalancers", &[]).await.unwrap()["TotalCount"], 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_listener_needs_a_free_port_and_a_group_that_fits() {
    for stand in both().await {
        let wish = stand.listener_wish("81");
        let network = stand.is_network();
        let of = |nlb: &'static str, alb: &'static str| if network { nlb } else { alb };
        let group = of("ServerGroupId", "DefaultActions.1.ForwardGroupConfig.ServerGroupTuples.1.ServerGroupId");
        for (wish, status, code) in [
            (stand.listener_wish("80"), 400, of("Conflict.Port", "ResourceAlreadyExist.Listener")),
            (with(&wish, "ListenerPort", "0"), 400, "IllegalParam"),
            (with(&wish, "ListenerPort", ""), 400, "MissingParam"),
            (with(&wish, "ListenerProtocol", of("HTTP", "TCP")), 400, "IllegalParam"),
            (with(&wish, "ListenerProtocol", of("TCPSSL", "HTTPS")), 400, "MissingParam.Certificate"),
            (with(&wish, group, "sgp-none"), 404, of("ResourceNotFound.serverGroup", "ResourceNotFound.ServerGroup")),
            (
                with(&wish, "LoadBalancerId", "lb"),
                404,
                of("ResourceNotFound.loadBalancer", "ResourceNotFound.LoadBalancer"),
            ),
        ] {
            assert_eq!(stand.call("CreateListener", &wish).await, refused(status, code), "{wish:?}");
        }
        if network {
            let udp = with(&wish, "ListenerProtocol", "UDP");
            assert_eq!(stand.call("CreateListener", &udp).await, refused(400, "Mismatch.Protocol"));
        } else {
            let fixed = with(&wish, "DefaultActions.1.Type", "FixedResponse");
            assert_eq!(stand.call("CreateListener", &fixed).await, refused(400, "IllegalParam"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_takes_running_instances_of_its_vpc_once() {
    let [nlb, _] = both().await;
    let servers = nlb.servers(8080);
    let elsewhere = nlb.client.cloud.console().accounts;
    let account = elsewhere.iter().find(|account| account.account_id == nlb.client.account_id).unwrap();
    let stranger = account.vpcs.iter().find(|vpc| vpc.vpc_id != nlb.vpc.vpc_id && vpc.region_id != HERE).unwrap();
    for (servers, status, code) in [
        (nlb.servers(80), 400, "ResourceAlreadyExist.BackendServer"),
        (with(&servers, "Servers.1.ServerType", "Ip"), 400, "IllegalParam"),
        (with(&servers, "Servers.1.ServerType", ""), 400, "MissingParam"),
        (with(&servers, "Servers.1.ServerId", "i-none"), 404, "ResourceNotFound.BackendServer"),
        (
            with(&servers, "Servers.1.ServerId", &stranger.instances[0].instance_id),
            404,
            "ResourceNotFound.BackendServer",
        ),
        (with(&servers, "Servers.1.Port", "0"), 400, "IllegalParam"),
        (with(&servers, "Servers.1.Weight", "101"), 400, "IllegalParam"),
        (with(&servers, "DryRun", "true"), 400, "DryRunOperation"),
        (vec![("ServerGroupId", nlb.group.clone())], 400, "MissingParam"),
    ] {
        assert_eq!(nlb.call("AddServersToServerGroup", &servers).await, refused(status, code), "{servers:?}");
    }
    let absent = nlb.call("RemoveServersFromServerGroup", &nlb.servers(9)).await;
    assert_eq!(absent, refused(404, "ResourceNotFound.BackendServer"));
    let mut weightless = nlb.servers(81);
    weightless.push(("Servers.1.Weight", "0".to_owned()));
    weightless.push(("Servers.2.Weight", "0".to_owned()));
    nlb.call("AddServersToServerGroup", &weightless).await.unwrap();
    settle().await;
    assert_eq!(nlb.not_normal().await, vec![("Unused".to_owned(), Value::Null); 2]);
}

#[tokio::test(start_paused = true)]
async fn what_is_protected_stays() {
    let client = Client::new(&cloud(), "b");
    let vpc = serving(&client);
    for (version, name) in [(NLB, "DeletionProtectionConfig.Enabled"), (ALB, "DeletionProtectionEnabled")] {
        let mut stand = Stand::empty(&client, &vpc, version);
        let made = stand.call("CreateLoadBalancer", &with(&stand.wish(), name, "True")).await.unwrap();
        stand.balancer = text(&made, if version == NLB { "LoadbalancerId" } else { "LoadBalancerId" });
        settle().await;
        let gone = stand.call("DeleteLoadBalancer", &[("LoadBalancerId", stand.balancer.clone())]).await;
        assert_eq!(gone, refused(400, "OperationDenied.DeletionProtectionEnabled"));
    }
}
