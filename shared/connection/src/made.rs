//! What each step made on a side: the ids to look at later and to remove in the end.
//!
//! An id here is a hint, never the only proof. A process may die after the cloud made a thing and before the record says
//! so; every step therefore also recognises its own things in the cloud by their [mark](crate::mark).

use ipnet::Ipv4Net;
use serde::{Deserialize, Serialize};

/// What exists on one side because of this connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Made {
    /// The router interface, made by create-interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub router_interface_id: Option<String>,
    /// The routes to the peer, made by add-route.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
}

/// One route entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// The table it stands in.
    pub route_table_id: String,
    /// Where it leads.
    pub destination: Ipv4Net,
    /// The cloud's id of the entry.
    pub route_entry_id: String,
}
