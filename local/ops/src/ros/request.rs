//! Templates and parameters as they are sent, and what they are refused with (docs/reference/deploy-apis.md, section 1.7).

use std::collections::BTreeMap;

use local_core::access::{self, Need};
use local_core::refusals;
use local_core::refuse_if;
use local_core::rpc::{Params, RpcError, RpcRequest};
use local_fc::ros::{ParameterFault, Pseudo, RosError, Stack, Template};
use serde_json::Value;

use super::rows::{Settings, StackRow, Tables, TokenRow, Version};
use super::{Inner, Ros};

/// The longest template, in bytes, however it comes.
const LONGEST: usize = 524_288;
/// Resources of a stack, stacks of an account in a region, parameters and tags of a call.
const RESOURCES: usize = 200;
pub(super) const STACKS: usize = 200;
/// Change sets of a stack.
pub(super) const CHANGE_SETS: usize = 20;
const PARAMETERS: usize = 200;
const TAGS: usize = 20;

refusals! {
    no_stack(id: &str) = missing "StackNotFound", "The Stack ({id}) could not be found.";
    no_resource(name: &str, stack: &str) = missing "ResourceNotFound", "The Resource ({name}) could not be found in Stack {stack}.";
    stack_exists(name: &str) = conflict "StackExists", "The Stack ({name}) already exists.";
    in_progress(name: &str, action: &str) = conflict "ActionInProgress", "Stack {name} already has an action ({action}) in progress.";
    same_stack(name: &str) = bad "NotSupported", "Update the completely same stack {name} is not supported.";
    no_change_set(id: &str) = missing "ChangeSetNotFound", "The ChangeSet {id} could not be found.";
    change_set_exists(name: &str, stack: &str) = conflict "ChangeSetExists", "The ChangeSet ({name}) of Stack ({stack}) already exists.";
    /// What ROS says where a stack or a change set is in the wrong state for a call is in no source.
    wrong_state(what: &str, status: &str) = bad "NotSupported", "{what} in the status {status} is not supported.";
    /// The code of it is in no source.
    protected(name: &str) = bad "NotSupported", "Delete the stack {name} with deletion protection is not supported.";
    too_many(what: &str) = bad "RequestLimitExceeded", "The quota of {what} is exceeded.";
    several(what: &str) = bad "MultipleParameter", "Only one of {what} may be given.";
    token_running(token: &str) = bad "LastTokenProcessing", "The last request with the ClientToken {token} is still being processed.";
    token_reused(token: &str) = bad "InvalidIdempotenceParameter", "The ClientToken {token} was used with other parameters.";
    no_group(name: &str) = missing "StackGroupNotFound", "The StackGroup ({name}) could not be found.";
    group_exists(name: &str) = conflict "StackGroupExists", "The StackGroup ({name}) already exists.";
    group_busy(name: &str) = conflict "StackGroupOperationInProgress", "StackGroup {name} already has an operation in progress.";
    /// What these four are refused with is in no source.
    group_not_empty(name: &str) = conflict "StackGroupNotEmpty", "The StackGroup ({name}) still has stack instances.";
    instance_exists(group: &str) = conflict "StackInstanceExists", "The StackGroup ({group}) has all these stack instances already.";
    no_operation(id: &str) = missing "StackGroupOperationNotFound", "The operation ({id}) could not be found.";
    no_directory(account: &str) = forbidden "Forbidden", "The account {account} manages no resource directory with trusted access for ROS.";
    no_instance(group: &str) = missing "StackInstanceNotFound", "The StackGroup ({group}) has none of these stack instances.";
    no_action(role: &str) = bad "InvalidParameter", "The role {role} does not exist, or does not trust ros.aliyuncs.com.";
}

/// A template that does not work.
pub(super) fn refused(error: &RosError) -> RpcError {
    let code = match error {
        RosError::Syntax(_) => "InvalidSchema",
        RosError::Shape { path, .. } if path.contains("FormatVersion") => "InvalidTemplateVersion",
        RosError::Shape { .. } => "InvalidSchema",
        RosError::Parameter { fault, .. } => match fault {
            ParameterFault::Missing => "UserParameterMissing",
            ParameterFault::Unknown => "UnknownUserParameter",
            ParameterFault::Value => "StackValidationFailed",
        },
        RosError::Dangling { .. } | RosError::LeftOut { .. } => "InvalidTemplateReference",
        RosError::Attribute { .. } => "InvalidTemplateAttribute",
        RosError::Cycle { .. } => "CircularDependency",
        RosError::Function { .. }
        | RosError::UnknownType { .. }
        | RosError::Property { .. }
        | RosError::Duplicate { .. } => "StackValidationFailed",
    };
    let source = std::error::Error::source(error).map(|source| format!(": {source}")).unwrap_or_default();
    RpcError::bad(code, format!("{error}{source}"))
}

