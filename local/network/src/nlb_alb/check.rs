//! How the servers of a group are checked.

use local_core::rpc::{Params, RpcError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fields::word;
use super::flavour::Flavour;
use super::refusal;

/// The settings of a group's health check. Whether it is on and which port it knocks at is played; the rest is kept and
/// shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Check {
    pub on: bool,
    /// Each server's own port when absent.
    pub port: Option<u16>,
    protocol: String,
    /// Seconds, as is the interval.
    timeout: u32,
    interval: u32,
    healthy: u32,
    unhealthy: u32,
    path: String,
    host: String,
    method: String,
    version: String,
    codes: Vec<String>,
}

/// How each product calls them, and what they are unless they are given.
struct Names {
    protocol: &'static str,
    protocols: &'static [&'static str],
    timeout: &'static str,
    path: &'static str,
    host: &'static str,
    method: &'static str,
    codes: &'static str,
    usual_interval: u32,
    usual_healthy: u32,
}

const NETWORK: Names = Names {
    protocol: "HealthCheckType",
    protocols: &["TCP", "HTTP", "UDP"],
    timeout: "HealthCheckConnectTimeout",
    path: "HealthCheckUrl",
    host: "HealthCheckDomain",
    method: "HttpCheckMethod",
    codes: "HealthCheckHttpCode",
    usual_interval: 5,
    usual_healthy: 2,
};

const APPLICATION: Names = Names {
    protocol: "HealthCheckProtocol",
    protocols: &["HTTP", "HTTPS", "TCP", "gRPC"],
    timeout: "HealthCheckTimeout",
    path: "HealthCheckPath",
    host: "HealthCheckHost",
    method: "HealthCheckMethod",
    codes: "HealthCheckCodes",
    usual_interval: 2,
    usual_healthy: 3,
};

fn names(flavour: Flavour) -> &'static Names {
    match flavour {
        Flavour::Nlb => &NETWORK,
        Flavour::Alb => &APPLICATION,
    }
}

impl Check {
    /// Reads the fields of `HealthCheckConfig`. ALB must be told whether servers are checked; NLB checks unless told.
    pub(super) fn read(flavour: Flavour, params: &Params) -> Result<Self, RpcError> {
        let names = names(flavour);
        let field = |name: &str| format!("HealthCheckConfig.{name}");
        let text = |name: &str, usual: &str| params.get(&field(name)).unwrap_or(usual).to_owned();
        let number = |name: &str, low: u32, high: u32, usual: u32| {
            let wanted = format!("a number from {low} to {high}");
            match word::<u32>(params, &field(name), &wanted)? {
                Some(number) if !(low..=high).contains(&number) => Err(refusal::illegal(&field(name), &wanted)),
                number => Ok(number.unwrap_or(usual)),
            }
        };
        let on = match params.get(&field("HealthCheckEnabled")) {
            Some(_) => params.flag(&field("HealthCheckEnabled"))?,
            None if flavour == Flavour::Alb => return Err(refusal::missing(&field("HealthCheckEnabled"))),
            None => true,
        };
        let protocol = text(names.protocol, names.protocols[0]);
        if !names.protocols.contains(&protocol.as_str()) {
            return Err(refusal::illegal(names.protocol, &format!("it must be one of {}", names.protocols.join(", "))));
        }
        // 0 stands for the server's own port.
        let port = number("HealthCheckConnectPort", 0, 65535, 0)?;
        let codes = params.list(&field(names.codes)).into_iter().map(str::to_owned).collect();
        Ok(Self {
            on,
            port: u16::try_from(port).ok().filter(|port| *port > 0),
            protocol,
            timeout: number(names.timeout, 1, 300, 5)?,
            interval: number("HealthCheckInterval", 1, 300, names.usual_interval)?,
            healthy: number("HealthyThreshold", 2, 10, names.usual_healthy)?,
            unhealthy: number("UnhealthyThreshold", 2, 10, names.usual_healthy)?,
            path: text(names.path, "/"),
            host: text(names.host, "$SERVER_IP"),
            method: text(names.method, flavour.spells("GET", "HEAD")),
            version: text("HealthCheckHttpVersion", flavour.spells("HTTP1.0", "HTTP1.1")),
            codes,
        })
    }

    pub(super) fn view(&self, flavour: Flavour) -> Value {
        let names = names(flavour);
        let codes = if self.codes.is_empty() { vec!["http_2xx".to_owned()] } else { self.codes.clone() };
        json!({
            "HealthCheckEnabled": self.on,
            "HealthCheckConnectPort": self.port.unwrap_or(0),
            names.protocol: self.protocol,
            names.timeout: self.timeout,
            "HealthCheckInterval": self.interval,
            "HealthyThreshold": self.healthy,
            "UnhealthyThreshold": self.unhealthy,
            names.path: self.path,
            names.host: self.host,
            names.method: self.method,
            "HealthCheckHttpVersion": self.version,
            names.codes: codes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_product_has_its_own_names_and_defaults() {
        let none = Params::default();
        let network = Check::read(Flavour::Nlb, &none).unwrap().view(Flavour::Nlb);
        assert_eq!((&network["HealthCheckType"], &network["HealthCheckInterval"]), (&"TCP".into(), &5.into()));
        assert!(Check::read(Flavour::Alb, &none).is_err(), "it must be told");
        let on = [("HealthCheckConfig.HealthCheckEnabled", "True"), ("HealthCheckConfig.HealthCheckPath", "/up")];
        let application = Check::read(Flavour::Alb, &on.as_slice().into()).unwrap().view(Flavour::Alb);
        assert_eq!(
            (&application["HealthCheckPath"], &application["HealthCheckProtocol"]),
            (&"/up".into(), &"HTTP".into())
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (name, value) in [("HealthCheckType", "ICMP"), ("HealthyThreshold", "1"), ("HealthCheckConnectPort", "x")] {
            let field = format!("HealthCheckConfig.{name}");
            let params = Params::from([(field.as_str(), value)].as_slice());
            assert_eq!(Check::read(Flavour::Nlb, &params).unwrap_err().code, "IllegalParam", "{name}");
        }
    }
}
