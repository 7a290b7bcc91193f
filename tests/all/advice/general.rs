//! Tokens, regions and queues.

use std::time::Duration;

use alicloud::mns::{QueueAttributes, QueueName};
use alicloud::vpc::{CreateVSwitch, DescribeVSwitches, DescribeVpcs};
use alicloud::{Call, Error};
use causeway_tests::system::System;

use super::{settle, stories, vpc, vpc_client};

stories! { Call;
    CreateVSwitch "IdempotentParameterMismatch" Refused "Look at what that call made" => a_token_used_twice;
    DescribeVpcs "InvalidRegionId.NotFound" Refused "This region does not exist" => a_region_of_nowhere;
    CreateQueue "QueueAlreadyExist" AlreadyThere "change them or choose another name" => a_queue_of_other_attributes;
}

async fn a_token_used_twice(system: &System) -> Error {
    let own = vpc(system, "a");
    let first = CreateVSwitch {
        vpc_id: own.vpc_id.clone(),
        zone_id: own.vswitches[0].zone_id.clone(),
        cidr_block: "192.168.9.0/24".parse().unwrap(),
        name: None,
        description: None,
        client_token: system.token(),
    };
    let other = CreateVSwitch { cidr_block: "192.168.10.0/24".parse().unwrap(), ..first.clone() };
    let client = vpc_client(system, "a");
    let made = client.create_vswitch(&first).await.unwrap();
    settle().await;
    let refused = client.create_vswitch(&other).await.unwrap_err();
    let request = DescribeVSwitches { vpc_id: None, vswitch_id: Some(made) };
    assert_eq!(client.describe_vswitches(&request).await.unwrap().len(), 1, "what the first call made");
    client.create_vswitch(&CreateVSwitch { client_token: system.token(), ..other }).await.unwrap();
    refused
}

async fn a_region_of_nowhere(system: &System) -> Error {
    let vpcs = async |region: &str| {
        system.client("a").vpc(&region.parse().unwrap()).describe_vpcs(&DescribeVpcs { vpc_ids: Vec::new() }).await
    };
    let refused = vpcs("cn-atlantis").await.unwrap_err();
    assert_eq!(vpcs("cn-qingdao").await.unwrap().len(), 1);
    refused
}

async fn a_queue_of_other_attributes(system: &System) -> Error {
    let account = system.account_id("a").parse().unwrap();
    let queues = system.client("a").mns(&account, &"cn-hangzhou".parse().unwrap());
    let name = |name: &str| name.parse::<QueueName>().unwrap();
    let hidden_for = |seconds| QueueAttributes {
        visibility_timeout: Some(Duration::from_secs(seconds)),
        ..QueueAttributes::default()
    };
    queues.create_queue(&name("work"), &hidden_for(30)).await.unwrap();
    let refused = queues.create_queue(&name("work"), &hidden_for(60)).await.unwrap_err();
    let there = queues.queue_attributes(&name("work")).await.unwrap().attributes;
    assert_eq!(there.visibility_timeout, Some(Duration::from_secs(30)));
    queues.create_queue(&name("work-of-others"), &hidden_for(60)).await.unwrap();
    refused
}
