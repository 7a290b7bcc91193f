//! The words of a connection as types: names, kinds, sides, steps.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::kind::Kind;

/// A word that does not fit its type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {} {rule}", strict::quoted(given))]
pub struct BadWord {
    what: &'static str,
    given: String,
    rule: &'static str,
}

macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $what:literal, $pattern:literal, $longest:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String", extend("pattern" = $pattern, "maxLength" = $longest))]
        pub struct $name(String);

        impl $name {
            /// The word as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadWord;
            fn try_from(given: String) -> Result<Self, BadWord> {
                let check: fn(&str) -> bool = $check;
                if check(&given) { Ok(Self(given)) } else { Err(BadWord { what: $what, given, rule: $rule }) }
            }
        }

        impl std::str::FromStr for $name {
            type Err = BadWord;
            fn from_str(given: &str) -> Result<Self, BadWord> {
                Self::try_from(given.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

word!(
    /// The unique name of a connection. It becomes part of object keys and of resource names in the cloud.
    ConnectionName,
    "connection name",
    "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
    63,
    "must be 1 to 63 lower-case letters, digits and inner hyphens",
    |text| is_label(text, 63)
);

word!(
    /// The operator's alias of a cloud account.
    AccountAlias,
    "account alias",
    "^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$",
    32,
    "must be 1 to 32 lower-case letters, digits and inner hyphens",
    |text| is_label(text, 32)
);

word!(
    /// The name of a caller of the API, or of a group of callers. It stands in records, in logs, and in the name of sessions in
    /// the accounts.
    CallerName,
    "caller name",
    "^[A-Za-z0-9@._-]{1,32}$",
    32,
    "must be 1 to 32 letters, digits and signs of @._-",
    |text| (1..=32).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'@'))
);

word!(
    /// A cloud region such as `cn-qingdao`.
    RegionId,
    "region",
    "^[a-z0-9]{2,}(-[a-z0-9]+)+$",
    32,
    "must look like cn-qingdao: lower-case words and digits, joined by hyphens",
    |text| text.parse::<alicloud::Region>().is_ok()
);

word!(
    /// The id of a VPC, as the cloud gave it.
    VpcId,
    "VPC id",
    "^[A-Za-z0-9-]{1,64}$",
    64,
    "must be 1 to 64 letters, digits and hyphens",
    |text| (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
);

word!(
    /// The id of any other resource, as the cloud gave it: a vSwitch, a route table, a security group, an instance.
    ResourceId,
    "resource id",
    "^[A-Za-z0-9-]{1,64}$",
    64,
    "must be 1 to 64 letters, digits and hyphens",
    |text| (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
);

fn is_label(text: &str, longest: usize) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=longest).contains(&text.len()) && text.bytes().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// A cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cloud {
    /// Alibaba Cloud.
    Alicloud,
    /// JD Cloud.
    Jdcloud,
}

/// One end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// The side that asks for the connection and pays for its bandwidth.
    Initiator,
    /// The side that is connected to.
    Acceptor,
    /// The side that uses a service.
    Consumer,
    /// The side that offers a service.
    Provider,
}

impl Side {
    /// The other end.
    #[must_use]
    pub fn peer(self) -> Self {
        match self {
            Self::Initiator => Self::Acceptor,
            Self::Acceptor => Self::Initiator,
            Self::Consumer => Self::Provider,
            Self::Provider => Self::Consumer,
        }
    }

    /// Whether it is the side that asks for the connection.
    #[must_use]
    pub fn asks(self) -> bool {
        matches!(self, Self::Initiator | Self::Consumer)
    }

    /// The side that a word names.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Initiator, Self::Acceptor, Self::Consumer, Self::Provider]
            .into_iter()
            .find(|side| side.to_string() == word)
    }

    /// What belongs to this side, of what belongs to the one that asks and to the one that is asked.
    pub fn choose<T>(self, asks: T, is_asked: T) -> T {
        if self.asks() { asks } else { is_asked }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Initiator => "initiator",
            Self::Acceptor => "acceptor",
            Self::Consumer => "consumer",
            Self::Provider => "provider",
        })
    }
}

macro_rules! steps {
    ($($(#[$doc:meta])* $step:ident = $word:literal,)+) => {
        /// One stage of a chain. Each is owned by the function, and fed from the queue, of the same name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum StepName {
            $($(#[$doc])* #[serde(rename = $word)] $step,)+
        }

        impl StepName {
            /// Every step there is.
            pub const ALL: &'static [Self] = &[$(Self::$step),+];

            /// The word for it, which is also the name of its function and of its queue.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$step => $word,)+ }
            }
        }
    };
}

// The registry of steps. The crate `steps` says who implements each.
steps! {
    /// Makes the router interface of each side.
    CreateInterface = "create-interface",
    /// Tells each interface who its peer is.
    SetPeerInfo = "set-peer-info",
    /// Connects the initiator's interface and waits until both are active.
    Connect = "connect",
    /// Makes the peering connection: from the initiator's side, or each side its half.
    CreatePeering = "create-peering",
    /// Accepts the peering connection on the other side and waits until it is activated.
    AcceptPeering = "accept-peering",
    /// Makes a load balancer with its listener and servers, where the spec asks for one, and waits until they are healthy.
    CreateLoadBalancer = "create-load-balancer",
    /// Puts an endpoint service in front of the load balancer and lists who may ask for it.
    CreateEndpointService = "create-endpoint-service",
    /// Makes the endpoint in the consumer's VPC, with what it needs there.
    CreateEndpoint = "create-endpoint",
    /// Connects the endpoint on the provider's side.
    ApproveEndpoint = "approve-endpoint",
    /// Routes the peer's address ranges to what joins the two sides.
    AddRoute = "add-route",
    /// Lets the peer in through the security groups that the spec names.
    AuthorizeSecurityGroup = "authorize-security-group",
    /// Proves that the two sides reach each other.
    VerifyReachability = "verify-reachability",
}

impl fmt::Display for StepName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_not_be_an_object_key_is_refused() {
        for bad in ["", "-a", "a-", "A", "a/b", "a.b", "ä", &"x".repeat(64)] {
            assert!(bad.parse::<ConnectionName>().is_err(), "{bad:?}");
        }
        for good in ["a", "7", "qingdao-beijing", &"x".repeat(63)] {
            assert!(good.parse::<ConnectionName>().is_ok(), "{good:?}");
        }
    }

    #[test]
    fn a_step_is_named_alike_in_records_and_queues() {
        for stage in Kind::ALL.into_iter().flat_map(crate::chain::chain) {
            assert_eq!(serde_json::to_value(stage.step).unwrap(), stage.step.word());
        }
    }
}
