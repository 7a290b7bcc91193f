//! Following pages to their end, and no further: a cloud that repeats a page or never ends must not hold a caller.
//!
//! This cloud shows its last page again when asked for one past the end, so a page that brings nothing new is the end where
//! no total says otherwise.

use std::collections::HashSet;

/// The largest page the cloud gives.
pub const PAGE_SIZE: u64 = 100;
/// More pages than this are no listing but a fault.
const PAGE_LIMIT: u64 = 500;

/// Collects numbered pages. Rows that were listed already (the listing moved between two pages) are dropped.
pub(super) struct Pages<T> {
    rows: Vec<T>,
    seen: HashSet<String>,
    number: u64,
}

/// What to do after a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Page,
    Done,
    /// The listing makes no sense.
    Fault(&'static str),
}

impl<T> Pages<T> {
    pub(super) fn new() -> Self {
        Self { rows: Vec::new(), seen: HashSet::new(), number: 1 }
    }

    /// The number of the page to ask for, from 1.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// Takes in the page just read.
    pub(super) fn take(&mut self, rows: Vec<T>, total: Option<u64>, id: impl Fn(&T) -> &str) -> Next {
        let listed = rows.len() as u64;
        let before = self.rows.len();
        for row in rows {
            if self.seen.insert(id(&row).to_owned()) {
                self.rows.push(row);
            }
        }
        let brought_nothing = self.rows.len() == before;
        let is_complete = match total {
            Some(total) => self.rows.len() as u64 >= total || self.number * PAGE_SIZE >= total,
            None => listed < PAGE_SIZE || brought_nothing,
        };
        if listed == 0 || is_complete {
            return Next::Done;
        }
        if brought_nothing {
            return Next::Fault("the listing repeats the same page");
        }
        if self.number == PAGE_LIMIT {
            return Next::Fault("the listing does not end");
        }
        self.number += 1;
        Next::Page
    }

    pub(super) fn into_rows(self) -> Vec<T> {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(range: std::ops::Range<u64>) -> Vec<String> {
        range.map(|number| number.to_string()).collect()
    }

    fn take(pages: &mut Pages<String>, range: std::ops::Range<u64>, total: Option<u64>) -> Next {
        pages.take(rows(range), total, |id| id)
    }

    #[test]
    fn pages_end_where_the_total_is_reached() {
        let mut pages = Pages::new();
        assert_eq!(take(&mut pages, 0..100, Some(130)), Next::Page);
        assert_eq!(pages.number(), 2);
        assert_eq!(take(&mut pages, 100..130, Some(130)), Next::Done);
        assert_eq!(pages.into_rows().len(), 130);
    }

    #[test]
    fn without_a_total_the_last_page_shown_again_is_the_end() {
        let mut pages = Pages::new();
        assert_eq!(take(&mut pages, 0..100, None), Next::Page);
        assert_eq!(take(&mut pages, 0..100, None), Next::Done);
        assert_eq!(pages.into_rows().len(), 100);
        assert_eq!(take(&mut Pages::new(), 0..99, None), Next::Done);
    }

    #[test]
    fn a_row_that_moved_to_the_next_page_is_listed_once() {
        let mut pages = Pages::new();
        take(&mut pages, 0..100, Some(150));
        assert_eq!(take(&mut pages, 99..150, Some(150)), Next::Done);
        assert_eq!(pages.into_rows().len(), 150);
    }

    #[test]
    fn a_page_repeated_below_the_total_is_a_fault_and_so_is_a_listing_without_end() {
        let mut pages = Pages::new();
        take(&mut pages, 0..100, Some(1000));
        assert!(matches!(take(&mut pages, 0..100, Some(1000)), Next::Fault(_)));
        let mut pages = Pages::new();
        let mut asked = 0;
        while take(&mut pages, asked * 100..asked * 100 + 100, None) == Next::Page {
            asked += 1;
        }
        assert_eq!(asked, PAGE_LIMIT - 1);
    }
}
