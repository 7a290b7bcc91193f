//! The command `causeway`: where Causeway's functions and the local cloud meet.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`args`] | the command line |
//! | [`deployment`] | a local cloud with Causeway deployed into it |
//! | [`settings`] | what the functions say of their settings, before any runs |
//! | [`tutorial`] | the connections of the tutorial |
//! | [`functions`] | Causeway's functions inside this process |
//! | [`webhook`] | a client of the webhook |
//! | [`render`] | tables, JSON documents, times |
//! | [`up`] | `causeway up` |
//! | [`deploy`] | `causeway deploy`, `rollback`, `uninstall` and `secrets` |
//! | [`demo`] | `causeway demo` |
//! | [`keys`] | the keys of whoever runs a command |
//! | [`operator`] | who operates a deployment |
//! | [`context`] | where its webhook is, kept in a file |
//! | [`real_cloud`] | what is taken for true of the real clouds and cannot be proved here |
//! | [`remote`] | which webhook to ask, and how |
//! | [`verbs`] | `causeway create`, `change`, `pause`, `resume`, `retry`, `abandon` and `remove` |
//! | [`files`] | `causeway check`, `plan`, `apply` and `export` |
//! | [`status`] | `causeway list` and `causeway status` |
//! | [`drift`] | `causeway drift` |
//! | [`config`] | `causeway config` |
//! | [`consents`] | `causeway consents` |
//! | [`endpoints`] | `causeway approvals` |
//! | [`notices`] | `causeway notices` |
//! | [`dead_letters`] | `causeway dead-letters` |
//! | [`logs`] | `causeway logs` |
//! | [`approvals`] | `causeway why` and `policy` |
//! | [`audit`] | `causeway audit` |
//! | [`doctor`] | `causeway doctor` |
//! | [`accounts`] | `causeway accounts` |
//! | [`login`] | `causeway login` and `context` |
//! | [`reference`](mod@reference) | `causeway completions` and `man` |
//! | [`ask`] | asking the person at the terminal |

#![allow(missing_docs, reason = "an error says in its text what it is, and a group of arguments by its type")]

pub mod accounts;
pub mod approvals;
pub mod args;
pub mod ask;
pub mod audit;
pub mod config;
pub mod consents;
pub mod context;
pub mod dead_letters;
pub mod demo;
pub mod deploy;
pub mod deployment;
pub mod doctor;
pub mod drift;
pub mod endpoints;
pub mod files;
pub mod functions;
pub mod keys;
pub mod login;
pub mod logs;
pub mod notices;
pub mod operator;
pub mod real_cloud;
pub mod reference;
pub mod remote;
pub mod render;
pub mod settings;
pub mod status;
pub mod tutorial;
pub mod up;
pub mod verbs;
pub mod webhook;
