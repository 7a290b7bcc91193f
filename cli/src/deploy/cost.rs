//! What a deployment costs while nothing happens, by list prices.
//!
//! Source: docs/reference/deploy-apis.md, section 7.2. ROS cannot tell: its estimate knows none of these products.

use alicloud::Region;
use serde::Serialize;

/// Days that a month is taken to have.
const DAYS: f64 = 30.0;
/// A queue's price a day in mainland China, abroad, and in Riyadh.
const QUEUE: (f64, f64, f64) = (0.08, 0.11, 0.132);
/// A stream's price a day, once it had no message for a month.
const STREAM: f64 = 0.14;
/// What timers cost a month in computing: with 0.1 s and with 1 s a run.
const TIMERS: (f64, f64) = (0.05, 0.35);

/// What an idle month costs, in US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cost {
    /// Queues.
    pub queues: usize,
    /// Their price.
    pub of_queues: f64,
    /// Streams from a queue to a function.
    pub streams: usize,
    /// Their price once they are idle: nothing in the first month, and nothing for those that get messages.
    pub of_streams: f64,
    /// Functions run by timers, at least.
    pub least_of_functions: f64,
    /// The same, at most.
    pub most_of_functions: f64,
}

impl Cost {
    /// The cost of so many queues and streams in a region.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a stack has up to 200 resources")]
    pub fn idle(region: &Region, queues: usize, streams: usize) -> Self {
        let (mainland, abroad, riyadh) = QUEUE;
        let price = match region.as_str() {
            "me-central-1" => riyadh,
            _ if region.is_mainland() => mainland,
            _ => abroad,
        };
        Self {
            queues,
            of_queues: queues as f64 * price * DAYS,
            streams,
            of_streams: streams as f64 * STREAM * DAYS,
            least_of_functions: TIMERS.0,
            most_of_functions: TIMERS.1,
        }
    }

    /// The least and the most of a month.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        (self.of_queues + self.least_of_functions, self.of_queues + self.of_streams + self.most_of_functions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_month_of_every_kind_costs_what_the_sheet_says() {
        let cost = Cost::idle(&"cn-hangzhou".parse().unwrap(), 16, 15);
        assert_eq!(format!("{:.2} {:.2}", cost.of_queues, cost.of_streams), "38.40 63.00");
        let abroad = Cost::idle(&"ap-southeast-1".parse().unwrap(), 16, 15);
        assert_eq!(format!("{:.2}", abroad.of_queues), "52.80");
        let riyadh = Cost::idle(&"me-central-1".parse().unwrap(), 1, 0);
        assert_eq!(format!("{:.2}", riyadh.of_queues), "3.96");
    }
}
