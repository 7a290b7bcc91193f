//! As much of CBOR (RFC 8949) as it takes to read an event: everything that has a counterpart in JSON, and byte strings as
//! base64. Tags are skipped.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value};

/// Deeper nesting than any event has; stops a payload made to exhaust the stack.
const MAX_DEPTH: usize = 64;
const BREAK: u8 = 0xff;

/// The one item that `bytes` consist of.
pub(crate) fn decode(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader { rest: bytes };
    let value = reader.item(0)?;
    reader.rest.is_empty().then_some(value)
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn item(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        let [head] = *self.take(1)? else { return None };
        let (major, info) = (head >> 5, head & 0x1f);
        match major {
            0 => Some(Value::from(self.argument(info)?)),
            1 => i64::try_from(self.argument(info)?).ok().map(|number| Value::from(-1 - number)),
            2 => self.string(major, info).map(|bytes| Value::String(STANDARD.encode(bytes))),
            3 => String::from_utf8(self.string(major, info)?).ok().map(Value::String),
            4 => self.array(info, depth),
            5 => self.map(info, depth),
            6 => {
                self.argument(info)?;
                self.item(depth + 1)
            }
            _ => self.simple(info),
        }
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// The number behind a head: small ones are in it, others follow it.
    fn argument(&mut self, info: u8) -> Option<u64> {
        let width = match info {
            0..24 => return Some(u64::from(info)),
            24..28 => 1 << (info - 24),
            _ => return None,
        };
        Some(self.take(width)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// Whether a container of unknown length ends here.
    fn ends(&mut self) -> bool {
        let ends = self.rest.first() == Some(&BREAK);
        if ends {
            self.rest = &self.rest[1..];
        }
        ends
    }

    fn length(&mut self, info: u8) -> Option<Option<usize>> {
        if info == 31 { Some(None) } else { usize::try_from(self.argument(info)?).ok().map(Some) }
    }

    fn string(&mut self, major: u8, info: u8) -> Option<Vec<u8>> {
        if let Some(length) = self.length(info)? {
            return self.take(length).map(<[u8]>::to_vec);
        }
        let mut joined = Vec::new();
        while !self.ends() {
            let [head] = *self.take(1)? else { return None };
            let length = (head >> 5 == major).then(|| self.argument(head & 0x1f))??;
            joined.extend_from_slice(self.take(usize::try_from(length).ok()?)?);
        }
        Some(joined)
    }

    fn array(&mut self, info: u8, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        let length = self.length(info)?;
        while length.map_or_else(|| !self.ends(), |length| items.len() < length) {
            items.push(self.item(depth + 1)?);
        }
        Some(Value::Array(items))
    }

    fn map(&mut self, info: u8, depth: usize) -> Option<Value> {
        let (mut entries, mut count) = (Map::new(), 0);
        let length = self.length(info)?;
        while length.map_or_else(|| !self.ends(), |length| count < length) {
            let Value::String(key) = self.item(depth + 1)? else { return None };
            entries.insert(key, self.item(depth + 1)?);
            count += 1;
        }
        Some(Value::Object(entries))
    }

    fn simple(&mut self, info: u8) -> Option<Value> {
        let float = match info {
            20 => return Some(Value::Bool(false)),
            21 => return Some(Value::Bool(true)),
            22 | 23 => return Some(Value::Null),
            25 => half(u16::from_be_bytes(self.take(2)?.try_into().ok()?)),
            26 => f64::from(f32::from_be_bytes(self.take(4)?.try_into().ok()?)),
            27 => f64::from_be_bytes(self.take(8)?.try_into().ok()?),
            _ => return None,
        };
        Number::from_f64(float).map(Value::Number)
    }
}

/// A float of sixteen bits.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let magnitude = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (fraction + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Examples of RFC 8949, appendix A.
    #[test]
    fn the_examples_of_the_standard_are_read() {
        for (bytes, value) in [
            (&[0x00][..], json!(0)),
            (&[0x18, 0x64], json!(100)),
            (&[0x1b, 0, 0, 0, 0xe8, 0xd4, 0xa5, 0x10, 0], json!(1_000_000_000_000_i64)),
            (&[0x38, 0x63], json!(-100)),
            (&[0xf9, 0x3e, 0x00], json!(1.5)),
            (&[0xf9, 0x00, 0x01], json!(5.960_464_477_539_063e-8)),
            (&[0xf9, 0xc4, 0x00], json!(-4.0)),
            (&[0xfb, 0x3f, 0xf1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a], json!(1.1)),
            (&[0xf4], json!(false)),
            (&[0xf6], Value::Null),
            (&[0xc0, 0x61, 0x61], json!("a")),
            (&[0x44, 1, 2, 3, 4], json!("AQIDBA==")),
            (&[0x62, 0xc3, 0xbc], json!("ü")),
            (&[0x83, 1, 2, 3], json!([1, 2, 3])),
            (&[0x9f, 1, 0x82, 2, 3, 0xff], json!([1, [2, 3]])),
            (&[0xa2, 0x61, 0x61, 1, 0x61, 0x62, 0x82, 2, 3], json!({"a": 1, "b": [2, 3]})),
            (&[0xbf, 0x61, 0x61, 1, 0xff], json!({"a": 1})),
            (&[0x7f, 0x62, 0x61, 0x62, 0x61, 0x63, 0xff], json!("abc")),
        ] {
            assert_eq!(decode(bytes), Some(value), "{bytes:02x?}");
        }
    }

    #[test]
    fn what_is_cut_short_or_endless_is_refused() {
        let nested = [0x81; 1000];
        for bytes in [&[][..], &[0x18], &[0x62, 0x61], &[0x82, 1], &[0x9f, 1], &[0xa1, 1, 2], &[0, 0], &[0x1c], &nested]
        {
            assert_eq!(decode(bytes), None);
        }
        // A length far beyond the payload must not be allocated.
        assert_eq!(decode(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
