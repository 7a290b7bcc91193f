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

impl Cdt {
    /// What is missing of it for a connection, as the error codes call it.
    pub(super) fn lacks(self, span: Span) -> Option<&'static str> {
        match (span, self) {
            (Span::Region, _) | (_, Self::Open) | (Span::Regions, Self::WithoutCrossBorder) => None,
            (_, Self::Closed) => Some("CdtNotOpened"),
            (Span::Border, Self::WithoutCrossBorder) => Some("CrossBorderCdtNotOpened"),
        }
    }
}
