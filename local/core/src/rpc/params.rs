//! The parameters of a call: flat text on the wire, typed here, with errors that name them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::RpcError;

/// Parameters by name. An empty value counts as not given, as on the real cloud.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// From decoded pairs; of a repeated name the last counts.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The value of `name`, if given.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of `name`.
    pub fn required(&self, name: &str) -> Result<&str, RpcError> {
        self.get(name).ok_or_else(|| RpcError::missing_parameter(name))
    }

    /// The value of `name`, read as a `T` by its own rules.
    pub fn parsed<T: FromStr>(&self, name: &str, wanted: &str) -> Result<Option<T>, RpcError> {
        self.get(name)
            .map(|text| text.parse().map_err(|_| RpcError::invalid_parameter(name, &format!("it must be {wanted}"))))
            .transpose()
    }

    /// A whole number within `range`.
    pub fn integer(&self, name: &str, range: RangeInclusive<u32>) -> Result<Option<u32>, RpcError> {
        let (low, high) = (range.start(), range.end());
        let wanted = format!("a number from {low} to {high}");
        match self.parsed::<u32>(name, &wanted)? {
            Some(number) if !range.contains(&number) => {
                Err(RpcError::invalid_parameter(name, &format!("it must be {wanted}")))
            }
            number => Ok(number),
        }
    }

    /// `true` or `false`, in any case; absent means `false`.
    pub fn flag(&self, name: &str) -> Result<bool, RpcError> {
        match self.get(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(RpcError::invalid_parameter(name, "it must be true or false")),
        }
    }

    /// The values of `Name.1`, `Name.2`, …, in the order of their numbers.
    pub fn list(&self, name: &str) -> Vec<&str> {
        let mut items: Vec<(u32, &str)> =
            self.after(name).filter_map(|(rest, value)| Some((rest.parse().ok()?, value))).collect();
        items.sort_unstable_by_key(|(number, _)| *number);
        items.into_iter().map(|(_, value)| value).collect()
    }

    /// The objects `Name.1.Field`, `Name.2.Field`, …, each as parameters of its own.
    pub fn objects(&self, name: &str) -> Vec<Params> {
        let mut objects: BTreeMap<u32, Params> = BTreeMap::new();
        for (rest, value) in self.after(name) {
            let Some((number, field)) = rest.split_once('.') else { continue };
            let Ok(number) = number.parse() else { continue };
            objects.entry(number).or_default().0.insert(field.to_owned(), value.to_owned());
        }
        objects.into_values().collect()
    }

    /// Every parameter, for comparing requests.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn after<'a>(&'a self, name: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let prefix = format!("{name}.");
        self.0.iter().filter_map(move |(key, value)| Some((key.strip_prefix(&prefix)?, value.as_str())))
    }
}

impl From<&[(&str, &str)]> for Params {
    fn from(pairs: &[(&str, &str)]) -> Self {
        Self::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_parameter() {
        let params = Params::from([("PageSize", "900"), ("Flag", "maybe"), ("Empty", "")].as_slice());
        assert_eq!(params.required("Empty").unwrap_err().code, "MissingParameter");
        assert!(params.required("VpcId").unwrap_err().message.contains("\"VpcId\""));
        let error = params.integer("PageSize", 1..=50).unwrap_err();
        assert_eq!(error.code, "InvalidParameter");
        assert!(error.message.contains("\"PageSize\"") && error.message.contains("50"));
        assert_eq!(params.flag("Flag").unwrap_err().code, "InvalidParameter");
        assert!(!params.flag("Absent").unwrap());
    }

    #[test]
    fn lists_come_in_the_order_of_their_numbers() {
        let params = Params::from(
            [("V.10", "c"), ("V.2", "b"), ("V.1", "a"), ("R.2.B", "4"), ("R.1.A", "1"), ("R.1.B.1", "2")].as_slice(),
        );
        assert_eq!(params.list("V"), ["a", "b", "c"]);
        let objects = params.objects("R");
        assert_eq!(objects.len(), 2);
        assert_eq!(objects[0].get("A"), Some("1"));
        assert_eq!(objects[0].list("B"), ["2"]);
        assert_eq!(objects[1].get("B"), Some("4"));
    }
}
