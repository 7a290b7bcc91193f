//! Two sides, joined as they should be, of which a test takes away what it likes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use step_rig::{Answer, Call};

/// What a ping prints that is answered.
pub(super) const REACHED: &str = "5 packets transmitted, 5 received, 0% packet loss, time 4005ms\n\
    rtt min/avg/max/mdev = 25.9/26.034/26.1/0.1 ms\n";
/// What a ping prints that is not.
pub(super) const LOST: &str = "5 packets transmitted, 0 received, 100% packet loss, time 4099ms\n";

/// What the clouds show.
#[derive(Clone)]
pub(super) struct Fake(Arc<Mutex<State>>);

struct State {
    /// By the id that is asked for; each with the fields that its listing shows.
    instances: BTreeMap<&'static str, BTreeMap<&'static str, &'static str>>,
    agent: Value,
    refusal: Option<(&'static str, &'static str)>,
    run: Option<(&'static str, &'static str)>,
    has_routes: bool,
    lets_in: Option<&'static str>,
}

impl Default for Fake {
    fn default() -> Self {
        let instance = |id, vpc, address| {
            BTreeMap::from([("InstanceId", id), ("Status", "Running"), ("VpcId", vpc), ("IpAddress", address)])
        };
        Self(Arc::new(Mutex::new(State {
            instances: BTreeMap::from([
                ("i-a", instance("i-a", "vpc-a", "192.168.0.7")),
                ("i-b", instance("i-b", "vpc-b", "172.16.0.5")),
            ]),
            agent: json!({"CloudAssistantStatus": "true", "OSType": "Linux"}),
            refusal: None,
            run: None,
            has_routes: true,
            lets_in: None,
        })))
    }
}

impl Fake {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.lock().unwrap());
    }

    /// Every run shows this status and output from now on.
    pub(super) fn say(&self, status: &'static str, output: &'static str) {
        self.change(|state| state.run = Some((status, output)));
    }

    /// An instance is listed with another value of a field.
    pub(super) fn instance(&self, id: &'static str, field: &'static str, value: &'static str) {
        self.change(|state| {
            state.instances.get_mut(id).unwrap().insert(field, value);
        });
    }

    /// Cloud Assistant shows this of itself; null for none.
    pub(super) fn agent(&self, agent: Value) {
        self.change(|state| state.agent = agent);
    }

    /// A call is refused from now on.
    pub(super) fn refuse(&self, action: &'static str, code: &'static str) {
        self.change(|state| state.refusal = Some((action, code)));
    }

    pub(super) fn lose_routes(&self) {
        self.change(|state| state.has_routes = false);
    }

    /// The group lets ping in from a range.
    pub(super) fn let_in(&self, range: &'static str) {
        self.change(|state| state.lets_in = Some(range));
    }

    pub(super) fn answer(&self, call: &Call) -> Answer {
        self.0.lock().unwrap().answer(call)
    }
}

impl State {
    fn answer(&self, call: &Call) -> Answer {
        if let Some((action, code)) = self.refusal
            && action == call.action
        {
            return Err((if code.starts_with("Forbidden") { 403 } else { 400 }, code));
        }
        Ok(match call.action.as_str() {
            "DescribeInstances" => {
                let asked = |(id, _): &(&&str, _)| call.param("InstanceIds").contains(**id);
                let listed: Vec<_> = self.instances.iter().filter(asked).map(|(_, fields)| instance(fields)).collect();
                json!({"Instances": {"Instance": listed}})
            }
            "DescribeCloudAssistantStatus" => {
                let mut listed: Vec<_> = self.agent.is_object().then(|| self.agent.clone()).into_iter().collect();
                listed.iter_mut().for_each(|agent| agent["InstanceId"] = call.param("InstanceId.1").into());
                json!({"InstanceCloudAssistantStatusSet": {"InstanceCloudAssistantStatus": listed}})
            }
            "RunCommand" => json!({"InvokeId": "t-1", "CommandId": "c-1"}),
            "DescribeInvocationResults" => {
                assert_eq!(call.param("InvokeId"), "t-1");
                let result = |(status, output): (&str, &str)| json!({"InstanceId": "i-a", "InvocationStatus": status, "Output": STANDARD.encode(output)});
                json!({"Invocation": {"InvocationResults": {"InvocationResult": Vec::from_iter(self.run.map(result))}}})
            }
            "DescribeRouterInterfaces" => {
                let interface = json!({"RouterInterfaceId": "ri-a", "Status": "Active", "BusinessStatus": "Normal"});
                json!({
                    "PageNumber": 1, "PageSize": 50, "TotalCount": 1,
                    "RouterInterfaceSet": {"RouterInterfaceType": [interface]},
                })
            }
            "DescribeRouteEntryList" => {
                let route = json!({
                    "DestinationCidrBlock": "172.16.0.0/16", "Status": "Available",
                    "NextHops": {"NextHop": [{"NextHopId": "ri-a"}]},
                });
                json!({"RouteEntrys": {"RouteEntry": Vec::from_iter(self.has_routes.then_some(route))}})
            }
            "DescribeSecurityGroupAttribute" => {
                let rule = |range| json!({"IpProtocol": "ICMP", "PortRange": "-1/-1", "SourceCidrIp": range});
                let rules = Vec::from_iter(self.lets_in.map(rule));
                json!({"SecurityGroupId": "sg-a", "VpcId": "vpc-a", "Permissions": {"Permission": rules}})
            }
            other => panic!("nobody calls {other} here"),
        })
    }
}

fn instance(fields: &BTreeMap<&str, &str>) -> Value {
    json!({
        "InstanceId": fields["InstanceId"], "Status": fields["Status"],
        "VpcAttributes": {"VpcId": fields["VpcId"], "PrivateIpAddress": {"IpAddress": [fields["IpAddress"]]}},
    })
}
