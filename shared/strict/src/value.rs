//! A value becomes a struct, by what its type derives.
//!
//! Serde's own reading of a value takes an array for a struct, and says `invalid type` in words of Rust. Here every error names
//! the value and what to write instead, and a text with characters that cannot be seen is none.

use std::fmt;
use std::str::FromStr;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::Value;

use crate::problem::{Problem, Problems, segment};
use crate::shown::{hint, is_unseen, listed, quoted, shown};

/// Reads a whole document.
///
/// # Errors
/// What is wrong with it, each with a pointer to the field.
pub fn read<T: DeserializeOwned>(document: Value) -> Result<T, Vec<Problem>> {
    let mut problems = Problems::default();
    read_at("", &document, &mut problems).ok_or_else(|| problems.finish())
}

/// Reads the value at `pointer`; what is wrong with it goes to `problems`.
pub(crate) fn read_at<T: DeserializeOwned>(pointer: &str, value: &Value, problems: &mut Problems) -> Option<T> {
    match T::deserialize(Strict(value)).map_err(|error| error.naming(value)) {
        Ok(read) => Some(read),
        Err(Wrong(faults)) => {
            for Fault { within, detail } in faults {
                let path: String = within.iter().rev().map(|name| segment(name)).collect();
                problems.push(Problem::at(format!("{pointer}{path}"), detail));
            }
            None
        }
    }
}

/// Reads a text as what it spells: for `deserialize_with`.
///
/// # Errors
/// When it is no text, or does not spell `meaning`: "an instant such as 2026-01-31T09:00:00Z".
pub fn parsed<'de, T: FromStr, D: Deserializer<'de>>(deserializer: D, meaning: &str) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom(format_args!("{} is not {meaning}", quoted(&text))))
}

/// Everything that is wrong with a value. Never empty.
#[derive(Debug)]
struct Wrong(Vec<Fault>);

/// One thing, and where: names and indexes, the innermost first.
#[derive(Debug)]
struct Fault {
    within: Vec<String>,
    detail: String,
}

impl Wrong {
    fn here(detail: impl Into<String>) -> Self {
        Self(vec![Fault { within: Vec::new(), detail: detail.into() }])
    }

    fn below(mut self, name: impl fmt::Display) -> Self {
        self.0.iter_mut().for_each(|fault| fault.within.push(name.to_string()));
        self
    }

    /// The same, naming the text where whoever refused it does not.
    fn naming(self, value: &Value) -> Self {
        if let Value::String(text) = value { self.of(text) } else { self }
    }

    /// The same, naming what is wrong where whoever refused it does not.
    fn of(mut self, given: &str) -> Self {
        for fault in self.0.iter_mut().filter(|fault| fault.within.is_empty()) {
            let is_named = if given.is_empty() { fault.detail.contains("\"\"") } else { fault.detail.contains(given) };
            if !is_named && !fault.detail.contains(&quoted(given)) {
                fault.detail = format!("{}: {}", quoted(given), fault.detail);
            }
        }
        self
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|fault| f.write_str(&fault.detail))
    }
}

impl std::error::Error for Wrong {}

impl serde::de::Error for Wrong {
    fn custom<T: fmt::Display>(detail: T) -> Self {
        Self::here(detail.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::here(format!("this must be {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::here(format!("this must be {expected}"))
    }

    fn unknown_variant(word: &str, known: &'static [&'static str]) -> Self {
        Self::here(format!("{} is not known here; {}", quoted(word), hint(word, known)))
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        unknown_field(name, known)
    }

    fn missing_field(name: &'static str) -> Self {
        Self::here(REQUIRED).below(name)
    }
}

pub(crate) const REQUIRED: &str = "this field is required";

fn unknown_field(name: &str, known: &[&str]) -> Wrong {
    Wrong::here(unknown(name, known)).below(name)
}

/// What to say of a field that nobody asked for.
pub(crate) fn unknown(name: &str, known: &[&str]) -> String {
    let shown = quoted(name);
    format!("unknown field `{}`; {}", shown.trim_matches('"'), hint(name, known))
}

fn wrong(value: &Value, meaning: impl fmt::Display) -> Wrong {
    let hint = match value {
        Value::Number(_) if meaning.to_string() == TEXT => "; put it in quotes",
        Value::Null => "; leave the field out if it has no value",
        _ => "",
    };
    Wrong::here(format!("{} is not {meaning}{hint}", shown(value)))
}

const TEXT: &str = "a text";

/// A text, unless it holds characters that cannot be seen.
fn checked(text: &str) -> Result<&str, Wrong> {
    let Some(sign) = text.chars().find(|sign| is_unseen(*sign)) else { return Ok(text) };
    let (code, shown) = (u32::from(sign), quoted(text));
    Err(Wrong::here(match sign {
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
            format!("{shown} has a line break (U+{code:04X}); write it in one line")
        }
        _ => format!("{shown} has a character that cannot be seen (U+{code:04X}); leave it out"),
    }))
}

/// A value that is read strictly.
#[derive(Clone, Copy)]
struct Strict<'de>(&'de Value);

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $number:ty),+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
            let (least, most) = (<$number>::MIN, <$number>::MAX);
            let number = match self.0 {
                Value::Number(number) => number.as_i128().and_then(|number| <$number>::try_from(number).ok()),
                _ => None,
            };
            let meaning = format_args!("a whole number from {least} to {most}");
            visitor.$visit(number.ok_or_else(|| wrong(self.0, meaning))?)
        })+
    };
}

