//! `causeway accounts add`: the roles in an account, its entry in the accounts document, and a look whether it lets Causeway in.

use std::io::Write as _;

use alicloud::AccountId;
use api::accounts::{AccountChecks, Deployment};
use connection::account::{Account, Accounts, AlicloudAccount, JdcloudAccount, NarrowTo};
use connection::words::{AccountAlias, CallerName, RegionId};
use serde::Serialize;

use super::parameters::RoleParameters;
use super::stack::RoleStack;
use super::{AccountsError, check, document, group, print, products, progress, roles};
use crate::args::{AddAccount, CloudArg, OperatorArgs, RoleApi};
use crate::operator::{self, Operator};
use crate::remote::connect;
use crate::render::{json, say};
use crate::webhook::Webhook;

/// What the names of an account's roles begin with unless somebody says otherwise.
pub(super) const ROLE_PREFIX: &str = "causeway";

/// What an entry of the accounts document shall say. What is left out stays as it is.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The alias.
    pub alias: AccountAlias,
    /// Who speaks for the account.
    pub owner: Option<CallerName>,
    /// What the names of its roles begin with.
    pub role_prefix: Option<String>,
    /// The word that its roles ask for.
    pub external_id: Option<String>,
    /// The user of its instances as whom commands run.
    pub command_user: Option<String>,
    /// The regions in which its endpoint services are looked after.
    pub regions: Vec<RegionId>,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    passed: bool,
    accounts: &'a [AccountChecks],
}

/// `causeway accounts add`. Whether the account lets Causeway in.
///
/// # Errors
/// When the webhook or the cloud refuses or does not answer.
pub async fn run(args: &AddAccount) -> Result<bool, AccountsError> {
    let webhook = connect(&args.webhook)?;
    let wanted = Wanted::of(args);
    let found = match (args.cloud, &args.id, &args.profile) {
        (CloudArg::Jdcloud, id, _) => {
            let id = id.clone().ok_or(AccountsError::NoAccount)?;
            vec![jdcloud(&webhook, &wanted, &id, args.key.as_deref().unwrap_or_default()).await?]
        }
        (CloudArg::Alicloud, Some(id), _) if args.print => {
            let text = handed_over(&webhook, &wanted, &account_id(id)?).await?;
            // It is a script: as it stands, whatever is in it.
            let _ = std::io::stdout().write_all(text.as_bytes());
            return Ok(true);
        }
        (CloudArg::Alicloud, Some(id), _) => vec![by_id(&webhook, &wanted, &account_id(id)?).await?],
        (CloudArg::Alicloud, None, Some(profile)) => {
            let deployment = deployment(&webhook).await?;
            let args_of_owner = OperatorArgs {
                stack: deployment.stack.clone(),
                region: Some(args.region.clone().unwrap_or_else(|| deployment.region_id.to_string())),
                profile: Some(profile.clone()),
                endpoint: args.endpoint.clone(),
            };
            let owner = operator::connect(&args_of_owner).await?;
            let members = group::Members::of(&args.folder, &args.account_id);
            match members {
                Some(members) => group::with_keys(&webhook, &owner, &wanted, &members).await?,
                None => vec![with_keys(&webhook, &owner, &wanted, args.role_api, args.open).await?],
            }
        }
        (CloudArg::Alicloud, None, None) => return Err(AccountsError::NoAccount),
    };
    let passed = found.iter().all(|account| !account.has_failed());
    if args.webhook.json {
        println!("{}", json(&Document { version: 1, passed, accounts: &found }));
    } else {
        found.iter().for_each(check::show);
        for account in &found {
            say!(
                "{} is connected{}",
                account.account,
                if account.has_failed() { ", but does not let Causeway in yet" } else { "" }
            );
        }
    }
    Ok(passed)
}

fn account_id(text: &str) -> Result<AccountId, AccountsError> {
    text.parse().map_err(|bad| AccountsError::Name(text.to_owned(), bad))
}

