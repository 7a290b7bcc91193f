//! Switches for what no source says of the real cloud.

/// How load balancers behave where the documentation is silent (docs/reference/privatelink-slb-apis.md, section 7).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether a pay-as-you-go balancer is still sold by spec, which is what a request without `InstanceChargeType` asks
    /// for. It is documented to have ended on 2025-06-01; what such a request gets today is not.
    pub spec_is_sold: bool,
    /// Whether a balancer can be deleted while an endpoint service holds it.
    pub deletes_attached: bool,
}
