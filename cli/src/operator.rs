//! Whoever operates a deployment: whose keys, in which account and region.

use std::sync::Arc;

use alicloud::{BadName, Region};
use operate::identity::Identity;
use operate::{Client, Gateway};
use transport::Io;

use crate::args::OperatorArgs;
use crate::keys::{self, KeylessError};

/// An operator, who is known to the cloud.
#[derive(Clone)]
pub struct Operator {
    /// Calls the cloud.
    pub client: Client,
    /// Who calls.
    pub identity: Identity,
    /// Where the keys come from, in words.
    pub origin: String,
    /// The region of the deployment.
    pub region: Region,
    /// The name of the deployment.
    pub stack: String,
    /// The address of a local cloud.
    pub endpoint: Option<String>,
    /// The outside world.
    pub io: Io,
}

/// Why there is no operator.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum OperatorError {
    /// There are no keys.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Keyless(#[from] KeylessError),
    #[error("it is not known which region is meant")]
    #[diagnostic(help("name it: --region cn-hangzhou, or CAUSEWAY_REGION, or in the profile (`aliyun configure`)"))]
    NoRegion,
    #[error("the region cannot be used")]
    Region(#[source] BadName),
    #[error("the address of the cloud cannot be used")]
    Endpoint(#[source] BadName),
    /// The HTTP client cannot be built.
    #[error(transparent)]
    Client(#[from] transport::https::BuildError),
    #[error("the cloud does not say who the keys belong to")]
    #[diagnostic(help("{}", .0.advice()))]
    Unknown(#[source] Box<operate::Error>),
}

/// Finds the keys, asks the cloud whose they are, and tells both on stderr.
///
/// # Errors
/// When there are none, or they are refused.
pub async fn connect(args: &OperatorArgs) -> Result<Operator, OperatorError> {
    let io = Io::system()?;
    let endpoint = args.endpoint.clone().filter(|endpoint| !endpoint.is_empty());
    let gateway = endpoint.as_deref().map(Gateway::new).transpose().map_err(OperatorError::Endpoint)?;
    let found = keys::find(&io, gateway.clone(), args.profile.as_deref()).await?;
    let region = args.region.clone().or(found.region).ok_or(OperatorError::NoRegion)?;
    let region: Region = region.parse().map_err(OperatorError::Region)?;
    let client = Client::new(io.clone(), gateway, Arc::clone(&found.provider));
    let identity = client.identity().await.map_err(|error| OperatorError::Unknown(Box::new(error)))?;
    eprintln!("{identity}, region {region} (keys: {})", strict::escaped(&found.origin));
    Ok(Operator { client, identity, origin: found.origin, region, stack: args.stack.clone(), endpoint, io })
}
