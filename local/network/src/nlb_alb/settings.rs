//! Switches for what no source says of the real cloud.

/// How network and application load balancers behave where the documentation is silent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether a load balancer can be deleted while an endpoint service holds it.
    pub deletes_attached: bool,
}
