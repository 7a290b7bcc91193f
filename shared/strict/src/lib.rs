//! Reading what people write, so that nothing is guessed: one reader for every document, whoever takes it in.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `text` | JSON text becomes a value; of two equal keys neither counts |
//! | `yaml` | YAML text becomes the value that JSON would be; what programs read differently is refused |
//! | `value` | a value becomes a struct: no array for an object, no unknown field, no character that cannot be seen |
//! | `fields` | an object, field by field, so that one answer names everything that is wrong with it |
//! | [`range`], [`instant`] | address ranges, as every program reads them; points in time |
//! | `problem` | one thing wrong: where, the value, why, and what to write instead |
//! | `shown` | a value within a message; text of others on a terminal |
//!
//! ```
//! #[derive(Debug, serde::Deserialize)]
//! struct Shelf {
//!     #[allow(dead_code)]
//!     books: u32,
//! }
//!
//! let read = |text: &str| strict::json(text.as_bytes()).and_then(strict::read::<Shelf>);
//! assert!(read(r#"{"books": 3}"#).is_ok());
//! let wrong = read(r#"{"book": 3, "books": "3"}"#).unwrap_err();
//! assert_eq!(wrong[0].to_string(), "/books: \"3\" is not a whole number from 0 to 4294967295");
//! assert_eq!(wrong[1].to_string(), "/book: unknown field `book`; did you mean `books`?");
//! assert_eq!(read(r#"{"books": 1, "books": 2}"#).unwrap_err()[0].pointer, "/books");
//! assert!(read("[3]").is_err());
//! ```

#![warn(missing_docs)]

mod fields;
pub mod instant;
mod problem;
pub mod range;
mod shown;
mod text;
mod value;
#[cfg(feature = "yaml")]
mod yaml;

pub use fields::{Fields, object, of_version};
pub use problem::{MOST, Problem, Problems, Unreadable, bounded, places};
pub use shown::{escaped, is_unseen, quoted, shown};
pub use text::{LARGEST, json};
pub use value::{parsed, read};
#[cfg(feature = "yaml")]
pub use yaml::{Lines, yaml, yaml_with_lines};
