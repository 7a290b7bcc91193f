//! Pages of listings, and which queues one asks for.

use local_core::rpc::{Params, RpcError};
use serde_json::{Value, json};

use super::super::rows::QueueSummary;
use super::{answer, tags};

/// Numbers outside these ranges count as the nearest inside.
const LAST_PAGE: i64 = 100_000_000;
const SMALLEST: i64 = 10;
const LARGEST: i64 = 50;

/// `PageNum` and `PageSize`.
#[derive(Debug)]
pub(super) struct Page {
    number: usize,
    size: usize,
}

impl Page {
    pub(super) fn read(params: &Params) -> Result<Self, RpcError> {
        let number = |name: &str, low: i64, high: i64| {
            let given = params.parsed::<i64>(name, "a number")?.unwrap_or(low).clamp(low, high);
            Ok::<_, RpcError>(usize::try_from(given).unwrap_or(usize::MAX))
        };
        Ok(Self { number: number("PageNum", 1, LAST_PAGE)?, size: number("PageSize", SMALLEST, LARGEST)? })
    }

    /// `Data` of the answer: this page of `items`, which come sorted by name.
    pub(super) fn cut(&self, items: Vec<Value>) -> Value {
        let total = items.len();
        let skipped = (self.number - 1).saturating_mul(self.size);
        let shown: Vec<Value> = items.into_iter().skip(skipped).take(self.size).collect();
        json!({
            "PageNum": self.number,
            "PageSize": self.size,
            "Pages": total.div_ceil(self.size),
            "Size": shown.len(),
            "Total": total,
            "PageData": shown,
        })
    }
}

/// A page of the queues that fit.
#[derive(Debug)]
pub(super) struct QueueQuery {
    page: Page,
    /// What names begin with: how far a name may differ is not documented.
    name: String,
    fifo: bool,
    tags: Vec<(String, Option<String>)>,
}

impl QueueQuery {
    pub(super) fn read(params: &Params) -> Result<Self, RpcError> {
        Ok(Self {
            page: Page::read(params)?,
            name: params.get("QueueName").unwrap_or_default().to_owned(),
            fifo: params.get("QueueType") == Some("fifo"),
            tags: tags::wanted(params)?,
        })
    }

    /// `Data` of the answer. `queues` come sorted by name.
    pub(super) fn page(&self, queues: Vec<QueueSummary>) -> Value {
        self.page.cut(queues.iter().filter(|queue| self.fits(queue)).map(answer::queue).collect())
    }

    fn fits(&self, summary: &QueueSummary) -> bool {
        // Every queue of this cloud is a normal one.
        !self.fifo && summary.queue.name.starts_with(&self.name) && tags::has_all(&summary.control.tags, &self.tags)
    }
}
