//! Things that several connections use: who uses them, and what becomes of one when the connection that made it gives it up.
//!
//! A rule of a security group, a vSwitch, a load balancer, a service or a route table carries the mark of the connection that
//! made it. Another connection that needs the very same thing uses it as it is, and says so in the store (`shares/…`) before
//! it relies on it. Whoever gives a thing up looks there first:
//!
//! 1. it decides what becomes of the thing, its [`Fate`], and the record remembers that. Every copy of the next message
//!    therefore does the same, even one that is late;
//! 2. it hands the thing over, by putting the other connection's mark on it, or takes it away.
//!
//! # Guarantees
//! The maker's record says that it gives the thing up before it looks who uses it. A new user says that it uses the thing
//! before it looks at the maker's record, and waits while that is under way and no longer wants the thing. So of the two at
//! least one sees the other.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::record::Record;
use crate::words::{ConnectionName, Side};

/// One side of one connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SideRef {
    /// The connection.
    pub connection: ConnectionName,
    /// Its unique id.
    pub uid: String,
    /// Its side.
    pub side: Side,
}

impl SideRef {
    /// A side of the record's connection.
    #[must_use]
    pub fn of(record: &Record, side: Side) -> Self {
        Self { connection: record.name().clone(), uid: record.uid.clone(), side }
    }
}

impl fmt::Display for SideRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.connection, self.side)
    }
}

/// Something that several connections may use, such as `security-group/sg-…`. Ids of resources are unique in a cloud, and tell
/// the clouds apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Thing(String);

impl Thing {
    /// The rules of a security group.
    #[must_use]
    pub fn security_group(id: &str) -> Self {
        Self(format!("security-group/{id}"))
    }

    /// Whether it is the rules of a security group.
    #[must_use]
    pub fn is_security_group(&self) -> bool {
        self.0.starts_with("security-group/")
    }

    /// A subnet of a VPC.
    #[must_use]
    pub fn subnet(id: &str) -> Self {
        Self(format!("subnet/{id}"))
    }

    /// Whether it is a subnet.
    #[must_use]
    pub fn is_subnet(&self) -> bool {
        self.0.starts_with("subnet/")
    }

    /// Whether it is a load balancer.
    #[must_use]
    pub fn is_load_balancer(&self) -> bool {
        self.0.starts_with("load-balancer/")
    }

    /// Whether it is an endpoint service.
    #[must_use]
    pub fn is_endpoint_service(&self) -> bool {
        self.0.starts_with("endpoint-service/")
    }

    /// A load balancer, with its listeners.
    #[must_use]
    pub fn load_balancer(id: &str) -> Self {
        Self(format!("load-balancer/{id}"))
    }

    /// An endpoint service, with its whitelist.
    #[must_use]
    pub fn endpoint_service(id: &str) -> Self {
        Self(format!("endpoint-service/{id}"))
    }

    /// A route table, with the subnets that are bound to it.
    #[must_use]
    pub fn route_table(id: &str) -> Self {
        Self(format!("route-table/{id}"))
    }

    /// Whether it is a route table.
    #[must_use]
    pub fn is_route_table(&self) -> bool {
        self.0.starts_with("route-table/")
    }

    /// Its sort and its id, with a slash between them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.replacen('/', " ", 1))
    }
}

/// What was decided of the things that a side gives up. It holds for one attempt: whoever goes on after a stop looks again, since
/// others may have come to use a thing meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Fates {
    /// The generation of the spec in which it was decided.
    generation: u32,
    /// The attempt in which it was decided.
    attempt: u32,
    /// By the id of the thing.
    of: BTreeMap<String, Fate>,
}

impl Fates {
    /// Whether nothing is decided.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// What was decided of a thing in this attempt.
    #[must_use]
    pub fn get(&self, record: &Record, id: &str) -> Option<&Fate> {
        if self.is_of(record) { self.of.get(id) } else { None }
    }

    /// Decides what becomes of a thing.
    pub fn decide(&mut self, record: &Record, id: &str, fate: Fate) {
        if !self.is_of(record) {
            *self = Self { generation: record.generation, attempt: record.attempt, of: BTreeMap::new() };
        }
        self.of.insert(id.to_owned(), fate);
    }

    fn is_of(&self, record: &Record) -> bool {
        (self.generation, self.attempt) == (record.generation, record.attempt)
    }
}

/// What becomes of a thing that its connection gives up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// Nobody else uses it: it is taken away.
    Removed,
    /// It goes to another connection, which uses it too.
    HandedTo(SideRef),
}
