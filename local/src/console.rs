//! What a console shows: accounts, their keys, and what they have.

use serde::Serialize;

use crate::seed::Seed;
use crate::vpc::{ConsoleVpc, Vpc};

/// All accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Console {
    /// In the order of the seed.
    pub accounts: Vec<ConsoleAccount>,
}

/// One account.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ConsoleAccount {
    /// What people call it.
    pub alias: String,
    /// Which cloud: always `alicloud` here.
    pub cloud: &'static str,
    /// The main account's id.
    pub account_id: String,
    /// Its key's id.
    pub access_key_id: String,
    /// Its key's secret, which opens nothing but this local cloud.
    pub access_key_secret: String,
    /// Its VPCs in every region.
    pub vpcs: Vec<ConsoleVpc>,
}

impl std::fmt::Debug for ConsoleAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsoleAccount").field("alias", &self.alias).field("account_id", &self.account_id).finish()
    }
}

pub(crate) fn console(seed: &Seed, vpc: &Vpc) -> Console {
    let accounts = seed.accounts.iter().map(|account| ConsoleAccount {
        alias: account.alias.clone(),
        cloud: "alicloud",
        account_id: account.account_id.clone(),
        access_key_id: account.access_key_id.clone(),
        access_key_secret: account.access_key_secret.clone(),
        vpcs: vpc.console(&account.account_id),
    });
    Console { accounts: accounts.collect() }
}
