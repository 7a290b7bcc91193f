//! Filters and pages of listings.

use serde_json::{Value, json};

use super::error::JdError;
use super::request::JdRequest;

/// Filters that every listing takes or that mean nothing here: all there is is standard, in no zone.
const COMMON: [&str; 4] = ["azType", "azs", "subnetType", "types"];

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Like,
}

#[derive(Debug, Clone)]
struct Filter {
    name: String,
    operator: Operator,
    values: Vec<String>,
}

impl Filter {
    fn keeps(&self, found: &str) -> bool {
        match self.operator {
            Operator::Equal => self.values.iter().any(|value| value == found),
            Operator::NotEqual => !self.values.iter().any(|value| value == found),
            Operator::Like => self.values.iter().any(|value| found.contains(value)),
        }
    }
}

/// What a listing asks for.
#[derive(Debug)]
pub(super) struct Listing {
    page: usize,
    size: usize,
    filters: Vec<Filter>,
    /// By tags or resource groups: nothing has either.
    asks_for_tags: bool,
}

impl Listing {
    /// Reads filters and page. `known` are the filters of this listing; others are refused.
    pub(super) fn read(request: &JdRequest, known: &[&str]) -> Result<Self, JdError> {
        let number = |name: &str, least: usize, most: usize, default: usize| match request.parameter(name) {
            None => Ok(default),
            Some(text) => text
                .parse()
                .ok()
                .filter(|number| (least..=most).contains(number))
                .ok_or_else(|| JdError::invalid(format!("{name} {text} is out of range"))),
        };
        let filters = (1..).map_while(|place| filter(request, place)).collect::<Result<Vec<_>, _>>()?;
        let unknown = filters.iter().find(|filter| {
            let name = filter.name.as_str();
            !known.contains(&name) && !COMMON.contains(&name)
        });
        if let Some(Filter { name, .. }) = unknown {
            return Err(JdError::invalid(format!("filter {name} is not known")));
        }
        Ok(Self {
            page: number("pageNumber", 1, usize::MAX, 1)?,
            size: number("pageSize", 10, 100, 20)?,
            filters,
            asks_for_tags: request
                .query
                .iter()
                .any(|(name, _)| name.starts_with("tags.") || name.starts_with("resourceGroupIds.")),
        })
    }

    /// This page of the rows that the filters keep, under `name`, and how many they keep in all. Past the end the last
    /// page is shown again.
    pub(super) fn answer<T>(
        &self,
        name: &str,
        rows: impl Iterator<Item = T>,
        field: impl Fn(&T, &str) -> String,
        view: impl Fn(&T) -> Value,
    ) -> Value {
        let rows: Vec<T> = rows.filter(|row| self.keeps(row, &field)).collect();
        let total = rows.len();
        let last = total.div_ceil(self.size).max(1);
        let skip = (self.page.min(last) - 1) * self.size;
        let page: Vec<Value> = rows.iter().skip(skip).take(self.size).map(view).collect();
        json!({ name: page, "totalCount": total })
    }

    fn keeps<T>(&self, row: &T, field: &impl Fn(&T, &str) -> String) -> bool {
        !self.asks_for_tags
            && self.filters.iter().all(|filter| match filter.name.as_str() {
                "azType" | "subnetType" => filter.values.iter().all(|value| value == "all" || value == "standard"),
                "types" => filter.values.iter().any(|value| value == "all" || value == "normal"),
                "azs" => filter.keeps(""),
                name => filter.keeps(&field(row, name)),
            })
    }
}

/// The filter at this place, if there is one.
fn filter(request: &JdRequest, place: usize) -> Option<Result<Filter, JdError>> {
    let name = request.parameter(&format!("filters.{place}.name"))?.to_owned();
    let operator = match request.parameter(&format!("filters.{place}.operator")) {
        None | Some("eq" | "in") => Operator::Equal,
        Some("ne" | "not_in") => Operator::NotEqual,
        Some("like") => Operator::Like,
        Some(other) => return Some(Err(JdError::invalid(format!("operator {other} is not known")))),
    };
    let value = |number: usize| request.parameter(&format!("filters.{place}.values.{number}")).map(str::to_owned);
    let values: Vec<String> = (1..).map_while(value).collect();
    if values.is_empty() {
        return Some(Err(JdError::invalid(format!("filter {name} has no value"))));
    }
    Some(Ok(Filter { name, operator, values }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(query: &str) -> Result<Vec<u64>, JdError> {
        let query = query.split('&').filter_map(|pair| pair.split_once('='));
        let query = query.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let request =
            JdRequest { account: String::new(), region: String::new(), id: String::new(), query, body: Value::Null };
        let listing = Listing::read(&request, &["numbers"])?;
        let answer = listing.answer("rows", 0..25_u64, |row, _| row.to_string(), |row| Value::from(*row));
        Ok(answer["rows"].as_array().unwrap().iter().filter_map(Value::as_u64).collect())
    }

    #[test]
    fn past_the_end_the_last_page_is_shown_again() {
        assert_eq!(listed("").unwrap().len(), 20);
        for page in ["3", "4", "99"] {
            assert_eq!(listed(&format!("pageNumber={page}&pageSize=10")).unwrap(), [20, 21, 22, 23, 24]);
        }
        for wrong in ["pageNumber=0", "pageSize=9", "pageSize=101", "pageSize=x"] {
            assert_eq!(listed(wrong).unwrap_err().code, "INVALID_ARGUMENT", "{wrong}");
        }
    }

    #[test]
    fn filters_narrow_and_unknown_ones_are_refused() {
        let three = "filters.1.name=numbers&filters.1.values.1=3&filters.1.values.2=7";
        assert_eq!(listed(three).unwrap(), [3, 7]);
        assert_eq!(listed(&format!("{three}&filters.2.name=numbers&filters.2.values.1=7")).unwrap(), [7]);
        assert_eq!(listed(&format!("{three}&filters.1.operator=ne")).unwrap()[..4], [0, 1, 2, 4]);
        assert_eq!(listed(&format!("{three}&filters.2.name=azType&filters.2.values.1=edge")).unwrap(), [] as [u64; 0]);
        assert_eq!(listed(&format!("{three}&tags.1.key=a")).unwrap(), [] as [u64; 0]);
        for wrong in ["filters.1.name=x&filters.1.values.1=1", "filters.1.name=numbers"] {
            assert_eq!(listed(wrong).unwrap_err().code, "INVALID_ARGUMENT", "{wrong}");
        }
    }
}
