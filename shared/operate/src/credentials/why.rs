//! Why a source has no credentials. Texts of files, programs and clouds are shown escaped, and none holds a secret.

use jiff::Timestamp;
use strict::{escaped, quoted};

use crate::surroundings::ProgramFailed;

/// Why a source has no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// Its variable is not set.
    #[error("{0} is not set")]
    NotSet(&'static str),
    /// Only a part of its variables is set.
    #[error("{set} is set and {missing} is not")]
    Half {
        /// The one that is.
        set: &'static str,
        /// The one that is not.
        missing: &'static str,
    },
    /// A variable switches it off.
    #[error("switched off by {0}")]
    SwitchedOff(&'static str),
    /// It is a file below the home folder, and `HOME` is not set.
    #[error("the home folder is not known: HOME is not set")]
    NoHome,
    /// There is no such file.
    #[error("{} does not exist", escaped(.0))]
    NoFile(String),
    /// A file cannot be read.
    #[error("{} cannot be read: {}", escaped(.path), .reason)]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        reason: String,
    },
    /// A file, or what a program printed, does not read.
    #[error("{}, line {line}, column {column}: {what}", escaped(.document))]
    Malformed {
        /// The file, or what was read.
        document: String,
        /// From 1.
        line: usize,
        /// From 1; 0 for an empty line.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// A file has no profile of that name.
    #[error("{} has no profile {}{}", escaped(.document), quoted(.profile), listed(.known))]
    NoProfile {
        /// The file.
        document: String,
        /// The name.
        profile: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// A file does not say which profile counts.
    #[error("{} names no current profile; choose one with --profile", escaped(.0))]
    NoCurrent(String),
    /// A profile lacks a field.
    #[error("profile {} (mode {mode}) has no {field}", quoted(.profile))]
    NoField {
        /// The profile.
        profile: String,
        /// Its mode.
        mode: String,
        /// The field.
        field: &'static str,
    },
    /// A field cannot be what it is.
    #[error("{field} of profile {} {rule}", quoted(.profile))]
    BadField {
        /// The profile.
        profile: String,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        rule: String,
    },
    /// A variable cannot be what it is.
    #[error("{variable} {rule}")]
    BadVariable {
        /// The variable.
        variable: &'static str,
        /// What is wrong with it.
        rule: String,
    },
    /// A profile has a mode that does not sign, or that this version does not know.
    #[error("profile {} has mode {}, which causeway cannot sign with", quoted(.profile), quoted(.mode))]
    Mode {
        /// The profile.
        profile: String,
        /// Its mode.
        mode: String,
    },
    /// Profiles name each other as their source.
    #[error("profiles name each other as source_profile: {}", .0.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(" -> "))]
    Cycle(Vec<String>),
    /// The stored session is over, or there is none yet, and only the official tool makes another.
    #[error("profile {} ({mode}) has {}; run `{command}`, then try again", quoted(.profile), ended(.at.as_ref()))]
    SignIn {
        /// The profile.
        profile: String,
        /// Its mode.
        mode: &'static str,
        /// When the session ended, if there was one.
        at: Option<Timestamp>,
        /// What renews it.
        command: String,
    },
    /// What came is over already.
    #[error("the session token ended at {at:.0}, and this machine's clock says {now:.0}; renew it, or set the clock")]
    Over {
        /// When it ended.
        at: Timestamp,
        /// What the clock says.
        now: Timestamp,
    },
    /// A variable forbids what the profile would do.
    #[error("profile {} gets its key from a program or an address, which {variable} forbids", quoted(.profile))]
    Forbidden {
        /// The profile.
        profile: String,
        /// The variable.
        variable: &'static str,
    },
    /// A program failed.
    #[error("process_command of profile {}: {failed}; run it by hand to see what it says", quoted(.profile))]
    Program {
        /// The profile.
        profile: String,
        /// How it failed.
        failed: ProgramFailed,
    },
    /// A service that hands out credentials did not answer.
    #[error("no answer from {}", escaped(.0))]
    NoAnswer(String),
    /// A service that hands out credentials refused.
    #[error("{} answered HTTP {status}", escaped(.host))]
    Refused {
        /// The service.
        host: String,
        /// The status.
        status: u16,
    },
    /// A service answered something that holds no credentials.
    #[error("the answer of {} holds no credentials", escaped(.0))]
    NoCredentials(String),
    /// STS refused.
    #[error("{}. {}", escaped(.reason), escaped(.advice))]
    Sts {
        /// What it said.
        reason: String,
        /// What can be done about it.
        advice: String,
    },
}

impl Why {
    /// Whether nobody ever set it up, so that passing it over is no surprise.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::NotSet(_) | Self::SwitchedOff(_) | Self::NoHome | Self::NoFile(_))
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let shown: Vec<_> = names.iter().take(10).map(|name| quoted(name)).collect();
    let more = if names.len() > shown.len() { ", …" } else { "" };
    format!("; it has {}{more}", shown.join(", "))
}

fn ended(at: Option<&Timestamp>) -> String {
    at.map_or_else(|| "no session".to_owned(), |at| format!("a session that ended at {at:.0}"))
}