impl Wanted {
    fn of(args: &AddAccount) -> Self {
        Self {
            alias: args.alias.clone(),
            owner: args.owner.clone(),
            role_prefix: args.role_prefix.clone(),
            external_id: args.external_id.clone(),
            command_user: args.command_user.clone(),
            regions: args.service_regions.clone(),
        }
    }

    /// What is known of the account so far.
    ///
    /// # Errors
    /// When the alias or the account is another's.
    pub(super) fn known(&self, accounts: &Accounts, id: &str) -> Result<Option<AlicloudAccount>, AccountsError> {
        let known = self.entry(accounts, id, "Alibaba Cloud")?;
        Ok(known.and_then(|known| match known {
            Account::Alicloud(known) => Some(known.clone()),
            Account::Jdcloud(_) => None,
        }))
    }

    fn entry<'a>(&self, accounts: &'a Accounts, id: &str, cloud: &str) -> Result<Option<&'a Account>, AccountsError> {
        let is_it = |account: &Account| account.id() == id && account.cloud() == cloud;
        if let Some((alias, _)) = accounts.accounts.iter().find(|(alias, one)| **alias != self.alias && is_it(one)) {
            return Err(AccountsError::Taken { id: id.to_owned(), alias: alias.clone() });
        }
        match accounts.get(&self.alias) {
            Some(other) if !is_it(other) => Err(AccountsError::Different {
                alias: self.alias.clone(),
                known: other.id().to_owned(),
                cloud: other.cloud(),
            }),
            found => Ok(found),
        }
    }

    pub(super) fn role_prefix(&self, known: Option<&AlicloudAccount>) -> String {
        let known = || known.and_then(|known| known.role_prefix.clone());
        self.role_prefix.clone().or_else(known).unwrap_or_else(|| ROLE_PREFIX.to_owned())
    }

    /// The parameters of the roles, but for the word that they ask for.
    pub(super) fn parameters(&self, deployment: &Deployment, known: Option<&AlicloudAccount>) -> RoleParameters {
        let known_user = || known.and_then(|known| known.command_user.clone());
        let command_user = self.command_user.clone().or_else(known_user);
        RoleParameters { command_user, ..RoleParameters::of(deployment, &self.role_prefix(known)) }
    }

    /// The entry, put beside the others or over what is known of the account.
    pub(super) fn put(
        &self,
        accounts: &mut Accounts,
        id: &str,
        external_id: Option<&str>,
    ) -> Result<(), AccountsError> {
        let known = self.known(accounts, id)?;
        let role_prefix = Some(self.role_prefix(known.as_ref()));
        let of_now = known.unwrap_or_else(|| AlicloudAccount {
            id: id.to_owned(),
            role_prefix: None,
            role_arn: None,
            owner: None,
            external_id: None,
            regions: Vec::new(),
            command_user: None,
            narrow_to: NarrowTo::default(),
        });
        let account = AlicloudAccount {
            role_prefix,
            role_arn: None,
            owner: self.owner.clone().or(of_now.owner),
            external_id: external_id.map(str::to_owned).or(of_now.external_id),
            regions: if self.regions.is_empty() { of_now.regions } else { self.regions.clone() },
            command_user: self.command_user.clone().or(of_now.command_user),
            ..of_now
        };
        accounts.accounts.insert(self.alias.clone(), Account::Alicloud(account));
        Ok(())
    }
}

pub(super) async fn deployment(webhook: &Webhook) -> Result<Deployment, AccountsError> {
    Ok(webhook.get("/v1/deployment").await?)
}

