//! What a console shows: accounts, their keys, and what they have.

use local_jd::Jd;
use serde::{Deserialize, Serialize};

use crate::seed::{Provider, Seed};
pub use local_core::console::{ConsoleGroup, ConsoleInstance, ConsoleVSwitch, ConsoleVpc};
use local_network::vpc::Vpc;

/// All accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Console {
    /// In the order of the seed.
    pub accounts: Vec<ConsoleAccount>,
}

/// One account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleAccount {
    /// What people call it.
    pub alias: String,
    /// Which cloud.
    pub cloud: Provider,
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

pub(crate) fn console(seed: &Seed, vpc: &Vpc, jd: &Jd) -> Console {
    let accounts = seed.accounts.iter().map(|account| ConsoleAccount {
        alias: account.alias.clone(),
        cloud: account.cloud,
        account_id: account.account_id.clone(),
        access_key_id: account.access_key_id.clone(),
        access_key_secret: account.access_key_secret.clone(),
        vpcs: match account.cloud {
            Provider::Alicloud => vpc.console(&account.account_id),
            Provider::Jdcloud => jd.console(&account.account_id),
        },
    });
    Console { accounts: accounts.collect() }
}
