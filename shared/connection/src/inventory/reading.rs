//! A listing that is read page by page.
//!
//! One [`Page`] is one request, so that whoever fetches can count them, stop between two, and go on from the [`Cursor`]
//! later or elsewhere.

use cloud_error::CloudCall;
use serde::{Deserialize, Serialize};

use super::Listing;
use crate::not_done::NotDone;

/// More pages than this are no listing but a fault.
pub const MOST_PAGES: u32 = 2000;
/// How often a listing is begun anew that moved while it was read.
const MOST_STARTS: u32 = 3;

/// From where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cursor {
    /// From the beginning.
    #[default]
    Start,
    /// With the page of this number, counted from 1.
    Page(u32),
    /// With the page that this token leads to.
    Token(String),
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its rows.
    pub rows: Listing,
    /// From where to go on; `None` behind the last page.
    pub next: Option<Cursor>,
    /// How many rows the cloud says there are on all pages, where it says so.
    pub total: Option<u64>,
}

/// Why a page could not be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// It may work later: throttled, no answer, an answer that does not read.
    #[error("{0}")]
    Temporary(String),
    /// It will not work until somebody changes something: no permission, no such account.
    #[error("{0}")]
    Permanent(String),
}

impl<C: CloudCall> From<cloud_error::Error<C>> for Unavailable {
    fn from(error: cloud_error::Error<C>) -> Self {
        NotDone::from(error).into()
    }
}

impl From<NotDone> for Unavailable {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Retry(wait) => Self::Temporary(wait.why),
            NotDone::Failed(failure) => Self::Permanent(format!("{}; {}", failure.what, failure.advice)),
        }
    }
}

/// A listing as far as it was read, and from where to go on. It can be put down after every page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// What was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<Listing>,
    /// From where to go on; `None` at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Cursor>,
    /// How often it was begun.
    pub starts: u32,
    /// How many pages were read, in all.
    pub pages: u32,
    /// How many of them since it was begun last.
    pub pages_of_last_start: u32,
}

impl Reading {
    /// A listing of which nothing was read.
    #[must_use]
    pub fn begun() -> Self {
        Self { listing: None, next: Some(Cursor::Start), starts: 1, pages: 0, pages_of_last_start: 0 }
    }

    /// Takes in the page that was fetched from [`next`](Self::next).
    ///
    /// A listing by page number may lose a row when one before it goes between two pages. Then the rows do not come to the
    /// number that the cloud tells, and it is read anew.
    ///
    /// # Errors
    /// When it does not end, or moves whenever it is read.
    pub fn take(&mut self, page: Page) -> Result<(), Unavailable> {
        self.pages += 1;
        self.pages_of_last_start += 1;
        if self.pages > MOST_PAGES * MOST_STARTS {
            return Err(Unavailable::Permanent("the listing does not end".to_owned()));
        }
        if page.next.is_some() && page.next == self.next {
            return Err(Unavailable::Temporary("the listing repeats the same page".to_owned()));
        }
        match &mut self.listing {
            Some(listing) => listing.absorb(page.rows),
            None => self.listing = Some(page.rows),
        }
        self.next = page.next;
        let read = self.listing.as_ref().map_or(0, Listing::len) as u64;
        if self.next.is_none() && page.total.is_some_and(|total| total != read) {
            if self.starts == MOST_STARTS {
                return Err(Unavailable::Temporary("the listing moved whenever it was read".to_owned()));
            }
            let (starts, pages) = (self.starts + 1, self.pages);
            *self = Self { starts, pages, ..Self::begun() };
        }
        Ok(())
    }
}
