//! Cloud Data Transfer: each side of a connection between regions pays its outgoing traffic through it.

use serde::{Deserialize, Serialize};

use super::peering::Span;

/// How far an account has opened CDT.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cdt {
    /// For everything.
    #[default]
    Open,
    /// For everything but lines that leave mainland China or lead there.
    WithoutCrossBorder,
    /// Not at all.
    Closed,
}

/// What is missing for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lacking {
    /// CDT itself.
    All,
    /// CDT for lines across the border.
    CrossBorder,
}

impl Cdt {
    /// What is missing of it for a connection.
    pub(super) fn lacks(self, span: Span) -> Option<Lacking> {
        match (span, self) {
            (Span::Region, _) | (_, Self::Open) | (Span::Regions, Self::WithoutCrossBorder) => None,
            (_, Self::Closed) => Some(Lacking::All),
            (Span::Border, Self::WithoutCrossBorder) => Some(Lacking::CrossBorder),
        }
    }
}
