//! The kinds of failure, and how patient each wants the caller to be.

/// What the caller can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Too many calls. Try again later, with jitter.
    Throttled,
    /// The thing is in the middle of a change, or something is in the way that goes by itself. Wait, then try again.
    Busy,
    /// What the call would have made is there already. Read it back and compare before taking it as success.
    AlreadyThere,
    /// What the call names does not exist. On a delete that is the aim reached.
    Gone,
    /// The request is wrong and stays wrong.
    Refused,
    /// Nothing is wrong with the request, but what it names, as it stands, rules it out; another way to the same end may be
    /// open: a rule by address range instead of by group, a migration where another kind of connection is in the way.
    RuledOut,
    /// A quota is used up, or the cloud has no capacity.
    Quota,
    /// The credentials are wrong or lack the permission.
    Denied,
    /// The session token ran out. A cached one has been dropped: the next try signs with a fresh one.
    StaleCredentials,
    /// Money: bills outstanding, something locked for debt, something not sold to this account.
    Commercial,
    /// The call may or may not have had its effect. Read back before judging.
    OutcomeUnknown,
    /// The request never left. Safe to send again.
    NotSent,
    /// The cloud accepted the call, but its answer could not be understood. Read back before judging.
    Malformed,
}

/// When to look again after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Soon: the cloud is at work on it, or a look at what is there will tell.
    Shortly,
    /// Later each time, with jitter: the cloud pushed back or could not be understood.
    BackOff,
    /// Never: it fails until somebody changes something.
    GiveUp,
}

impl Kind {
    /// When to look again after a failure of this kind.
    #[must_use]
    pub const fn patience(self) -> Patience {
        match self {
            Self::Busy | Self::AlreadyThere => Patience::Shortly,
            Self::Throttled | Self::OutcomeUnknown | Self::NotSent | Self::Malformed | Self::StaleCredentials => {
                Patience::BackOff
            }
            Self::Gone | Self::Refused | Self::RuledOut | Self::Quota | Self::Denied | Self::Commercial => {
                Patience::GiveUp
            }
        }
    }

    /// What a person can do about it, where neither the code nor the cloud's own table says something more precise.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Throttled => "Too many calls at once. It will be tried again later; nothing to do unless it lasts.",
            Self::Busy => {
                "The cloud is busy with this resource. It will be tried again; look at it in the console if it lasts."
            }
            Self::AlreadyThere => "Something like it exists already. Compare it with what was asked for.",
            Self::Gone => "It does not exist (any more). If somebody deleted it by hand, make it anew.",
            Self::Refused => "The request was refused and will be again. Correct what the message names.",
            Self::RuledOut => "It is ruled out as things stand here. Choose another way, or remove what is in the way.",
            Self::Quota => {
                "A quota of the account is used up. Remove what is not needed, or raise the quota in the console."
            }
            Self::Denied => "Grant the missing permission to the role, or correct its trust policy.",
            Self::StaleCredentials => "The session token ran out. It will be renewed by itself on the next try.",
            Self::Commercial => "Settle the account's outstanding bills, then go on.",
            Self::OutcomeUnknown => {
                "Nobody knows whether this took effect. It will be read back before anything else is done."
            }
            Self::NotSent => "The cloud could not be reached. Check network and endpoint if this lasts.",
            Self::Malformed => {
                "The answer was not understood. Check that the endpoint is the cloud's, not a proxy's error page."
            }
        }
    }
}
