//! What a new cloud holds: accounts with their keys, roles and VPCs.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use local_core::ram::Trust;
pub use local_core::seed::{SeedGroup, SeedInstance, SeedVSwitch, SeedVpc};
use local_core::shared::Home;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a new cloud begins with. It counts once: a cloud that was opened before keeps what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seed {
    /// The accounts.
    pub accounts: Vec<SeedAccount>,
    /// The account and region meant where a request names none.
    pub home: Home,
}

/// Whose cloud an account is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Alibaba Cloud.
    #[default]
    Alicloud,
    /// JD Cloud.
    Jdcloud,
}

/// An account.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct SeedAccount {
    /// What people call it.
    pub alias: String,
    /// Its cloud.
    #[serde(default)]
    pub cloud: Provider,
    /// The main account's id, digits.
    pub account_id: String,
    /// The id of its key.
    pub access_key_id: String,
    /// The secret of its key. Opens nothing but this local cloud.
    pub access_key_secret: String,
    /// Its roles.
    pub roles: Vec<SeedRole>,
    /// Its VPCs.
    pub vpcs: Vec<SeedVpc>,
}

impl SeedAccount {
    /// An account of Alibaba Cloud with a key of its own, and with the roles in which the tutorial's functions connect its VPCs: one
    /// for each need, which trusts the functions that have it.
    #[must_use]
    pub fn managed(alias: &str, account_id: &str, vpcs: Vec<SeedVpc>) -> Self {
        Self {
            alias: alias.to_owned(),
            cloud: Provider::Alicloud,
            account_id: account_id.to_owned(),
            access_key_id: format!("LTAI5tLocalCloudOnly{}", alias.to_uppercase()),
            access_key_secret: format!("local-cloud-only-secret-of-{alias}"),
            roles: NEEDS.map(|(need, trust, policy)| SeedRole::of(need, trust, policy)).to_vec(),
            vpcs,
        }
    }
}

impl std::fmt::Debug for SeedAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeedAccount").field("alias", &self.alias).field("account_id", &self.account_id).finish()
    }
}

/// A role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeedRole {
    /// Its name.
    pub name: String,
    /// Who may assume it.
    pub trust: Trust,
    /// What it may do: policy documents.
    #[serde(default)]
    pub policies: Vec<Value>,
}

impl SeedRole {
    /// The role of a connected account for one need.
    fn of(need: &str, trust: &str, policy: &str) -> Self {
        let trust = trust.replace("OPERATOR_ACCOUNT_ID", OPERATOR).replace("STACK", STACK);
        Self {
            name: format!("{STACK}-{need}"),
            trust: serde_json::from_str(&trust).expect("the trust policies of this repository are some"),
            policies: vec![serde_json::from_str(policy).expect("the policies of this repository are JSON")],
        }
    }

    /// One role for every need, which trusts the whole operator.
    fn of_every_need() -> Self {
        let policies = NEEDS.map(|(need, trust, policy)| Self::of(need, trust, policy).policies).concat();
        Self { name: STACK.to_owned(), trust: Trust::account(OPERATOR), policies }
    }
}

/// Where private links are tried, as in the guide to them: a consumer of `a`, and providers of both.
const FRANKFURT: &str = "eu-central-1";

const OPERATOR: &str = "1000000000000000";
/// What the operator's stack is called, and what the names of its roles begin with.
const STACK: &str = "causeway";

macro_rules! needs {
    ($($need:literal),+) => {
        [$((
            $need,
            include_str!(concat!("../../../policies/connected-account/trust-", $need, ".json")),
            include_str!(concat!("../../../policies/connected-account/", $need, ".json")),
        )),+]
    };
}

/// What roles of a connected account are needed for, each with its trust policy and its permission policy.
const NEEDS: [(&str, &str, &str); 3] = needs!["read", "network", "command"];

impl Seed {
    /// The world of the tutorial: `a` and `b`, each with VPCs in Qingdao, Beijing and Frankfurt and roles that trust the operator's
    /// functions; and `operator`, who owns them and has no network. In each VPC an instance runs, in a security group that lets
    /// nothing in from outside. For JD Cloud `jd-a` and `jd-b`, each with a VPC in the same region.
    ///
    /// # Panics
    /// Never: every range in it is well formed.
    #[must_use]
    pub fn tutorial() -> Self {
        let a = SeedAccount::managed(
            "a",
            "1000000000000001",
            vec![
                vpc("cn-qingdao", "tutorial", "192.168.0.0/16", &[("b", "192.168.0.0/24"), ("c", "192.168.1.0/24")]),
                vpc("cn-beijing", "second", "10.10.0.0/16", &[("h", "10.10.0.0/24"), ("k", "10.10.1.0/24")]),
                with_second_group(vpc(
                    FRANKFURT,
                    "consumer",
                    "10.11.0.0/16",
                    &[("b", "10.11.0.0/24"), ("a", "10.11.1.0/24")],
                )),
                serving(vpc(FRANKFURT, "provider", "10.12.0.0/16", &[("b", "10.12.0.0/24"), ("a", "10.12.1.0/24")])),
            ],
        );
        let b = SeedAccount::managed(
            "b",
            "1000000000000002",
            vec![
                vpc("cn-beijing", "tutorial", "172.16.0.0/16", &[("h", "172.16.0.0/24"), ("k", "172.16.1.0/24")]),
                vpc("cn-qingdao", "second", "10.20.0.0/16", &[("b", "10.20.0.0/24"), ("c", "10.20.1.0/24")]),
                with_second_group(serving(vpc(
                    FRANKFURT,
                    "provider",
                    "10.13.0.0/16",
                    &[("b", "10.13.0.0/24"), ("a", "10.13.1.0/24")],
                ))),
            ],
        );
        let mut operator = SeedAccount::managed("operator", OPERATOR, Vec::new());
        operator.roles.clear();
        let home = Home { account_id: OPERATOR.to_owned(), region: "cn-hangzhou".to_owned() };
        let jd_a = jd_account(
            "jd-a",
            "2000000000000001",
            jd_vpc("cn-north-1", "10.0.0.0/16", &["10.0.0.0/24", "10.0.1.0/24"]),
        );
        let jd_b = jd_account(
            "jd-b",
            "2000000000000002",
            jd_vpc("cn-north-1", "172.16.0.0/16", &["172.16.0.0/24", "172.16.1.0/24"]),
        );
        Self { accounts: vec![a, b, operator, jd_a, jd_b], home }
    }

