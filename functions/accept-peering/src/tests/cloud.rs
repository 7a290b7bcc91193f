//! A cloud for these tests: roles and peering connections of two accounts, in memory. Nothing moves on by itself; the test
//! says when.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use transport::{Clock, Transport, TransportError};

type Params = BTreeMap<String, String>;
type Answer = Result<Value, &'static str>;

#[derive(Default)]
struct State {
    connections: Vec<Value>,
    tokens: BTreeMap<String, String>,
    refusals: BTreeMap<&'static str, &'static str>,
    calls: Vec<String>,
    seconds: i64,
}

/// The cloud, and the clock of its clients.
#[derive(Default)]
pub struct Cloud(Mutex<State>);

impl Cloud {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Answers every `action` with `code` from now on; `None` ends that.
    pub fn refuse(&self, action: &'static str, code: Option<&'static str>) {
        let refusals = &mut self.0.lock().unwrap().refusals;
        match code {
            Some(code) => refusals.insert(action, code),
            None => refusals.remove(action),
        };
    }

    /// What there is: id, status, description.
    pub fn connections(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let state = self.0.lock().unwrap();
        state.connections.iter().map(|one| (text(&one["InstanceId"]), text(&one["Status"]))).collect()
    }

    /// Puts `value` into `field` of every connection.
    pub fn put(&self, field: &str, value: impl Into<Value>) {
        let value = value.into();
        for one in &mut self.0.lock().unwrap().connections {
            one[field] = value.clone();
        }
    }

    pub fn get(&self, field: &str) -> Value {
        self.0.lock().unwrap().connections[0][field].clone()
    }

    /// Adds a connection that somebody made.
    pub fn add(&self, connection: Value) {
        self.0.lock().unwrap().connections.push(connection);
    }

    /// Takes all away, as if somebody had deleted them.
    pub fn clear(&self) {
        self.0.lock().unwrap().connections.clear();
    }

    /// How often `account` called `action`.
    pub fn count(&self, action: &str, account: &str) -> usize {
        let call = format!("{action} {account}");
        self.0.lock().unwrap().calls.iter().filter(|seen| **seen == call).count()
    }

    /// Lets everything that is on its way arrive, and `seconds` pass.
    pub fn settle(&self, seconds: i64) {
        let mut state = self.0.lock().unwrap();
        state.seconds += seconds;
        state.connections.retain(|one| one["Status"] != "Deleting");
        for one in &mut state.connections {
            let is_one_account = one["OwnerId"] == one["AcceptingOwnerUid"];
            let next = match one["Status"].as_str().unwrap() {
                "Creating" if is_one_account => "Activated",
                "Creating" => "Accepting",
                "Updating" => "Activated",
                other => other,
            };
            one["Status"] = next.into();
        }
    }

