//! Where a request belongs in the traces of whoever sent it: the header `traceparent` of W3C Trace Context.
//!
//! It is kept in the record, stands in every log line about what the request began, and is passed on in notices.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of the header, and of the attribute of CloudEvents.
pub const TRACEPARENT: &str = "traceparent";

/// How many characters version 00 has: version, trace id, parent id and flags, and what stands between them.
const CHARACTERS: usize = 55;

/// A `traceparent` of version 00.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceParent(String);

/// A text is no `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a traceparent is 00-TRACE-PARENT-FLAGS, with 32, 16 and 2 hexadecimal digits in lower case")]
pub struct BadTraceParent;

impl TraceParent {
    /// The id of the trace: 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        &self.0[3..35]
    }

    /// The whole, as the header has it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TraceParent {
    type Err = BadTraceParent;

    /// Reads version 00. Of a later version what version 00 has is taken, as the standard says.
    fn from_str(text: &str) -> Result<Self, BadTraceParent> {
        let (head, more) = text.split_at_checked(CHARACTERS).ok_or(BadTraceParent)?;
        let parts: Vec<&str> = head.split('-').collect();
        let [version, trace, parent, flags] = parts[..] else { return Err(BadTraceParent) };
        let is_hexadecimal = |part: &&str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let lengths = [version, trace, parent, flags].map(str::len);
        let is_named = |id: &str| id.bytes().any(|digit| digit != b'0');
        let is_known = match version {
            "00" => more.is_empty(),
            "ff" => false,
            _ => more.is_empty() || more.starts_with('-'),
        };
        let reads = lengths == [2, 32, 16, 2] && parts.iter().all(is_hexadecimal);
        if reads && is_known && is_named(trace) && is_named(parent) {
            Ok(Self(format!("00-{trace}-{parent}-{flags}")))
        } else {
            Err(BadTraceParent)
        }
    }
}

impl TryFrom<String> for TraceParent {
    type Error = BadTraceParent;

    fn try_from(text: String) -> Result<Self, BadTraceParent> {
        text.parse()
    }
}

impl From<TraceParent> for String {
    fn from(trace: TraceParent) -> Self {
        trace.0
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for TraceParent {
    fn schema_name() -> Cow<'static, str> {
        "TraceParent".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_reads_as_the_standard_has_it_and_in_no_other_way() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let read: TraceParent = good.parse().unwrap();
        assert_eq!((read.as_str(), read.trace_id()), (good, "0af7651916cd43dd8448eb211c80319c"));
        let later = format!("01{}-more", &good[2..]);
        assert_eq!(later.parse::<TraceParent>().unwrap(), read, "a later version is taken as far as it is known");
        for bad in [
            "",
            "00",
            &good.to_uppercase(),
            &good.replace('-', "_"),
            &format!("{good}-more"),
            &format!("01{}more", &good[2..]),
            &format!("ff{}", &good[2..]),
            &format!("00-{}-b7ad6b7169203331-01", "0".repeat(32)),
            &format!("00-0af7651916cd43dd8448eb211c80319c-{}-01", "0".repeat(16)),
            "00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319ä-b7ad6b716920333-01",
        ] {
            assert_eq!(bad.parse::<TraceParent>(), Err(BadTraceParent), "{bad}");
        }
    }
}