/// Connects the account that `owner`'s keys belong to.
///
/// # Errors
/// When the webhook or the cloud refuses or does not answer.
pub async fn with_keys(
    webhook: &Webhook,
    owner: &Operator,
    wanted: &Wanted,
    role_api: RoleApi,
    opens: bool,
) -> Result<AccountChecks, AccountsError> {
    let deployment = deployment(webhook).await?;
    let id = owner.identity.account.as_str();
    let (accounts, _) = document::read(webhook).await?;
    let known = wanted.known(&accounts, id)?;
    let mut parameters = wanted.parameters(&deployment, known.as_ref());
    let stack = role_stack(owner, &deployment.stack);
    let ram = owner.client.ram();
    let in_account = match role_api {
        RoleApi::Ros => stack.external_id().await?,
        RoleApi::Ram => roles::external_id(&ram, &format!("{}-read", parameters.role_prefix)).await?,
    };
    parameters.external_id = agreed_word(wanted, known.as_ref(), in_account, || owner.io.entropy.nonce());
    match role_api {
        RoleApi::Ros => stack.bring_about(&parameters).await?,
        RoleApi::Ram => roles::bring_about(&ram, &parameters.roles(id, owner.region.as_str())?).await?,
    }
    products::look(&owner.client.networks(), &owner.region, &deployment.kinds, opens).await?;
    enter(webhook, wanted, id, parameters.external_id.as_deref()).await?;
    check::until_it_passes(webhook, &wanted.alias).await
}

/// The stack with the roles of an account.
pub(super) fn role_stack<'a>(owner: &'a Operator, deployment: &str) -> RoleStack<'a> {
    RoleStack::new(owner, stack_name(deployment))
}

/// What the stack with the roles of an account is called.
pub(super) fn stack_name(deployment: &str) -> String {
    format!("{deployment}-roles")
}

/// The word that the roles ask for: what is said, what the document says, what the account says; for a new account, one that nobody
/// can guess. An account that was connected without one stays so, since functions would be refused between the two changes.
pub(super) fn agreed_word(
    wanted: &Wanted,
    known: Option<&AlicloudAccount>,
    in_account: Option<String>,
    random: impl FnOnce() -> String,
) -> Option<String> {
    let documented = known.and_then(|known| known.external_id.clone());
    let agreed = wanted.external_id.clone().or(documented).or(in_account);
    agreed.or_else(|| known.is_none().then(random))
}

/// Puts the entry of an account into the document.
pub(super) async fn enter(
    webhook: &Webhook,
    wanted: &Wanted,
    id: &str,
    external_id: Option<&str>,
) -> Result<(), AccountsError> {
    let changed = document::change(webhook, |accounts| wanted.put(accounts, id, external_id)).await?;
    progress!("{} ({id}) is {} the accounts document", wanted.alias, if changed { "put into" } else { "already in" });
    Ok(())
}

/// Connects an account by its id: its owner has made the roles.
///
/// # Errors
/// When the webhook refuses or does not answer.
pub async fn by_id(webhook: &Webhook, wanted: &Wanted, id: &AccountId) -> Result<AccountChecks, AccountsError> {
    enter(webhook, wanted, id.as_str(), wanted.external_id.as_deref()).await?;
    check::until_it_passes(webhook, &wanted.alias).await
}

/// The script for the owner of an account.
async fn handed_over(webhook: &Webhook, wanted: &Wanted, id: &AccountId) -> Result<String, AccountsError> {
    let deployment = deployment(webhook).await?;
    let (accounts, _) = document::read(webhook).await?;
    let known = wanted.known(&accounts, id.as_str())?;
    let mut parameters = wanted.parameters(&deployment, known.as_ref());
    let io = webhook.io();
    parameters.external_id = agreed_word(wanted, known.as_ref(), None, || io.entropy.nonce());
    let (stack, region) = (stack_name(&deployment.stack), deployment.region_id.as_str());
    Ok(print::script(&wanted.alias, id.as_str(), &stack, region, &deployment.kinds, &parameters))
}

/// Connects an account of JD Cloud by the name of its key.
///
/// # Errors
/// When the webhook refuses or does not answer.
pub async fn jdcloud(webhook: &Webhook, wanted: &Wanted, id: &str, key: &str) -> Result<AccountChecks, AccountsError> {
    document::change(webhook, |accounts| {
        let known = wanted.entry(accounts, id, "JD Cloud")?.and_then(|known| known.owner().cloned());
        let owner = wanted.owner.clone().or(known);
        let account = Account::Jdcloud(JdcloudAccount { id: id.to_owned(), key: key.to_owned(), owner });
        accounts.accounts.insert(wanted.alias.clone(), account);
        Ok(())
    })
    .await?;
    Ok(check::check(webhook, &wanted.alias, None).await?)
}
