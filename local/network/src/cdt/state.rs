//! What accounts have opened.

use local_core::shared::Shared;
use local_core::table::{StorageError, Table};
use serde::{Deserialize, Serialize};

use super::Settings;

/// How far an account has opened CDT.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// For everything.
    #[default]
    Open,
    /// For everything but lines that leave mainland China or lead there.
    WithoutCrossBorder,
    /// For such lines alone.
    OnlyCrossBorder,
    /// Not at all.
    Closed,
}

/// A part of CDT, which is opened by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// For lines on one side of the border of mainland China.
    WithinBorder,
    /// For lines across it.
    CrossBorder,
}

impl State {
    /// Whether a part is open.
    pub(crate) fn has(self, part: Part) -> bool {
        match self {
            Self::Open => true,
            Self::Closed => false,
            Self::WithoutCrossBorder => part == Part::WithinBorder,
            Self::OnlyCrossBorder => part == Part::CrossBorder,
        }
    }

    /// The same with that part open.
    pub(super) fn with(self, part: Part) -> Self {
        match part {
            Part::WithinBorder if self.has(Part::CrossBorder) => Self::Open,
            Part::WithinBorder => Self::WithoutCrossBorder,
            Part::CrossBorder if self.has(Part::WithinBorder) => Self::Open,
            Part::CrossBorder => Self::OnlyCrossBorder,
        }
    }
}

/// Everything the product knows.
#[derive(Debug)]
pub(crate) struct Accounts {
    pub(super) settings: Settings,
    /// By account; open where nothing is said.
    pub states: Table<State>,
}

impl Accounts {
    pub(crate) fn load(shared: &Shared) -> Result<Self, StorageError> {
        Ok(Self { settings: Settings::default(), states: Table::load(&shared.storage, "cdt_accounts")? })
    }

    /// How far an account has opened CDT.
    pub(crate) fn of(&self, account: &str) -> State {
        self.states.get(account).copied().unwrap_or_default()
    }
}
