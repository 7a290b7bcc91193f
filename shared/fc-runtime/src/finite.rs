//! [`Finite`]: a value whose floating-point numbers must all be finite.
//!
//! JSON has no others. serde_json writes `null` in their place, and the caller gets something else than the handler returned.

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// Serialises as what it holds does, and fails at the first number that is infinite or NaN, however deep.
pub(crate) struct Finite<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: Serialize + ?Sized> Serialize for Finite<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(Checking(serializer))
    }
}

/// A serializer, or what it makes for a value of several parts.
struct Checking<S>(S);

fn finite<E: serde::ser::Error>(number: f64) -> Result<(), E> {
    if number.is_finite() { Ok(()) } else { Err(E::custom(format_args!("JSON has no number {number}"))) }
}

/// The methods that pass their arguments on as they are.
macro_rules! pass {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {$(
        fn $method(self, $($argument: $type),*) -> Result<S::Ok, S::Error> {
            self.0.$method($($argument),*)
        }
    )*};
}

/// The methods for values of several parts.
macro_rules! parts {
    ($($method:ident($($argument:ident: $type:ty),*) -> $parts:ident;)*) => {$(
        fn $method(self, $($argument: $type),*) -> Result<Self::$parts, S::Error> {
            self.0.$method($($argument),*).map(Checking)
        }
    )*};
}

impl<S: Serializer> Serializer for Checking<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Checking<S::SerializeSeq>;
    type SerializeTuple = Checking<S::SerializeTuple>;
    type SerializeTupleStruct = Checking<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Checking<S::SerializeTupleVariant>;
    type SerializeMap = Checking<S::SerializeMap>;
    type SerializeStruct = Checking<S::SerializeStruct>;
    type SerializeStructVariant = Checking<S::SerializeStructVariant>;

    pass! {
        serialize_bool(value: bool);
        serialize_i8(value: i8);
        serialize_i16(value: i16);
        serialize_i32(value: i32);
        serialize_i64(value: i64);
        serialize_i128(value: i128);
        serialize_u8(value: u8);
        serialize_u16(value: u16);
        serialize_u32(value: u32);
        serialize_u64(value: u64);
        serialize_u128(value: u128);
        serialize_char(value: char);
        serialize_str(value: &str);
        serialize_bytes(value: &[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(name: &'static str);
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str);
    }

    parts! {
        serialize_seq(length: Option<usize>) -> SerializeSeq;
        serialize_tuple(length: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, length: usize) -> SerializeTupleStruct;
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, length: usize)
            -> SerializeTupleVariant;
        serialize_map(length: Option<usize>) -> SerializeMap;
        serialize_struct(name: &'static str, length: usize) -> SerializeStruct;
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, length: usize)
            -> SerializeStructVariant;
    }

    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        finite(value.into())?;
        self.0.serialize_f32(value)
    }

    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        finite(value)?;
        self.0.serialize_f64(value)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_some(&Finite(value))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_struct(name, &Finite(value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_variant(name, index, variant, &Finite(value))
    }

    fn collect_str<T: std::fmt::Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.collect_str(value)
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! elements {
    ($($trait:ident, $method:ident;)*) => {$(
        impl<S: $trait> $trait for Checking<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
                self.0.$method(&Finite(value))
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.0.end()
            }
        }
    )*};
}

elements! {
    SerializeSeq, serialize_element;
    SerializeTuple, serialize_element;
    SerializeTupleStruct, serialize_field;
    SerializeTupleVariant, serialize_field;
}

macro_rules! fields {
    ($($trait:ident;)*) => {$(
        impl<S: $trait> $trait for Checking<S> {
            type Ok = S::Ok;
            type Error = S::Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), S::Error> {
                // Whoever reads the error looks for the field.
                let told = |error: S::Error| S::Error::custom(format_args!("{key}: {error}"));
                self.0.serialize_field(key, &Finite(value)).map_err(told)
            }

            fn skip_field(&mut self, key: &'static str) -> Result<(), S::Error> {
                self.0.skip_field(key)
            }

            fn end(self) -> Result<S::Ok, S::Error> {
                self.0.end()
            }
        }
    )*};
}

fields! {
    SerializeStruct;
    SerializeStructVariant;
}

impl<S: SerializeMap> SerializeMap for Checking<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.0.serialize_key(&Finite(key))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        self.0.serialize_value(&Finite(value))
    }

    fn serialize_entry<K: Serialize + ?Sized, V: Serialize + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> Result<(), S::Error> {
        self.0.serialize_entry(&Finite(key), &Finite(value))
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        self.0.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;
    use std::collections::BTreeMap;

    fn json<T: Serialize>(value: T) -> Result<String, String> {
        serde_json::to_string(&Finite(&value)).map_err(|error| error.to_string())
    }

    #[derive(Serialize)]
    struct Unit;

    #[derive(Serialize)]
    struct Newtype(f32);

    #[derive(Serialize)]
    struct Pair(f64, f64);

    #[derive(Serialize)]
    enum Shape {
        Point,
        Circle(f64),
        Box(f64, f64),
        Named { width: f64 },
    }

    #[test]
    fn a_number_that_is_none_is_found_wherever_it_is() {
        let (nan, infinite) = (f64::NAN, f64::INFINITY);
        let refused = [
            json(nan),
            json(f32::NEG_INFINITY),
            json(Some(infinite)),
            json(vec![1.0, nan]),
            json((1, infinite)),
            json([[1.0], [nan]]),
            json(Newtype(f32::NAN)),
            json(Pair(1.0, nan)),
            json(Shape::Circle(nan)),
            json(Shape::Box(1.0, nan)),
            json(Shape::Named { width: nan }),
            json(BTreeMap::from([("a", Some(Box::new(nan)))])),
        ];
        for (number, result) in refused.into_iter().enumerate() {
            let error = result.expect_err(&format!("number {number}"));
            assert!(error.contains("JSON has no number"), "{error}");
        }
    }

    #[test]
    fn everything_else_is_written_as_serde_json_writes_it() {
        macro_rules! same {
            ($($value:expr),*) => {$(
                assert_eq!(json($value).unwrap(), serde_json::to_string(&$value).unwrap());
            )*};
        }
        same!(
            (true, 'c', "s", 1i8, -1i64, u64::MAX, i128::MIN, u128::MAX, 1.5f32, -0.0f64, f64::MAX),
            (Unit, (), Option::<f64>::None, Shape::Point, Shape::Circle(1.0)),
            (Shape::Box(1.0, 2.0), Shape::Named { width: 1.0 }, Newtype(0.1), Pair(1.0, 2.0)),
            serde_json::json!({"a": [null, 1.0, {"b": "c"}]}),
            BTreeMap::from([(1u8, "one")]),
            BTreeMap::from([(true, "yes")]),
            std::net::Ipv4Addr::LOCALHOST
        );
    }
}
