//! When a timer trigger fires.

use std::str::FromStr as _;
use std::time::Duration;

use croner::parser::{CronParser, Seconds, Year};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A parsed `cronExpression`: `@every 5m`, or six fields with seconds first, in UTC unless `CRON_TZ=Zone` stands before them.
#[derive(Debug, Clone)]
pub struct Schedule(Rule);

#[derive(Debug, Clone)]
enum Rule {
    Every(Duration),
    Cron { pattern: Box<croner::Cron>, zone: TimeZone },
}

/// A `cronExpression` that means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Only minutes appear in the documentation; whether other units are understood is not confirmed.
    #[error("{0:?}: an interval is written `@every 5m`, in whole minutes")]
    Interval(String),
    /// Not a cron expression of six fields.
    #[error("{expression:?}: {problem}")]
    Cron {
        /// The expression.
        expression: String,
        /// What is wrong with it.
        problem: String,
    },
    /// No such zone, as far as this machine knows.
    #[error("the time zone {0:?} is not known on this machine")]
    Zone(String),
}

impl Schedule {
    /// Reads an expression.
    ///
    /// # Errors
    /// When it means nothing: see [`ScheduleError`].
    pub fn parse(expression: &str) -> Result<Self, ScheduleError> {
        let text = expression.trim();
        if let Some(interval) = text.strip_prefix("@every") {
            return interval
                .trim()
                .strip_suffix('m')
                .and_then(|minutes| u64::from_str(minutes).ok())
                .filter(|minutes| *minutes > 0)
                .map(|minutes| Self(Rule::Every(Duration::from_secs(minutes * 60))))
                .ok_or_else(|| ScheduleError::Interval(text.to_owned()));
        }
        let cron = |problem: String| ScheduleError::Cron { expression: text.to_owned(), problem };
        if text.starts_with('@') {
            return Err(cron("of the names with an @, only @every is documented".to_owned()));
        }
        let (zone, fields) = match text.strip_prefix("CRON_TZ=") {
            None => (TimeZone::UTC, text),
            Some(rest) => {
                let (name, fields) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                (TimeZone::get(name).map_err(|_| ScheduleError::Zone(name.to_owned()))?, fields)
            }
        };
        let pattern = CronParser::builder()
            .seconds(Seconds::Required)
            .year(Year::Disallowed)
            .build()
            .parse(fields.trim())
            .map_err(|error| cron(error.to_string()))?;
        Ok(Self(Rule::Cron { pattern: Box::new(pattern), zone }))
    }

    /// The first moment after `last` at which it fires; `None` when there is none any more.
    #[must_use]
    pub fn next(&self, last: Timestamp) -> Option<Timestamp> {
        match &self.0 {
            Rule::Every(interval) => Some(last + *interval),
            Rule::Cron { pattern, zone } => {
                pattern.find_next_occurrence(&last.to_zoned(zone.clone()), false).ok().map(|zoned| zoned.timestamp())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(expression: &str, last: &str) -> String {
        Schedule::parse(expression).unwrap().next(last.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn intervals_and_cron_fields_name_the_next_moment() {
        let last = "2026-01-02T03:04:05Z";
        assert_eq!(next("@every 5m", last), "2026-01-02T03:09:05Z");
        assert_eq!(next("0 30 2 * * *", last), "2026-01-03T02:30:00Z");
        assert_eq!(next("*/10 * * * * *", last), "2026-01-02T03:04:10Z");
        assert_eq!(next("0 0 0 1 * *", last), "2026-02-01T00:00:00Z");
    }

    #[test]
    fn a_zone_moves_the_fields() {
        // 04:00 in Shanghai is 20:00 UTC of the day before.
        assert_eq!(next("CRON_TZ=Asia/Shanghai 0 0 4 * * *", "2026-01-02T03:04:05Z"), "2026-01-02T20:00:00Z");
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for expression in [
            "",
            "@every 5",
            "@every 0m",
            "@every 5s",
            "@daily",
            "* * * * *",
            "61 * * * * *",
            "CRON_TZ=Moon/Base 0 0 4 * * *",
        ] {
            assert!(Schedule::parse(expression).is_err(), "{expression}");
        }
    }
}
