//! Quotas, and switches for what no source says of the real cloud.

/// How this cloud behaves where accounts differ or the documentation is silent (docs/reference/privatelink-slb-apis.md,
/// section 13).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own, without an answer in the documents")]
pub struct Settings {
    /// Endpoint services of an account in a region.
    pub services_per_account: usize,
    /// Resources of a service.
    pub resources_per_service: usize,
    /// Endpoints of a VPC.
    pub endpoints_per_vpc: usize,
    /// Whether an account must open the product before it can use it.
    pub needs_opening: bool,
    /// What a consumer is told who is not on the whitelist.
    pub unlisted: Unlisted,
    /// Whether an entry for every account (`acs:ram:*:*:*`) lets everybody in.
    pub wildcard_means_everyone: bool,
    /// Whether accepting what is connected already is refused; else nothing happens.
    pub refuses_connected: bool,
    /// Whether the zones of a request that was refused before it was ever accepted become Disconnected; else they go on
    /// waiting.
    pub refusal_reaches_zones: bool,
    /// Whether requests that wait are accepted when auto-accept is switched on.
    pub auto_accept_reaches_waiting: bool,
    /// Whether connections of an account end when it is taken off the whitelist.
    pub removal_disconnects: bool,
    /// Whether a zone added to a connected endpoint is connected at once; else it waits for the provider.
    pub added_zones_connect: bool,
    /// Whether an endpoint may only be in zones in which the service has a resource.
    pub zones_must_match: bool,
    /// Whether connections are listed only of a service that is named; else of all services of the region.
    pub listing_needs_service: bool,
    /// Whether the provider may choose the resource of a zone, which takes a quota of its own.
    pub resources_can_be_chosen: bool,
}

/// What a consumer is told who is not on a service's whitelist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlisted {
    /// That the service is not for them.
    NotAuthorized,
    /// That there is no such service.
    NotFound,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            services_per_account: 200,
            resources_per_service: 500,
            endpoints_per_vpc: 1000,
            needs_opening: false,
            unlisted: Unlisted::NotAuthorized,
            wildcard_means_everyone: true,
            refuses_connected: true,
            refusal_reaches_zones: false,
            auto_accept_reaches_waiting: false,
            removal_disconnects: false,
            added_zones_connect: true,
            zones_must_match: true,
            listing_needs_service: false,
            resources_can_be_chosen: false,
        }
    }
}
