//! The command `causeway`: where Causeway's functions and the local cloud meet.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`args`] | the command line |
//! | [`stand`] | a local cloud with Causeway deployed into it |
//! | [`guide`] | the spec of the guide to private links |
//! | [`functions`] | Causeway's functions inside this process |
//! | [`webhook`] | a client of the webhook |
//! | [`up`] | `causeway up` |
//! | [`demo`] | `causeway demo` |
//! | [`remote`] | which webhook to ask, and how |
//! | [`status`] | `causeway list` and `causeway status` |
//! | [`drift`] | `causeway drift` |
//! | [`notices`] | `causeway notices` |
//! | [`approvals`] | `causeway audit`, `why` and `policy` |

pub mod approvals;
pub mod args;
pub mod demo;
pub mod drift;
pub mod functions;
pub mod guide;
pub mod notices;
pub mod remote;
pub mod stand;
pub mod status;
pub mod up;
pub mod webhook;
