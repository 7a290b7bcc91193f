//! From a wish to traffic and back to nothing.

use causeway_local::cloud::{Cloud, Options};
use causeway_local::seed::Seed;
use causeway_local::table::Storage;

use super::*;
use crate::testing::refused;

#[tokio::test(start_paused = true)]
async fn everything_is_made_step_by_step_and_taken_apart_again() {
    let client = Client::new(&cloud(), "b");
    let vpc = serving(&client);
    for version in [NLB, ALB] {
        let mut stand = Stand::empty(&client, &vpc, version);
        stand.balancer = stand.make_balancer().await;
        assert_eq!(stand.status().await, "Provisioning");
        let (code, group_code) = if version == NLB {
            ("IncorrectStatus.loadbalancer", "IncorrectStatus.serverGroup")
        } else {
            ("IncorrectStatus.LoadBalancer", "IncorrectStatus.ServerGroup")
        };
        stand.group = text(&stand.call("CreateServerGroup", &stand.group_wish()).await.unwrap(), "ServerGroupId");
        assert_eq!(stand.add(80).await, refused(400, group_code), "it is still being made");
        assert_eq!(stand.listen("80").await, refused(400, code), "it is still being made");
        settle().await;
        assert_eq!(stand.status().await, "Active");

        stand.add(80).await.unwrap();
        let in_group = [("ServerGroupId", stand.group.clone())];
        let server = async || stand.call("ListServerGroupServers", &in_group).await.unwrap()["Servers"][0].clone();
        assert_eq!(server().await["Status"], "Adding");
        settle().await;
        let (there, address) = (server().await, vpc.instances[0].private_ip.to_string());
        assert_eq!(there["Status"], "Available");
        assert!(vpc.instances.iter().any(|own| there["ServerIp"] == own.private_ip.to_string()), "{address}");

        stand.listener = text(&stand.listen("80").await.unwrap(), "ListenerId");
        assert_eq!(stand.listener_status().await, "Provisioning");
        pass(Duration::from_secs(3)).await;
        assert_eq!(stand.listener_status().await, "Running", "without being started");
        assert_eq!(stand.not_normal().await, vec![("Initial".to_owned(), Value::Null); 2]);
        settle().await;
        assert_eq!(stand.not_normal().await, []);

        let in_use = stand.call("DeleteServerGroup", &in_group).await;
        assert_eq!(in_use, refused(400, "ResourceInUse.ServerGroup"));
        stand.on_listener("StopListener").await.unwrap();
        settle().await;
        assert_eq!(stand.listener_status().await, "Stopped");
        let code = if version == NLB { "IncorrectStatus.listener" } else { "IncorrectStatus.Listener" };
        assert_eq!(stand.on_listener("StopListener").await, refused(400, code));
        stand.on_listener("StartListener").await.unwrap();
        settle().await;
        assert_eq!(stand.listener_status().await, "Running");
        stand.on_listener("DeleteListener").await.unwrap();
        settle().await;
        let code = if version == NLB { "ResourceNotFound.listener" } else { "ResourceNotFound.Listener" };
        assert_eq!(stand.on_listener("GetListenerAttribute").await, refused(404, code));
        stand.call("DeleteServerGroup", &in_group).await.unwrap();
        stand.call("DeleteLoadBalancer", &[("LoadBalancerId", stand.balancer.clone())]).await.unwrap();
        assert_eq!(stand.status().await, "Deleting");
        settle().await;
        for (action, field) in [("ListLoadBalancers", "LoadBalancers"), ("ListServerGroups", "ServerGroups")] {
            assert_eq!(stand.call(action, &[]).await.unwrap()[field], serde_json::json!([]), "{action}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_product_tells_of_its_own_in_its_own_shape() {
    let [nlb, alb] = both().await;
    for stand in [&nlb, &alb] {
        let named = [("LoadBalancerId", stand.balancer.clone())];
        let told = stand.call("GetLoadBalancerAttribute", &named).await.unwrap();
        let zones: Vec<&Value> =
            told["ZoneMappings"].as_array().unwrap().iter().map(|mapping| &mapping["ZoneId"]).collect();
        assert_eq!(zones, ZONES);
        let address = &told["ZoneMappings"][0]["LoadBalancerAddresses"][0];
        let listed = stand.call("ListLoadBalancers", &[]).await.unwrap();
        assert_eq!(
            (&listed["TotalCount"], &listed["LoadBalancers"][0]["LoadBalancerId"]),
            (&1.into(), &stand.balancer.clone().into())
        );
        let by_balancer = [("LoadBalancerIds.1", stand.balancer.clone())];
        let listener = stand.call("ListListeners", &by_balancer).await.unwrap()["Listeners"][0].clone();
        assert_eq!((&listener["ListenerStatus"], &listener["ListenerPort"]), (&"Running".into(), &80.into()));
        let group = stand.call("ListServerGroups", &[]).await.unwrap()["ServerGroups"][0].clone();
        assert_eq!(group["RelatedLoadBalancerIds"], serde_json::json!([stand.balancer]));
        assert_eq!(group["ServerCount"], 2);
        if stand.is_network() {
            assert_eq!(told["LoadBalancerBusinessStatus"], "Normal");
            assert!(text(address, "PrivateIPv4Address").starts_with("10.13.0."));
            assert_eq!(listener["ServerGroupId"], stand.group.as_str());
            assert_eq!(group["HealthCheck"]["HealthCheckType"], "TCP");
        } else {
            assert_eq!(told["LoadBalancerBussinessStatus"], "Normal");
            assert!(text(address, "IntranetAddress").starts_with("10.13.0."));
            let forward = &listener["DefaultActions"][0]["ForwardGroupConfig"]["ServerGroupTuples"][0];
            assert_eq!(forward["ServerGroupId"], stand.group.as_str());
            assert_eq!(group["HealthCheckConfig"]["HealthCheckProtocol"], "HTTP");
        }
    }
    let crossed = nlb.call("GetLoadBalancerAttribute", &[("LoadBalancerId", alb.balancer.clone())]).await;
    assert_eq!(crossed, refused(404, "ResourceNotFound.loadBalancer"), "each knows its own only");
    let crossed = alb.call("GetLoadBalancerAttribute", &[("LoadBalancerId", nlb.balancer.clone())]).await;
    assert_eq!(crossed, refused(404, "ResourceNotFound.LoadBalancer"));
    let elsewhere = [("RegionId", "cn-qingdao"), ("LoadBalancerId", nlb.balancer.as_str())];
    let told = nlb.client.call(NLB, "GetLoadBalancerAttribute", &elsewhere).await;
    assert_eq!(told, refused(404, "ResourceNotFound.loadBalancer"), "in another region there is none");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_is_told_of_with_the_reason() {
    for stand in both().await {
        stand.open_ports(&[22]);
        let refuses = vec![("Unhealthy".to_owned(), Value::from("CONNECT_FAILED")); 2];
        assert_eq!(stand.not_normal().await, refuses);
        stand.open_ports(&[80]);
        assert_eq!(stand.not_normal().await, []);
        let first = stand.vpc.instances[0].instance_id.as_str();
        let stop = [("RegionId", HERE), ("InstanceId.1", first)];
        stand.client.call("2014-05-26", "StopInstances", &stop).await.unwrap();
        settle().await;
        assert_eq!(stand.not_normal().await, [("Unhealthy".to_owned(), Value::from("CONNECT_TIMEOUT"))]);
        let start = [("RegionId", HERE), ("InstanceId.1", first)];
        stand.client.call("2014-05-26", "StartInstances", &start).await.unwrap();
        settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_call_again_makes_nothing_twice_and_products_do_not_share_tokens() {
    let client = Client::new(&cloud(), "b");
    let vpc = serving(&client);
    let (nlb, alb) = (Stand::empty(&client, &vpc, NLB), Stand::empty(&client, &vpc, ALB));
    let wish = |stand: &Stand| stand.wish().into_iter().chain([("ClientToken", "once".to_owned())]).collect::<Vec<_>>();
    let first = nlb.call("CreateLoadBalancer", &wish(&nlb)).await.unwrap();
    let again = nlb.call("CreateLoadBalancer", &wish(&nlb)).await.unwrap();
    assert_eq!(first["LoadbalancerId"], again["LoadbalancerId"]);
    alb.call("CreateLoadBalancer", &wish(&alb)).await.expect("a token of another product");
    for stand in [&nlb, &alb] {
        assert_eq!(stand.call("ListLoadBalancers", &[]).await.unwrap()["TotalCount"], 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_forgets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let storage = Storage::in_folder(folder.path()).unwrap();
        Client::new(&Cloud::open(Options { storage, ..Options::new(Seed::tutorial()) }).unwrap(), "b")
    };
    let client = open();
    let before = Stand::new(&client, &serving(&client), NLB).await;
    drop(client);
    let Stand { client, version, vpc, balancer, group, listener } = before;
    // Nothing may hold the first cloud while its folder is opened again.
    drop(client);
    let after = Stand { client: open(), version, vpc, balancer, group, listener };
    settle().await;
    assert_eq!((after.status().await, after.listener_status().await), ("Active".to_owned(), "Running".to_owned()));
    assert_eq!(after.not_normal().await, []);
}