impl<'de> Strict<'de> {
    fn text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let Value::String(text) = self.0 else { return Err(wrong(self.0, TEXT)) };
        visitor.visit_borrowed_str(checked(text)?)
    }

    fn fields<V: Visitor<'de>>(self, fields: &[&str], visitor: V) -> Result<V::Value, Wrong> {
        let Value::Object(object) = self.0 else {
            return Err(wrong(self.0, format_args!("an object with {}", listed(fields))));
        };
        let (known, others): (Vec<_>, Vec<_>) = object.iter().partition(|(name, _)| fields.contains(&name.as_str()));
        let read = visitor.visit_map(Entries { left: known.into_iter(), value: None });
        let unknown = others.into_iter().flat_map(|(name, _)| unknown_field(name, fields).0);
        match read {
            Err(Wrong(mut faults)) => {
                faults.extend(unknown);
                Err(Wrong(faults))
            }
            Ok(read) => {
                let unknown: Vec<_> = unknown.collect();
                if unknown.is_empty() { Ok(read) } else { Err(Wrong(unknown)) }
            }
        }
    }
}

impl<'de> Deserializer<'de> for Strict<'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0 {
            Value::Null => visitor.visit_unit().map_err(|error: Wrong| error.of("null")),
            Value::Bool(flag) => visitor.visit_bool(*flag).map_err(|error: Wrong| error.of(&flag.to_string())),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (_, _, number) => visitor.visit_f64(number.unwrap_or_default()),
            }
            .map_err(|error: Wrong| error.of(&number.to_string())),
            Value::String(_) => self.text(visitor),
            Value::Array(_) => self.deserialize_seq(visitor),
            Value::Object(_) => self.deserialize_map(visitor),
        }
    }

    whole_numbers! {
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64,
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let Value::Bool(flag) = self.0 else { return Err(wrong(self.0, "true or false")) };
        visitor.visit_bool(*flag)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.text(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let Value::Array(items) = self.0 else { return Err(wrong(self.0, "a list, which is written in [ ]")) };
        visitor.visit_seq(Items { left: items.iter().enumerate() })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let Value::Object(object) = self.0 else { return Err(wrong(self.0, "an object")) };
        visitor.visit_map(Entries { left: object.iter().collect::<Vec<_>>().into_iter(), value: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        self.fields(fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let variant = match self.0 {
            Value::String(word) => Variant { word: checked(word)?, value: None },
            Value::Object(object) => match object.iter().next() {
                Some((word, value)) if object.len() == 1 => Variant { word: checked(word)?, value: Some(value) },
                _ => return Err(wrong(self.0, format_args!("an object with one of {}", listed(words)))),
            },
            _ => return Err(wrong(self.0, format_args!("one of {}", listed(words)))),
        };
        visitor.visit_enum(variant)
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

/// The entries of an object.
struct Entries<'de> {
    left: std::vec::IntoIter<(&'de String, &'de Value)>,
    value: Option<(&'de String, &'de Value)>,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        self.value = self.left.next();
        let Some((name, _)) = self.value else { return Ok(None) };
        let read = checked(name).and_then(|name| seed.deserialize(BorrowedStrDeserializer::new(name)));
        read.map(Some).map_err(|error| error.of(name).below(name))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let (name, value) = self.value.take().ok_or_else(|| Wrong::here("a value without a key"))?;
        seed.deserialize(Strict(value)).map_err(|error| error.naming(value).below(name))
    }
}

/// The items of a list.
struct Items<'de> {
    left: std::iter::Enumerate<std::slice::Iter<'de, Value>>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        let Some((index, item)) = self.left.next() else { return Ok(None) };
        seed.deserialize(Strict(item)).map(Some).map_err(|error| error.naming(item).below(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.len())
    }
}

/// One of several things: a word, or a word with what belongs to it.
struct Variant<'de> {
    word: &'de str,
    value: Option<&'de Value>,
}

impl<'de> Variant<'de> {
    fn content(&self) -> Result<Strict<'de>, Wrong> {
        let lacks = || Wrong::here(format!("{} needs an object: {{{0}: {{…}}}}", quoted(self.word)));
        self.value.map(Strict).ok_or_else(lacks)
    }
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Wrong;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Wrong> {
        let word = seed.deserialize(StrDeserializer::new(self.word))?;
        Ok((word, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Wrong;

    fn unit_variant(self) -> Result<(), Wrong> {
        match self.value {
            None => Ok(()),
            Some(_) => Err(Wrong::here(format!("{} has nothing below it; write the word alone", quoted(self.word)))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Wrong> {
        seed.deserialize(self.content()?).map_err(|error| error.below(self.word))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.content()?.deserialize_seq(visitor).map_err(|error| error.below(self.word))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Wrong> {
        self.content()?.fields(fields, visitor).map_err(|error| error.below(self.word))
    }
}

#[cfg(test)]
mod tests;
