//! What the clients of all products are made of, for those of other crates too: a crate that names calls of its own by
//! [`CloudCall`](cloud_error::CloudCall) gives them parameters, sends them and reads their refusals like this one.

pub use crate::answer::{from_json, from_xml};
pub use crate::error::General;
pub use crate::paging::{Next, Numbered, Position, Tokens};
pub use crate::params::{Params, Style};
pub use crate::sender::{Moment, Sender};
