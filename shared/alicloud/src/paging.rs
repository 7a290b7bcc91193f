//! Following pages to their end, and no further: a cloud that repeats a page or never ends must not hold a caller.

use std::collections::HashSet;

/// More pages than this are no listing but a fault: 500 pages of 50 are five times the largest account planned for.
pub const PAGE_LIMIT: u32 = 500;

/// What `PageNumber` and `TotalCount` say about a page.
#[derive(Debug, Clone, Copy, Default)]
pub struct Position {
    /// How many rows there are in all.
    pub total_count: Option<u64>,
    /// The size of page the cloud used, which may be less than was asked for.
    pub page_size: Option<u64>,
}

/// Collects numbered pages. Rows that were listed already (the listing moved between two pages) are dropped.
pub struct Numbered<T> {
    rows: Vec<T>,
    seen: HashSet<String>,
    page: u32,
    asked_size: u64,
}

/// What to do after a page.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Ask for the next one.
    Page,
    /// It was the last.
    Done,
    /// The listing makes no sense.
    Fault(&'static str),
}

impl<T> Numbered<T> {
    /// Starts at the first page, each of so many rows.
    #[must_use]
    pub fn new(asked_size: u32) -> Self {
        Self { rows: Vec::new(), seen: HashSet::new(), page: 1, asked_size: asked_size.into() }
    }

    /// The number of the page to ask for, from 1.
    #[must_use]
    pub const fn page(&self) -> u32 {
        self.page
    }

    /// Takes in the page just read.
    pub fn take(&mut self, rows: Vec<T>, position: Position, id: impl Fn(&T) -> &str) -> Next {
        let listed = rows.len() as u64;
        let before = self.rows.len();
        for row in rows {
            if self.seen.insert(id(&row).to_owned()) {
                self.rows.push(row);
            }
        }
        let size = position.page_size.filter(|size| *size > 0).unwrap_or(self.asked_size);
        let complete = match position.total_count {
            Some(total) => u64::from(self.page) * size >= total,
            None => listed < size,
        };
        if listed == 0 || complete {
            return Next::Done;
        }
        if self.rows.len() == before {
            return Next::Fault("the listing repeats the same page");
        }
        if self.page == PAGE_LIMIT {
            return Next::Fault("the listing does not end");
        }
        self.page += 1;
        Next::Page
    }

    /// All rows that were taken in.
    #[must_use]
    pub fn into_rows(self) -> Vec<T> {
        self.rows
    }
}

/// Guards a chain of `NextToken`s.
#[derive(Default)]
pub struct Tokens(HashSet<String>);

impl Tokens {
    /// Whether to go on with `token`.
    pub fn take(&mut self, token: Option<&str>) -> Next {
        match token {
            None => Next::Done,
            Some(token) if !self.0.insert(token.to_owned()) => Next::Fault("the listing repeats a page token"),
            Some(_) if self.0.len() as u64 >= u64::from(PAGE_LIMIT) => Next::Fault("the listing does not end"),
            Some(_) => Next::Page,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    fn total(total: u64) -> Position {
        Position { total_count: Some(total), page_size: Some(2) }
    }

    #[test]
    fn pages_end_where_the_total_is_reached() {
        let mut pages = Numbered::new(2);
        assert_eq!(pages.take(rows(&["a", "b"]), total(3), |id| id), Next::Page);
        assert_eq!(pages.page(), 2);
        assert_eq!(pages.take(rows(&["c"]), total(3), |id| id), Next::Done);
        assert_eq!(pages.into_rows(), ["a", "b", "c"]);
    }

    #[test]
    fn a_cloud_with_smaller_pages_is_read_to_the_end() {
        let mut pages = Numbered::new(50);
        assert_eq!(pages.take(rows(&["a", "b"]), total(4), |id| id), Next::Page);
        assert_eq!(pages.take(rows(&["c", "d"]), total(4), |id| id), Next::Done);
    }

    #[test]
    fn a_row_that_moved_to_the_next_page_is_listed_once() {
        let mut pages = Numbered::new(2);
        pages.take(rows(&["a", "b"]), total(4), |id| id);
        pages.take(rows(&["b", "c"]), total(4), |id| id);
        assert_eq!(pages.into_rows(), ["a", "b", "c"]);
    }

    #[test]
    fn without_a_total_a_short_page_is_the_last() {
        let mut pages = Numbered::new(2);
        assert_eq!(pages.take(rows(&["a", "b"]), Position::default(), |id| id), Next::Page);
        assert_eq!(pages.take(rows(&["c"]), Position::default(), |id| id), Next::Done);
    }

    #[test]
    fn a_repeated_page_is_a_fault() {
        let mut pages = Numbered::new(2);
        pages.take(rows(&["a", "b"]), total(100), |id| id);
        assert!(matches!(pages.take(rows(&["a", "b"]), total(100), |id| id), Next::Fault(_)));
    }

    #[test]
    fn a_listing_without_end_is_a_fault() {
        let mut pages = Numbered::new(1);
        let mut asked = 0;
        while pages.take(vec![asked.to_string()], Position::default(), |id| id) == Next::Page {
            asked += 1;
        }
        assert_eq!(asked, PAGE_LIMIT - 1);
    }

    #[test]
    fn a_repeated_token_is_a_fault() {
        let mut tokens = Tokens::default();
        assert_eq!(tokens.take(Some("x")), Next::Page);
        assert_eq!(tokens.take(Some("y")), Next::Page);
        assert!(matches!(tokens.take(Some("x")), Next::Fault(_)));
        assert_eq!(tokens.take(None), Next::Done);
    }
}
