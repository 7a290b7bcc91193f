//! What clouds really write, and how it is read.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`lenient`] | reading an answer by meaning, whatever its JSON types are |
//! | `words` | [`words!`]: enums of wire words, and [`text!`]: other types that are a text on the wire |

pub mod lenient;
mod words;

/// What the macros of this crate name.
#[doc(hidden)]
pub use serde;
