//! What an account needs before a stack can be made in it: open products, and the roles by which EventBridge feeds functions.
//!
//! Opening places an order in the account's name, so it happens only when a person said so. The roles belong to the account and
//! not to the stack: other streams of the account use them too.

use alicloud::Kind;
use operate::ros::{Parameters, Provision, ProvisionStatus};
use secrecy::SecretString;

use super::error::DeployError;
use super::names::Names;
use super::release::Release;
use super::stacks::Say;
use crate::deployment::BASE;
use crate::operator::Operator;

/// EventBridge, which ROS does not know as a product to open.
pub const EVENT_BRIDGE: &str = "EventBridge";
/// The role that EventBridge's own API makes, because no service of that name is published.
const SOURCE_MNS: &str = "AliyunServiceRoleForEventBridgeSourceMNS";
/// The other roles, each with the service that it is linked to.
const LINKED: [(&str, &str); 2] = [
    ("AliyunServiceRoleForEventBridgeSendToFC", "sendevent-fc.eventbridge.aliyuncs.com"),
    ("AliyunServiceRoleForEventBridgeSendToMNS", "sendevent-mns.eventbridge.aliyuncs.com"),
];

/// The products that the stack needs and that are not open.
///
/// # Errors
/// When the cloud does not tell.
pub async fn closed(
    operator: &Operator,
    release: &Release,
    parameters: &Parameters,
) -> Result<Vec<String>, DeployError> {
    let provisions = provisions(operator, &release.template, parameters).await;
    let provisions = provisions.map_err(DeployError::cloud("tell which products are open"))?;
    let is_closed = |status: &ProvisionStatus| *status == ProvisionStatus::Disabled;
    let closed = provisions.into_iter().filter(|one| is_closed(&one.status)).map(|one| one.service_name);
    let mut closed: Vec<String> = closed.filter(|name| name != EVENT_BRIDGE).collect();
    let bridge = operator.client.event_bridge(&operator.region);
    match bridge.check_service_linked_role(SOURCE_MNS).await {
        Ok(_) => {}
        Err(error) if error.kind() == Kind::Commercial => closed.push(EVENT_BRIDGE.to_owned()),
        Err(error) => return Err(DeployError::cloud("tell whether EventBridge is open")(error)),
    }
    Ok(closed)
}

/// The products that the stacks of a deployment need, each once.
///
/// # Errors
/// When the cloud does not tell.
pub async fn provisions(
    operator: &Operator,
    template: &str,
    parameters: &Parameters,
) -> Result<Vec<Provision>, operate::Error> {
    let ros = operator.client.ros(&operator.region);
    let mut all = ros.service_provisions(BASE, &base_parameters(&Names::of(operator))).await?;
    for one in ros.service_provisions(template, parameters).await? {
        if all.iter().all(|known| known.service_name != one.service_name) {
            all.push(one);
        }
    }
    Ok(all)
}

/// The parameters of the stack that is made first.
#[must_use]
pub fn base_parameters(names: &Names) -> Parameters {
    let values = [("Deployment", &names.stack), ("CodeBucket", &names.code)];
    values.into_iter().map(|(name, value)| (name.to_owned(), SecretString::from(value.as_str()))).collect()
}

/// Opens products. What is open already is no error, so dying in between does no harm.
///
/// # Errors
/// When one cannot be opened.
pub async fn open(operator: &Operator, products: &[String], say: Say<'_>) -> Result<(), DeployError> {
    let (bridge, others): (Vec<&str>, Vec<&str>) =
        products.iter().map(String::as_str).partition(|one| *one == EVENT_BRIDGE);
    if !others.is_empty() {
        say(&format!("opening {}", others.join(", ")));
        let ros = operator.client.ros(&operator.region);
        let failed = ros.enable_services(&others).await.map_err(DeployError::cloud("open products"))?;
        if !failed.is_empty() {
            let told = failed.into_iter().map(|one| {
                let (code, message) = (one.code.unwrap_or_default(), one.message.unwrap_or_default());
                format!("{} could not be opened: {code}: {message}", one.service_name)
            });
            return Err(DeployError::Settings(told.collect()));
        }
    }
    if !bridge.is_empty() {
        say("opening EventBridge");
        let token = format!("causeway-{}", operator.io.entropy.nonce()).parse();
        let token = token.map_err(|error: alicloud::BadName| DeployError::Settings(vec![error.to_string()]))?;
        operator.client.open_event_bridge(&token).await.map_err(DeployError::cloud("open EventBridge"))?;
    }
    Ok(())
}

/// Makes the roles of EventBridge that are missing.
///
/// # Errors
/// When the cloud refuses.
pub async fn linked_roles(operator: &Operator, say: Say<'_>) -> Result<(), DeployError> {
    let ram = operator.client.ram();
    let look = |role: &str| DeployError::cloud(format!("look at role {role}"));
    let make = |role: &str| DeployError::cloud(format!("make the service-linked role {role}"));
    for (role, service) in LINKED {
        if ram.role(role).await.map_err(look(role))?.is_none() {
            say(&format!("making the service-linked role {role}"));
            ram.create_service_linked_role(service).await.map_err(make(role))?;
        }
    }
    if ram.role(SOURCE_MNS).await.map_err(look(SOURCE_MNS))?.is_none() {
        say(&format!("making the service-linked role {SOURCE_MNS}"));
        let bridge = operator.client.event_bridge(&operator.region);
        bridge.create_service_linked_role(SOURCE_MNS).await.map_err(make(SOURCE_MNS))?;
    }
    Ok(())
}