/// The parameters that a call gives, each a text.
pub(super) fn parameters(params: &Params) -> Result<BTreeMap<String, Value>, RpcError> {
    let given = params.objects("Parameters");
    refuse_if!(given.len() > PARAMETERS, RpcError::invalid_parameter("Parameters", "there are more than 200"));
    given
        .iter()
        .map(|one| {
            let name = one.required("ParameterKey")?.to_owned();
            Ok((name, Value::from(one.get("ParameterValue").unwrap_or_default())))
        })
        .collect()
}

/// The tags that a call gives, if it gives any.
pub(super) fn tags(params: &Params) -> Result<Option<BTreeMap<String, String>>, RpcError> {
    let given = params.objects("Tags");
    refuse_if!(given.len() > TAGS, RpcError::invalid_parameter("Tags", "there are more than 20"));
    if given.is_empty() {
        return Ok(None);
    }
    let read = |one: &Params| Ok((one.required("Key")?.to_owned(), one.get("Value").unwrap_or_default().to_owned()));
    given.iter().map(read).collect::<Result<_, _>>().map(Some)
}

/// A name that a new stack may have: at most 255 letters, digits, hyphens and underscores, a letter first.
pub(super) fn name(params: &Params) -> Result<&str, RpcError> {
    let name = params.required("StackName")?;
    let fits = is_name(name) && name.starts_with(|sign: char| sign.is_ascii_alphabetic());
    refuse_if!(
        !fits,
        RpcError::invalid_parameter("StackName", "it must have up to 255 letters, digits, - and _, a letter first")
    );
    Ok(name)
}

/// A name that a new change set may have: the same with a letter or a digit first.
pub(super) fn change_set_name(params: &Params) -> Result<&str, RpcError> {
    let name = params.required("ChangeSetName")?;
    let fits = is_name(name) && name.starts_with(|sign: char| sign.is_ascii_alphanumeric());
    let wanted = "it must have up to 255 letters, digits, - and _, a letter or a digit first";
    refuse_if!(!fits, RpcError::invalid_parameter("ChangeSetName", wanted));
    Ok(name)
}

