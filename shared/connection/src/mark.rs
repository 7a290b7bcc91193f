//! How Causeway recognises its own things in the cloud, and how it asks for them at most once.
//!
//! Two devices, for two different moments. A **client token** lets the cloud itself answer a repeated request with the
//! first result; it works while the cloud remembers the token. A **mark** in the name and description of a resource says
//! for ever whose it is, so that a thing made by a process that died before it could write it down is found again, and a
//! look-alike made by somebody else is never taken for ours.

use alicloud::{ClientToken, Tag};
use sha2::{Digest as _, Sha256};

use crate::record::Record;
use crate::words::{ConnectionName, Side, StepName};

/// How every description begins.
const PREFIX: &str = "causeway connection=";

/// The mark of one connection: its name for people, its unique id for machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    name: String,
    short_name: String,
    description: String,
    uid: String,
}

/// The connection that made a resource, by the mark on it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Maker {
    /// Its name.
    pub connection: ConnectionName,
    /// Its unique id.
    pub uid: String,
}

/// The key of the tag on what has one: its value is the connection's unique id.
const TAG: &str = "causeway";
/// The key of the tag whose value is the connection's name.
const NAME_TAG: &str = "causeway-connection";

impl Mark {
    /// The mark of the record's connection.
    #[must_use]
    pub fn of(record: &Record) -> Self {
        Self::of_connection(record.name(), &record.uid)
    }

    /// The mark of another connection.
    #[must_use]
    pub fn of_connection(name: &ConnectionName, uid: &str) -> Self {
        Self {
            name: format!("causeway-{name}"),
            short_name: short_name(name.as_str(), uid),
            description: format!("{PREFIX}{name} uid={uid}"),
            uid: uid.to_owned(),
        }
    }

    /// The connection whose mark a description is, by name and unique id.
    #[must_use]
    pub fn maker(description: &str) -> Option<Maker> {
        let (connection, uid) = description.strip_prefix(PREFIX)?.split_once(" uid=")?;
        Some(Maker { connection: connection.parse().ok()?, uid: uid.to_owned() })
    }

    /// The name to give a resource; 2 to 128 characters, beginning with a letter.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name to give a resource of a side where names are short and plain, and unique in an account, which may own both
    /// sides: 1 to 32 letters, digits and `_`.
    #[must_use]
    pub fn short_name(&self, side: Side) -> String {
        format!("{}_{}", self.short_name, side.choose('a', 'b'))
    }

    /// The description to give a resource; at most 256 characters.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Whether a resource with this description was made for any connection.
    #[must_use]
    pub fn is_of_any(description: &str) -> bool {
        description.starts_with(PREFIX)
    }

    /// The tags to give a resource whose name and description are the user's.
    #[must_use]
    pub fn tags(&self) -> Vec<Tag> {
        let name = self.name.strip_prefix("causeway-").unwrap_or(&self.name);
        vec![self.tag(), Tag::new(NAME_TAG, name)]
    }

    /// The tag by which those are found again.
    #[must_use]
    pub fn tag(&self) -> Tag {
        Tag::new(TAG, &self.uid)
    }

    /// The connection whose tags these are, where it is another one.
    #[must_use]
    pub fn other_among(&self, tags: &[Tag]) -> Option<Maker> {
        let value = |key: &str| tags.iter().find(|tag| tag.key == key).map(|tag| tag.value.as_str());
        let (uid, connection) = (value(TAG)?, value(NAME_TAG)?.parse().ok()?);
        (uid != self.uid).then(|| Maker { connection, uid: uid.to_owned() })
    }

    /// The connection whose mark a description is, where it is another one.
    #[must_use]
    pub fn other_on(&self, description: &str) -> Option<Maker> {
        Self::maker(description).filter(|maker| maker.uid != self.uid)
    }

    /// Whether a resource with these tags was made for this connection.
    #[must_use]
    pub fn is_among(&self, tags: &[Tag]) -> bool {
        tags.contains(&self.tag())
    }

    /// Whether a resource with this description was made for this connection.
    #[must_use]
    pub fn is_on(&self, description: &str) -> bool {
        description == self.description
    }
}

/// `cw_`, as much of the name as there is room for, and the beginning of the unique id.
fn short_name(name: &str, uid: &str) -> String {
    let name: String = name.chars().take(17).map(|letter| if letter == '-' { '_' } else { letter }).collect();
    let uid: String = uid.chars().take(8).collect();
    format!("cw_{name}_{uid}")
}

/// The client token of one intent: the same for every try of it, different for every other intent.
///
/// It depends on the connection (by its unique id, so that a later connection of the same name starts afresh), the
/// generation, the number of times somebody resumed it, the step, the side and, where a step makes several things on a
/// side, `what`. 64 ASCII characters, the most the cloud takes.
#[must_use]
pub fn client_token(record: &Record, step: StepName, side: Side, what: &str) -> ClientToken {
    let intent = format!("{}\n{}\n{}\n{step}\n{side}\n{what}", record.uid, record.generation, record.attempt);
    hex::encode(Sha256::digest(intent)).parse().expect("64 hexadecimal digits are a client token")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_fits_where_names_are_short_and_tells_connections_apart() {
        let longest = "a-b".repeat(21);
        let name = short_name(&longest, "0123456789abcdef0123456789abcdef");
        assert_eq!(name, "cw_a_ba_ba_ba_ba_ba__01234567");
        assert!(name.len() + "_a".len() <= 32);
        assert_ne!(short_name("a", "0"), short_name("a", "1"));
    }
}
