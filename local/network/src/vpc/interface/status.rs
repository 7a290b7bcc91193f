//! The state machine of a router interface (docs/reference/vpc-connection-apis.md, section 1.5).

use local_core::words;

words! {
    /// Where a router interface stands.
    #[derive(Hash)]
    pub enum Status {
        /// Made, and not connected yet.
        Idle = "Idle",
        /// Its own side asked for the connection.
        Connecting = "Connecting",
        /// The other side asked for the connection.
        AcceptingConnecting = "AcceptingConnecting",
        /// Being activated, or being given another spec.
        Activating = "Activating",
        /// Traffic may pass.
        Active = "Active",
        /// Being deactivated.
        Deactivating = "Deactivating",
        /// Connected, and switched off.
        Inactive = "Inactive",
        /// Being deleted.
        Deleting = "Deleting",
        /// Gone. Never seen on one's own side, only as the status of the opposite one.
        Deleted = "Deleted",
    }
}

/// What moves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::vpc) enum Event {
    /// Its own side connects.
    Connect,
    /// The other side connects to it.
    BeConnected,
    /// Switched on.
    Activate,
    /// Switched off.
    Deactivate,
    /// Given another spec.
    ModifySpec,
    /// Deleted.
    Delete,
    /// The other side was deleted.
    LosePeer,
    /// The change under way is over.
    Settle,
}

impl Status {
    /// Where `event` leads from here; `None` where it is not allowed.
    #[must_use]
    pub(in crate::vpc) fn after(self, event: Event) -> Option<Self> {
        match (self, event) {
            (Self::Idle, Event::Connect) => Some(Self::Connecting),
            (Self::Idle, Event::BeConnected) => Some(Self::AcceptingConnecting),
            (Self::Connecting | Self::AcceptingConnecting | Self::Activating, Event::Settle) => Some(Self::Active),
            (Self::Active, Event::Deactivate) => Some(Self::Deactivating),
            (Self::Deactivating, Event::Settle) => Some(Self::Inactive),
            (Self::Inactive, Event::Activate) | (Self::Active, Event::ModifySpec) => Some(Self::Activating),
            (Self::Idle | Self::Inactive, Event::Delete) => Some(Self::Deleting),
            (Self::Deleting, Event::Settle) => Some(Self::Deleted),
            (Self::Active | Self::Activating | Self::Deactivating, Event::LosePeer) => Some(Self::Inactive),
            _ => None,
        }
    }

    /// Whether it takes part in a connection, be it one in the making or one switched off.
    #[must_use]
    pub(in crate::vpc) fn is_paired(self) -> bool {
        match self {
            Self::Idle | Self::Deleting | Self::Deleted => false,
            Self::Connecting
            | Self::AcceptingConnecting
            | Self::Activating
            | Self::Active
            | Self::Deactivating
            | Self::Inactive => true,
        }
    }
}

words! {
    /// Whether it is paid for and allowed, whatever its status.
    pub enum BusinessStatus {
        /// Nothing stands against it.
        Normal = "Normal",
        /// Not paid for: it cannot be switched, resized, and its account can neither make nor connect others.
        FinancialLocked = "FinancialLocked",
        /// Locked for reasons of security.
        SecurityLocked = "SecurityLocked",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [Status; 9] = [
        Status::Idle,
        Status::Connecting,
        Status::AcceptingConnecting,
        Status::Activating,
        Status::Active,
        Status::Deactivating,
        Status::Inactive,
        Status::Deleting,
        Status::Deleted,
    ];

    #[test]
    fn the_table_allows_exactly_these_moves() {
        use {Event as E, Status as S};
        let events =
            [E::Connect, E::BeConnected, E::Activate, E::Deactivate, E::ModifySpec, E::Delete, E::LosePeer, E::Settle];
        let mut allowed = Vec::new();
        for state in STATES {
            for event in events {
                if let Some(next) = state.after(event) {
                    allowed.push((state, event, next));
                }
            }
        }
        assert_eq!(
            allowed,
            [
                (S::Idle, E::Connect, S::Connecting),
                (S::Idle, E::BeConnected, S::AcceptingConnecting),
                (S::Idle, E::Delete, S::Deleting),
                (S::Connecting, E::Settle, S::Active),
                (S::AcceptingConnecting, E::Settle, S::Active),
                (S::Activating, E::LosePeer, S::Inactive),
                (S::Activating, E::Settle, S::Active),
                (S::Active, E::Deactivate, S::Deactivating),
                (S::Active, E::ModifySpec, S::Activating),
                (S::Active, E::LosePeer, S::Inactive),
                (S::Deactivating, E::LosePeer, S::Inactive),
                (S::Deactivating, E::Settle, S::Inactive),
                (S::Inactive, E::Activate, S::Activating),
                (S::Inactive, E::Delete, S::Deleting),
                (S::Deleting, E::Settle, S::Deleted),
            ]
        );
    }
}