fn is_name(name: &str) -> bool {
    name.len() <= 255 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// What a call says of resources that cannot be changed in place: whether they are made anew.
pub(super) fn replaces(params: &Params) -> Result<bool, RpcError> {
    match params.get("ReplacementOption") {
        None | Some("Disabled") => Ok(false),
        Some("Enabled") => Ok(true),
        Some(_) => Err(RpcError::invalid_parameter("ReplacementOption", "it must be Enabled or Disabled")),
    }
}

/// What a call says of the stack that it updates.
pub(super) fn settings(params: &Params, row: &StackRow) -> Result<Settings, RpcError> {
    Ok(Settings {
        timeout_minutes: params.integer("TimeoutInMinutes", 10..=1440)?.unwrap_or(row.timeout_minutes),
        ram_role: params.get("RamRoleName").map(str::to_owned),
        tags: tags(params)?,
        policy: params.get("StackPolicyBody").map(str::to_owned),
    })
}

impl Ros {
    /// The text of the template that a call brings, if it brings one. One in OSS is read with the caller's rights.
    pub(super) fn template_text(&self, request: &RpcRequest) -> Result<Option<String>, RpcError> {
        let params = &request.params;
        let (body, url) = (params.get("TemplateBody"), params.get("TemplateURL"));
        refuse_if!(body.is_some() && url.is_some(), several("TemplateBody and TemplateURL"));
        for unsupported in ["TemplateId", "TemplateScratchId"] {
            refuse_if!(params.get(unsupported).is_some(), bad "NotSupported", "{unsupported} is not supported here.");
        }
        let text = match (body, url) {
            (Some(body), _) => body.to_owned(),
            (None, Some(url)) => self.fetch(request, url)?,
            (None, None) => return Ok(None),
        };
        refuse_if!(text.len() > LONGEST, RpcError::invalid_parameter("TemplateBody", "it has more than 524288 bytes"));
        Ok(Some(text))
    }

    fn fetch(&self, request: &RpcRequest, url: &str) -> Result<String, RpcError> {
        let invalid = |why: &str| RpcError::invalid_parameter("TemplateURL", why);
        let place = url.strip_prefix("oss://").ok_or_else(|| invalid("only oss://BUCKET/OBJECT is read here"))?;
        let place = place.split('?').next().unwrap_or_default();
        let (bucket, key) = place.split_once('/').ok_or_else(|| invalid("it names no object"))?;
        let account = request.account();
        let need = Need::new("oss:GetObject", format!("acs:oss:*:{account}:{bucket}/{key}"));
        access::check(&self.0.shared, &request.caller, &[need], &[])
            .map_err(|denied| RpcError::denied("Forbidden", &denied))?;
        let bytes = self.0.oss.object(account, bucket, key).map_err(|error| invalid(&error.to_string()))?;
        String::from_utf8(bytes.to_vec()).map_err(|_| invalid("the object is not a text"))
    }

    /// What a template with these parameters describes.
    pub(super) fn resolve(&self, version: &Version, pseudo: &Pseudo) -> Result<(Template, Stack), RpcError> {
        let template = Template::parse(&version.template).map_err(|error| refused(&error))?;
        refuse_if!(template.resource_types().count() > RESOURCES, too_many("resources of a stack"));
        let stack = template.resolve(&version.given, pseudo).map_err(|error| refused(&error))?;
        Ok((template, stack))
    }

    /// What templates can ask about a stack.
    pub(super) fn pseudo(&self, request: &RpcRequest, name: &str, id: &str) -> Pseudo {
        self.0.pseudo(request.account(), &request.region, name, id)
    }

    /// Whether a call came before with the same token: what it was about.
    pub(super) fn repeated(&self, request: &RpcRequest) -> Result<Option<TokenRow>, RpcError> {
        let Some((key, token)) = token(request)? else { return Ok(None) };
        let tables = self.0.tables();
        let Some(row) = tables.tokens.get(&key) else { return Ok(None) };
        refuse_if!(row.params != sent(request), token_reused(token));
        // A change set is made without its stack.
        let is_running = row.change_set_id.is_none()
            && tables.stacks.get(&row.stack_id).is_some_and(|stack| stack.operation.is_some());
        refuse_if!(is_running, token_running(token));
        Ok(Some(row.clone()))
    }
}

/// Keeps the token of a call with the stack that it is about, and the change set that it makes.
pub(super) fn remember(
    tables: &mut Tables,
    request: &RpcRequest,
    stack_id: &str,
    change_set_id: Option<&str>,
) -> Result<(), RpcError> {
    if let Some((key, _)) = token(request)? {
        let change_set_id = change_set_id.map(str::to_owned);
        tables.tokens.insert(key, TokenRow { params: sent(request), stack_id: stack_id.to_owned(), change_set_id });
    }
    Ok(())
}

fn token(request: &RpcRequest) -> Result<Option<(String, &str)>, RpcError> {
    let Some(token) = request.params.get("ClientToken") else { return Ok(None) };
    let fits = token.len() <= 64 && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    refuse_if!(!fits, RpcError::invalid_parameter("ClientToken", "it must have up to 64 letters, digits, - and _"));
    Ok(Some((format!("{}/{}/{}/{token}", request.account(), request.region, request.action), token)))
}

fn sent(request: &RpcRequest) -> Vec<(String, String)> {
    request.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The stack that a request names by its id.
pub(super) fn find<'t>(tables: &'t Tables, request: &RpcRequest) -> Result<&'t StackRow, RpcError> {
    let id = request.params.required("StackId")?;
    let own = |row: &&StackRow| row.account_id == request.account() && row.region == request.region;
    tables.stacks.get(id).filter(own).ok_or_else(|| no_stack(id))
}

impl Inner {
    pub(super) fn pseudo(&self, account: &str, region: &str, name: &str, id: &str) -> Pseudo {
        let mut pseudo = Pseudo::new(account, region, name);
        id.clone_into(&mut pseudo.stack_id);
        pseudo.http_base = self.fc.http_base();
        pseudo
    }
}
