//! What a cloud's codes and statuses mean: one table a cloud, first match wins, then the HTTP status.

use std::fmt;

use http::StatusCode;

use crate::kind::Kind;

/// The calls of a cloud, as an enum. Displays as the cloud's own name for the call.
pub trait CloudCall: Copy + Eq + fmt::Debug + fmt::Display + Send + Sync + 'static {
    /// Where calls are sent to.
    type Region: Clone + fmt::Debug + fmt::Display + Send + Sync + 'static;

    /// What the cloud's codes mean.
    const TABLE: Table<Self>;

    /// What an error calls the product.
    fn service(self) -> &'static str;

    /// What the call does to the cloud.
    fn effect(self) -> Effect;

    /// Whether somebody who looks for what was done to a cloud wants to read of it: of each call that changes something, unless it is
    /// part of how the program works.
    fn is_change(self) -> bool {
        self.effect() != Effect::Reads
    }
}

/// What a call does to the cloud, which decides what a lost answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Nothing changes: the call can be repeated at will.
    Reads,
    /// Something new comes to be.
    Creates,
    /// Something that exists is changed.
    Changes,
    /// Something goes.
    Deletes,
}

/// The meaning of a failure.
#[derive(Debug, Clone, Copy)]
pub struct Meaning {
    /// What the caller can do.
    pub kind: Kind,
    /// What a person can do.
    pub advice: &'static str,
}

/// What the codes of one cloud mean.
#[derive(Debug)]
pub struct Table<C: 'static> {
    /// The rules, in the order they are read. Rules for some calls stand before rules for all.
    pub rules: &'static [&'static [Rule<C>]],
    /// Kinds that are not believed of a fault of the server, which may come after the effect.
    pub doubted: &'static [Kind],
    /// What a person can do, where this cloud has something else to say than [`Kind::advice`].
    pub advice: &'static [(Kind, &'static str)],
}

/// Some codes that mean the same, on some calls.
#[derive(Debug)]
pub struct Rule<C: 'static> {
    /// The calls it holds for; none named means every call.
    pub on: &'static [C],
    /// Exact codes; `Prefix*` and `*Middle*` match by part. None named means any, or none at all.
    pub codes: &'static [&'static str],
    /// The status; 0 means any.
    pub status: u16,
    /// What it means.
    pub kind: Kind,
    /// Replaces the kind's own advice.
    pub advice: Option<&'static str>,
}

/// The rules of a table, a row each: the kind; behind `at` the status and behind `on` the calls it holds for, every one unless
/// named; the codes; and behind `=>` what a person can do, where the kind's own advice does not fit.
#[macro_export]
macro_rules! rules {
    (@or $default:expr,) => { $default };
    (@or $default:expr, $value:expr) => { $value };
    ($call:ident: $(
        $kind:ident $(at $status:literal)? $(on $($on:ident)|+)? $(: $($code:tt)|+)? $(=> $advice:expr)?;
    )+) => {
        &[$($crate::Rule {
            on: &[$($($call::$on),+)?],
            codes: &[$($($code),+)?],
            status: $crate::rules!(@or 0, $($status)?),
            kind: $crate::Kind::$kind,
            advice: $crate::rules!(@or None, $(Some($advice))?),
        }),+]
    };
}

impl<C: CloudCall> Table<C> {
    /// What `code` means on `call`; the status decides where no rule fits.
    #[must_use]
    pub fn meaning(&self, call: C, code: Option<&str>, status: StatusCode) -> Meaning {
        let found = self.rules.iter().copied().flatten().find(|rule| rule.matches(call, code, status));
        let (kind, advice) = found.map_or_else(|| (by_status(call, status), None), |rule| (rule.kind, rule.advice));
        let is_doubted = status.is_server_error() && self.doubted.contains(&kind);
        let kind = if is_doubted { Kind::OutcomeUnknown } else { kind };
        Meaning { kind, advice: advice.unwrap_or_else(|| self.advice(kind)) }
    }

    /// Everything that this cloud has to say in place of [`Kind::advice`]: row by row, then by kind.
    pub fn advised(&self) -> impl Iterator<Item = &'static str> {
        let rows = self.rules.iter().copied().flatten().filter_map(|rule| rule.advice);
        rows.chain(self.advice.iter().map(|(_, advice)| *advice))
    }

    /// What a person can do about a failure of `kind`.
    pub(crate) fn advice(&self, kind: Kind) -> &'static str {
        self.advice.iter().find(|(of, _)| *of == kind).map_or(kind.advice(), |(_, advice)| advice)
    }
}

impl<C: CloudCall> Rule<C> {
    fn matches(&self, call: C, code: Option<&str>, status: StatusCode) -> bool {
        (self.on.is_empty() || self.on.contains(&call))
            && (self.status == 0 || self.status == status.as_u16())
            && (self.codes.is_empty() || code.is_some_and(|code| self.codes.iter().any(|pattern| fits(pattern, code))))
    }
}

fn fits(pattern: &str, code: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(middle), Some(_)) => code.contains(middle.trim_end_matches('*')),
        (None, Some(prefix)) => code.starts_with(prefix),
        _ => code == pattern,
    }
}

/// The meaning of a status whose code is not in the table, or missing.
fn by_status(call: impl CloudCall, status: StatusCode) -> Kind {
    match status {
        StatusCode::TOO_MANY_REQUESTS => Kind::Throttled,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Kind::Denied,
        StatusCode::NOT_FOUND if call.effect() == Effect::Deletes => Kind::OutcomeUnknown,
        StatusCode::REQUEST_TIMEOUT => Kind::OutcomeUnknown,
        status if status.is_client_error() => Kind::Refused,
        _ => Kind::OutcomeUnknown,
    }
}
