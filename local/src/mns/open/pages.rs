//! Which queues a listing asks for.

use serde_json::{Value, json};

use super::super::rows::QueueSummary;
use super::{answer, tags};
use crate::rpc::{Params, RpcError};

/// Numbers outside these ranges count as the nearest inside.
const LAST_PAGE: i64 = 100_000_000;
const SMALLEST: i64 = 10;
const LARGEST: i64 = 50;

/// A page of the queues that fit.
#[derive(Debug)]
pub(super) struct Wanted {
    number: usize,
    size: usize,
    /// What names begin with: how far a name may differ is not documented.
    name: String,
    fifo: bool,
    tags: Vec<(String, Option<String>)>,
}

impl Wanted {
    pub(super) fn read(params: &Params) -> Result<Self, RpcError> {
        let number = |name: &str, low: i64, high: i64| {
            let given = params.parsed::<i64>(name, "a number")?.unwrap_or(low).clamp(low, high);
            Ok::<_, RpcError>(usize::try_from(given).unwrap_or(usize::MAX))
        };
        Ok(Self {
            number: number("PageNum", 1, LAST_PAGE)?,
            size: number("PageSize", SMALLEST, LARGEST)?,
            name: params.get("QueueName").unwrap_or_default().to_owned(),
            fifo: params.get("QueueType") == Some("fifo"),
            tags: tags::wanted(params)?,
        })
    }

    /// `Data` of the answer. `queues` come sorted by name.
    pub(super) fn page(&self, queues: Vec<QueueSummary>) -> Value {
        let fitting: Vec<QueueSummary> = queues.into_iter().filter(|queue| self.fits(queue)).collect();
        let skipped = (self.number - 1).saturating_mul(self.size);
        let shown: Vec<Value> = fitting.iter().skip(skipped).take(self.size).map(answer::queue).collect();
        json!({
            "PageNum": self.number,
            "PageSize": self.size,
            "Pages": fitting.len().div_ceil(self.size),
            "Size": shown.len(),
            "Total": fitting.len(),
            "PageData": shown,
        })
    }

    fn fits(&self, summary: &QueueSummary) -> bool {
        let has = |(key, value): &(String, Option<String>)| {
            summary.control.tags.get(key).is_some_and(|own| value.as_ref().is_none_or(|wanted| wanted == own))
        };
        // Every queue of this cloud is a normal one.
        !self.fifo && summary.queue.name.starts_with(&self.name) && self.tags.iter().all(has)
    }
}