    fn answer(&self, action: &str, account: &str, params: &Params) -> Answer {
        let mut state = self.0.lock().unwrap();
        state.calls.push(format!("{action} {account}"));
        let is_dry = params.get("DryRun").is_some_and(|dry| dry == "true");
        if let Some(code) = state.refusals.get(action) {
            return Err(code);
        }
        let State { connections, tokens, .. } = &mut *state;
        let find =
            |id: &str| connections.iter().position(|one| one["InstanceId"] == id).ok_or("ResourceNotFound.InstanceId");
        match action {
            "ListVpcPeerConnections" => {
                let vpc = params.get("VpcId").map(String::as_str);
                let is_of = |one: &&Value| {
                    vpc.is_none_or(|vpc| one["Vpc"]["VpcId"] == vpc || one["AcceptingVpc"]["VpcId"] == vpc)
                };
                Ok(json!({"VpcPeerConnects": connections.iter().filter(is_of).collect::<Vec<_>>()}))
            }
            "GetVpcPeerConnectionAttribute" => Ok(connections[find(&params["InstanceId"])?].clone()),
            _ if is_dry => Err("DryRunOperation"),
            "CreateVpcPeerConnection" => {
                if let Some(id) = tokens.get(&params["ClientToken"]) {
                    return Ok(json!({"InstanceId": id}));
                }
                if connections.iter().any(|one| one["AcceptingVpc"]["VpcId"] == params["AcceptingVpcId"].as_str()) {
                    return Err("ResourceAlreadyExist.VpcPeer");
                }
                let id = format!("pcc-{}", tokens.len() + 1);
                let number = |text: &str| text.parse::<i64>().unwrap();
                connections.push(json!({
                    "InstanceId": id, "Status": "Creating", "BizStatus": "Normal",
                    "Name": params["Name"], "Description": params["Description"],
                    "OwnerId": number(account), "AcceptingOwnerUid": number(&params["AcceptingAliUid"]),
                    "Vpc": {"VpcId": params["VpcId"]}, "AcceptingVpc": {"VpcId": params["AcceptingVpcId"]},
                    "Bandwidth": params.get("Bandwidth").map_or(1024, |text| number(text)),
                    "LinkType": params.get("LinkType").map_or("Gold", String::as_str),
                }));
                tokens.insert(params["ClientToken"].clone(), id.clone());
                Ok(json!({"InstanceId": id}))
            }
            "AcceptVpcPeerConnection" => {
                let one = find(&params["InstanceId"])?;
                let is_asked = connections[one]["AcceptingOwnerUid"].as_i64() == account.parse().ok();
                if connections[one]["Status"] != "Accepting" || !is_asked {
                    return Err("IncorrectStatus.VpcPeer");
                }
                connections[one]["Status"] = "Updating".into();
                Ok(json!({}))
            }
            "ModifyVpcPeerConnection" => {
                let one = find(&params["InstanceId"])?;
                if connections[one]["Status"] != "Activated" {
                    return Err("IncorrectStatus.VpcPeer");
                }
                connections[one]["Status"] = "Updating".into();
                if let Some(bandwidth) = params.get("Bandwidth") {
                    connections[one]["Bandwidth"] = bandwidth.parse::<i64>().unwrap().into();
                }
                Ok(json!({}))
            }
            "DeleteVpcPeerConnection" => {
                assert_ne!(params.get("Force").map(String::as_str), Some("true"), "routes are somebody's");
                let one = find(&params["InstanceId"])?;
                connections[one]["Status"] = "Deleting".into();
                Ok(json!({}))
            }
            other => panic!("{other} is not of this cloud"),
        }
    }

    /// A session whose key is the number of the role's account.
    fn session(&self, params: &Params) -> Value {
        let account = params["RoleArn"].split(':').nth(3).unwrap().to_owned();
        let expiration = (self.now() + SignedDuration::from_hours(1)).to_string();
        json!({"Credentials": {
            "AccessKeyId": format!("STS.{account}"), "AccessKeySecret": "s", "SecurityToken": "t", "Expiration": expiration,
        }})
    }
}

impl Clock for Cloud {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + self.0.lock().unwrap().seconds).unwrap()
    }
}

#[async_trait::async_trait]
impl Transport for Cloud {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
        let mut params: Params =
            cloud_signing::encode::form_pairs(request.uri().query().unwrap_or_default()).into_iter().collect();
        params.extend(cloud_signing::encode::form_pairs(std::str::from_utf8(request.body()).unwrap()));
        let answer = match header("x-acs-action") {
            // The queues: whoever sends a message reads the record for the next one anyway.
            "" => Err("QueueNotExist"),
            "AssumeRole" => Ok(self.session(&params)),
            action => {
                let key = header("authorization").split("Credential=STS.").nth(1).unwrap();
                self.answer(action, key.split(',').next().unwrap(), &params)
            }
        };
        let (status, body) = match answer {
            Ok(body) => (200, body),
            Err(code) => (400, json!({"RequestId": "R-1", "Code": code, "Message": "no"})),
        };
        Ok(Response::builder().status(status).body(Bytes::from(body.to_string())).unwrap())
    }
}