    /// The same with one account more: `c`, which has a VPC in Frankfurt and belongs to nobody's plans.
    ///
    /// # Panics
    /// Never: every range in it is well formed.
    #[must_use]
    pub fn tutorial_with_third_account() -> Self {
        let mut seed = Self::tutorial();
        let vpcs = vec![vpc(FRANKFURT, "stranger", "10.14.0.0/16", &[("b", "10.14.0.0/24"), ("a", "10.14.1.0/24")])];
        seed.accounts.push(SeedAccount::managed("c", "1000000000000003", vpcs));
        seed
    }
}

impl Seed {
    /// Accounts with their keys and nothing else: no network, no role. The first is at home, with its region.
    #[must_use]
    pub fn empty(accounts: &[(&str, &str)], region: &str) -> Self {
        let account = |(alias, id): &(&str, &str)| SeedAccount {
            roles: Vec::new(),
            ..SeedAccount::managed(alias, id, Vec::new())
        };
        let home = accounts.first().map(|(_, id)| (*id).to_owned()).unwrap_or_default();
        let home = Home { account_id: home, region: region.to_owned() };
        Self { accounts: accounts.iter().map(account).collect(), home }
    }

    /// The same without roles: accounts with their networks, which nobody has connected yet.
    #[must_use]
    pub fn without_roles(mut self) -> Self {
        self.accounts.iter_mut().for_each(|account| account.roles.clear());
        self
    }

    /// The same with one role, `causeway`, in each connected account: as accounts were connected before they had one for each need.
    #[must_use]
    pub fn with_one_role(mut self) -> Self {
        for account in self.accounts.iter_mut().filter(|account| !account.roles.is_empty()) {
            account.roles = vec![SeedRole::of_every_need()];
        }
        self
    }
}

/// An account of JD Cloud, whose key is all there is to know: no roles.
fn jd_account(alias: &str, account_id: &str, vpc: SeedVpc) -> SeedAccount {
    SeedAccount {
        alias: alias.to_owned(),
        cloud: Provider::Jdcloud,
        account_id: account_id.to_owned(),
        access_key_id: format!("JDC_LocalCloudOnly_{}", alias.to_uppercase().replace('-', "_")),
        access_key_secret: format!("local-cloud-only-secret-of-{alias}"),
        roles: Vec::new(),
        vpcs: vec![vpc],
    }
}

/// A VPC of JD Cloud. Its subnets are in no zone; a security group comes with it, and there are no instances to run.
fn jd_vpc(region: &str, cidr: &str, subnets: &[&str]) -> SeedVpc {
    let subnet = |cidr: &&str| SeedVSwitch { zone_id: String::new(), cidr_block: range(cidr), instances: Vec::new() };
    SeedVpc {
        region_id: region.to_owned(),
        name: "tutorial".to_owned(),
        cidr_block: range(cidr),
        vswitches: subnets.iter().map(subnet).collect(),
        security_groups: Vec::new(),
    }
}

fn range(text: &str) -> Ipv4Net {
    text.parse().expect("a range written here is well formed")
}

fn vpc(region: &str, name: &str, cidr: &str, vswitches: &[(&str, &str)]) -> SeedVpc {
    let dash = if region.starts_with("cn-") { "-" } else { "" };
    SeedVpc {
        region_id: region.to_owned(),
        name: name.to_owned(),
        cidr_block: range(cidr),
        vswitches: vswitches
            .iter()
            .enumerate()
            .map(|(number, (zone, cidr))| {
                let cidr = range(cidr);
                let instances = if number == 0 { vec![instance(name, &cidr)] } else { Vec::new() };
                SeedVSwitch { zone_id: format!("{region}{dash}{zone}"), cidr_block: cidr, instances }
            })
            .collect(),
        security_groups: vec![SeedGroup { name: name.to_owned(), open_to: Vec::new() }],
    }
}

/// With a second security group, so that an endpoint may have another.
fn with_second_group(mut vpc: SeedVpc) -> SeedVpc {
    vpc.security_groups.push(SeedGroup { name: "endpoints".to_owned(), open_to: Vec::new() });
    vpc
}

/// With a second instance, so that there is a load to balance.
fn serving(mut vpc: SeedVpc) -> SeedVpc {
    if let Some(vswitch) = vpc.vswitches.first_mut() {
        let first = instance(&vpc.name, &vswitch.cidr_block);
        let private_ip = Ipv4Addr::from(u32::from(first.private_ip) + 1);
        vswitch.instances.push(SeedInstance { private_ip, ..first });
    }
    vpc
}

/// An instance at the tenth address of its vSwitch.
fn instance(name: &str, cidr: &Ipv4Net) -> SeedInstance {
    let private_ip = Ipv4Addr::from(u32::from(cidr.network()) + 10);
    SeedInstance { name: name.to_owned(), private_ip, running: true, cloud_assistant: true }
}
