//! Groups, instances and commands through the gateway.

mod commands;
mod groups;
mod pings;

use std::time::Duration;

use serde_json::Value;

use crate::testing::{Client, Refusal, cloud, pass};

const HERE: &str = "cn-qingdao";
const THERE: &str = "cn-beijing";

impl Client {
    /// An ECS call by ACS3.
    async fn ecs(&self, region: &str, action: &str, params: &[(&str, &str)]) -> Result<Value, Refusal> {
        let with_region: Vec<_> = [("RegionId", region)].into_iter().chain(params.iter().copied()).collect();
        self.call(causeway_local::ecs::VERSION, action, &with_region).await
    }

    /// The group and the instance that the seed has in the account's VPC of a region.
    fn seeded(&self, region: &str) -> (String, String) {
        let vpc = self.vpc(region);
        (vpc.security_groups[0].security_group_id.clone(), vpc.instances[0].instance_id.clone())
    }

    async fn instance(&self, region: &str) -> Value {
        let (_, id) = self.seeded(region);
        let ids = format!("[\"{id}\"]");
        let answer = self.ecs(region, "DescribeInstances", &[("InstanceIds", &ids)]).await.unwrap();
        answer["Instances"]["Instance"][0].clone()
    }

    /// The rules of a group, each as its source and its protocol.
    async fn rules(&self, region: &str, group: &str) -> Vec<Value> {
        let answer = self.ecs(region, "DescribeSecurityGroupAttribute", &[("SecurityGroupId", group)]).await.unwrap();
        answer["Permissions"]["Permission"].as_array().unwrap().clone()
    }

    /// Runs a script on the seeded instance of a region, and returns its id.
    async fn run(&self, region: &str, script: &str) -> String {
        let (_, id) = self.seeded(region);
        let params = [("Type", "RunShellScript"), ("CommandContent", script), ("InstanceId.1", &id)];
        let answer = self.ecs(region, "RunCommand", &params).await.unwrap();
        answer["InvokeId"].as_str().unwrap().to_owned()
    }

    /// The only result of an invocation, its output as text.
    async fn result(&self, region: &str, invoke_id: &str) -> Value {
        let params = [("InvokeId", invoke_id), ("ContentEncoding", "PlainText")];
        let answer = self.ecs(region, "DescribeInvocationResults", &params).await.unwrap();
        let results = answer["Invocation"]["InvocationResults"]["InvocationResult"].as_array().unwrap();
        assert_eq!(results.len(), 1, "{answer}");
        results[0].clone()
    }
}
