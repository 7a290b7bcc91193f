//! Times as ROS writes them: `2026-01-02T03:04:05`, in UTC without saying so.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer};

/// A time that may be absent. One that says its zone is read as well.
pub(crate) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.as_deref().and_then(parse))
}

fn parse(text: &str) -> Option<Timestamp> {
    let without_zone = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    text.parse().ok().or_else(without_zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_utc_with_and_without_its_zone() {
        let expected: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
        assert_eq!(parse("2026-01-02T03:04:05"), Some(expected));
        assert_eq!(parse("2026-01-02T03:04:05Z"), Some(expected));
        assert_eq!(parse("yesterday"), None);
    }
}
