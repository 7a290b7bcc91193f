//! One error for the calls of every cloud, sorted by what the caller can do about it.
//!
//! Clouds have hundreds of codes; a caller has about a dozen moves. So a caller matches on [`Kind`], people read
//! [`Error::advice`], and the code itself is only carried along. A cloud's crate gives the table of what its codes mean, by
//! implementing [`CloudCall`] for the enum of its calls.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`kind`] | [`Kind`], and how patient each kind wants the caller to be |
//! | [`table`] | [`CloudCall`], [`Table`], [`rules!`]: what a code and a status mean on a call |
//! | `error` | [`Error`]; [`Answer`], the error answer that it is made of; [`NoCredentials`] |
//! | `answer` | [`received`]: what every cloud's client does with an answer before it reads it |
//! | `log` | [`log()`]: the line that says how a call ended |
//!
//! # Guarantees
//! An error never holds a secret: the credentials that signed the request are cut out of the cloud's texts.

mod answer;
mod error;
pub mod kind;
mod log;
pub mod table;

pub use answer::{ANSWER_LIMIT, received};
pub use error::{Answer, Error, NoCredentials};
pub use kind::{Kind, Patience};
pub use log::log;
pub use table::{CloudCall, Effect, Meaning, Rule, Table};
