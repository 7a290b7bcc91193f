//! What was called: who, what, and how it ended.
//!
//! Every product attaches a [`Call`] to its response's extensions; the gateway keeps the newest ones. Drift checks prove
//! with it that they only read, and tests that nothing was made twice.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use crate::access::Need;
use crate::identity::Principal;
use crate::words;

words! {
    /// The products of this cloud.
    #[derive(PartialOrd, Ord, Hash)]
    #[serde(rename_all = "kebab-case")]
    pub enum Product {
        /// Virtual private clouds, Express Connect included (2016-04-28).
        Vpc = "vpc",
        /// Instances, security groups, Cloud Assistant (2014-05-26).
        Ecs = "ecs",
        /// VPC peering connections (2022-01-01).
        VpcPeer = "vpc-peer",
        /// Private links: endpoint services and endpoints (2020-04-15).
        Privatelink = "privatelink",
        /// Classic load balancers (2014-05-15).
        Slb = "slb",
        /// Network load balancers (2022-04-30).
        Nlb = "nlb",
        /// Application load balancers (2020-06-16).
        Alb = "alb",
        /// Cloud Data Transfer (2021-08-13).
        Cdt = "cdt",
        /// Security tokens (2015-04-01).
        Sts = "sts",
        /// Message queues, the XML API.
        Mns = "mns",
        /// Message queues, the control plane (2022-01-19).
        MnsOpen = "mns-open",
        /// Object storage.
        Oss = "oss",
        /// Functions: HTTP triggers and the management API.
        Fc = "fc",
        /// Logs.
        Sls = "sls",
        /// Roles and policies (2015-05-01).
        Ram = "ram",
        /// Service-linked roles (2020-03-31).
        ResourceManager = "resource-manager",
        /// Event streams, as far as function triggers make them (2020-04-01).
        EventBridge = "event-bridge",
        /// Orders of the account (2017-12-14).
        Bss = "bss",
        /// Stacks (2019-09-10).
        Ros = "ros",
        /// Opening object storage (2019-04-22).
        OssOpen = "oss-open",
        /// Opening functions (2020-03-10).
        FcOpen = "fc-open",
        /// Virtual private clouds of JD Cloud (v1).
        Jdcloud = "jdcloud",
    }
}

impl Product {
    /// What the product's actions begin with in policies.
    #[must_use]
    pub fn ram_code(self) -> &'static str {
        match self {
            Self::VpcPeer => Self::Vpc.word(),
            Self::MnsOpen => Self::Mns.word(),
            Self::Sls => "log",
            Self::ResourceManager => Self::Ram.word(),
            Self::EventBridge => "eventbridge",
            Self::Bss => "bssapi",
            Self::OssOpen => Self::Oss.word(),
            Self::FcOpen => Self::Fc.word(),
            named => named.word(),
        }
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Which operation a request asks for, on whose behalf, where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallInfo {
    /// The product.
    pub product: Product,
    /// The operation by its documented name, such as `ConnectRouterInterface` or `SendMessage`.
    pub action: String,
    /// The caller's account, empty while the caller is not known.
    pub account: String,
    /// The region the request is for, empty for products without one.
    pub region: String,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// It was answered with success.
    Done,
    /// It was refused.
    Refused {
        /// The cloud's error code.
        code: String,
    },
    /// A fault swallowed it before its effect.
    DroppedBefore,
    /// Its effect happened, and a fault swallowed the answer.
    AnswerLost,
}

/// One call that was handled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// What was asked.
    #[serde(flatten)]
    pub info: CallInfo,
    /// Who in the account called; nobody while the caller is not known.
    pub caller: Option<Principal>,
    /// The key that signed it. That of a session tells what the session was narrowed to.
    #[serde(default)]
    pub access_key_id: String,
    /// What the caller's policies had to allow. Empty when the call did not get that far.
    pub needs: Vec<Need>,
    /// Whether the operation can change anything.
    pub is_write: bool,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The request id of the answer.
    pub request_id: String,
    /// The resource the call names or made, where it has one.
    pub resource: Option<String>,
    /// Cloud time of the call.
    pub at: Timestamp,
}

/// The newest calls, oldest first. Forgets the oldest beyond its capacity.
#[derive(Debug)]
pub struct CallLog {
    calls: Mutex<VecDeque<Call>>,
    capacity: usize,
}

impl CallLog {
    /// A log of the newest `capacity` calls.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { calls: Mutex::default(), capacity }
    }

    /// Adds one call.
    pub fn record(&self, call: Call) {
        tracing::debug!(
            product = %call.info.product, action = call.info.action, account = call.info.account,
            region = call.info.region, outcome = ?call.outcome, request_id = call.request_id, "call"
        );
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() == self.capacity {
            calls.pop_front();
        }
        calls.push_back(call);
    }

    /// A copy of what is kept, oldest first.
    #[must_use]
    pub fn snapshot(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
