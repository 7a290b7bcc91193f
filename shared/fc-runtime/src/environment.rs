//! The environment of a function, as a value: so that many functions with different credentials can live in one process.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// The port on which FC expects a custom runtime unless the function says otherwise.
pub const DEFAULT_PORT: u16 = 9000;

/// The environment variables of a function. Cheap to clone; `Debug` shows names only, since values may be secret.
///
/// An empty variable counts as an absent one, as with the headers of FC.
#[derive(Clone, Default)]
pub struct Environment(Arc<BTreeMap<String, String>>);

/// A variable whose value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is {value:?}, which is no {wanted}")]
pub struct BadVariable {
    /// The variable's name.
    pub variable: &'static str,
    /// What it holds.
    pub value: String,
    /// What it should hold.
    pub wanted: &'static str,
}

impl Environment {
    /// A copy of the process's environment as it is now. Variables that are not Unicode are left out.
    #[must_use]
    pub fn process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The value of a variable, if set and not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The same environment with one variable added or replaced.
    #[must_use]
    pub fn with(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let mut all = Arc::unwrap_or_clone(self.0);
        all.insert(name.into(), value.into());
        Self(Arc::new(all))
    }

    /// Names and values in order of the names, empty ones included.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Where to listen: port `FC_SERVER_PORT`, else `FC_CUSTOM_LISTEN_PORT`, else 9000, on every address as FC demands.
    ///
    /// `FC_SERVER_HOST` narrows the address, for runs outside FC: in the cloud no function can set a variable whose name
    /// begins with `FC_`.
    ///
    /// # Errors
    /// When a variable that is set holds no port (0 asks the system for a free one) or no IP address.
    pub fn listen_address(&self) -> Result<SocketAddr, BadVariable> {
        let mut port = DEFAULT_PORT;
        for variable in ["FC_SERVER_PORT", "FC_CUSTOM_LISTEN_PORT"] {
            if let Some(value) = self.get(variable) {
                port =
                    value.parse().map_err(|_| BadVariable { variable, value: value.into(), wanted: "port number" })?;
                break;
            }
        }
        let address = match self.get("FC_SERVER_HOST") {
            None => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            Some(value) => value.parse().map_err(|_| BadVariable {
                variable: "FC_SERVER_HOST",
                value: value.into(),
                wanted: "IP address",
            })?,
        };
        Ok(SocketAddr::new(address, port))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(Arc::new(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect()))
    }
}

impl<N: Into<String>, V: Into<String>, const COUNT: usize> From<[(N, V); COUNT]> for Environment {
    fn from(variables: [(N, V); COUNT]) -> Self {
        variables.into_iter().collect()
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_the_servers_then_the_custom_one_then_9000() {
        let address = |variables: &[(&str, &str)]| {
            variables.iter().copied().collect::<Environment>().listen_address().map(|address| address.to_string())
        };
        assert_eq!(address(&[]).unwrap(), "0.0.0.0:9000");
        assert_eq!(address(&[("FC_CUSTOM_LISTEN_PORT", "8080")]).unwrap(), "0.0.0.0:8080");
        assert_eq!(address(&[("FC_CUSTOM_LISTEN_PORT", "8080"), ("FC_SERVER_PORT", "7")]).unwrap(), "0.0.0.0:7");
        assert_eq!(address(&[("FC_CUSTOM_LISTEN_PORT", "8080"), ("FC_SERVER_PORT", "")]).unwrap(), "0.0.0.0:8080");
        assert_eq!(address(&[("FC_SERVER_HOST", "127.0.0.1")]).unwrap(), "127.0.0.1:9000");
        assert_eq!(address(&[("FC_SERVER_PORT", "70000")]).unwrap_err().variable, "FC_SERVER_PORT");
        assert_eq!(address(&[("FC_SERVER_HOST", "here")]).unwrap_err().variable, "FC_SERVER_HOST");
    }

    #[test]
    fn debug_shows_no_values() {
        let environment = Environment::from([("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "hush")]);
        let shown = format!("{environment:?}");
        assert!(shown.contains("ALIBABA_CLOUD_ACCESS_KEY_SECRET") && !shown.contains("hush"), "{shown}");
    }
}
