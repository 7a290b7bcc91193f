//! Hours of the week, in a time zone of the operator's choice.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Time, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// The zones that came with this program: what a policy means must not depend on the machine.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// Some hours on some days of the week. One that ends before it begins goes on past midnight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The days on which it begins; every day if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub days: Option<Vec<Day>>,
    /// When it begins, such as `09:00`; at midnight if left out.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "beginning")]
    #[schemars(with = "Option<String>", extend("pattern" = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"))]
    pub from: Option<Time>,
    /// When it ends, such as `17:30`; at the end of the day if left out, or `24:00`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "end")]
    #[schemars(with = "Option<String>", extend("pattern" = r"^(([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?|24:00(:00)?)$"))]
    pub to: Option<Time>,
    /// A time zone by its IANA name, such as `Asia/Shanghai`.
    pub time_zone: String,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the days need no explanation")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    fn of(weekday: Weekday) -> Self {
        match weekday {
            Weekday::Monday => Self::Mon,
            Weekday::Tuesday => Self::Tue,
            Weekday::Wednesday => Self::Wed,
            Weekday::Thursday => Self::Thu,
            Weekday::Friday => Self::Fri,
            Weekday::Saturday => Self::Sat,
            Weekday::Sunday => Self::Sun,
        }
    }
}

impl Window {
    /// Whether `now` lies in it; `None` when its time zone is not known, which a policy that was read never has.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> Option<bool> {
        let here = now.to_zoned(zone(&self.time_zone)?);
        let (today, yesterday) = (Day::of(here.weekday()), Day::of(here.weekday().wrapping_sub(1)));
        let time = here.time();
        let begins_on = |day: Day| self.days.as_ref().is_none_or(|days| days.contains(&day));
        let from = self.from.unwrap_or(Time::midnight());
        Some(match self.to {
            None => begins_on(today) && time >= from,
            Some(to) if from < to => begins_on(today) && (from..to).contains(&time),
            Some(to) => begins_on(today) && time >= from || begins_on(yesterday) && time < to,
        })
    }

    /// Whether there is such a time zone.
    pub(super) fn is_somewhere(&self) -> bool {
        zone(&self.time_zone).is_some()
    }
}

fn beginning<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Time>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    time(&text).map(Some).map_err(D::Error::custom)
}

/// The end of the day may be written as `24:00`, as people and ISO 8601 do: no other time means the same.
fn end<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Time>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let Some(text) = text.filter(|text| !["24:00", "24:00:00"].contains(&text.as_str())) else { return Ok(None) };
    time(&text).map(Some).map_err(D::Error::custom)
}

fn time(text: &str) -> Result<Time, String> {
    let is_shaped = [5, 8].contains(&text.len())
        && text
            .bytes()
            .enumerate()
            .all(|(place, byte)| if place % 3 == 2 { byte == b':' } else { byte.is_ascii_digit() });
    let read = text.parse().ok().filter(|_| is_shaped);
    read.ok_or_else(|| format!("{} is no time of the day; write 00:00 to 23:59", strict::quoted(text)))
}

fn zone(name: &str) -> Option<TimeZone> {
    ZONES.get(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(days: &[Day], from: &str, to: &str) -> Window {
        let time = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
        let days = (!days.is_empty()).then(|| days.to_vec());
        Window { days, from: time(from), to: time(to), time_zone: "Asia/Shanghai".to_owned() }
    }

    fn holds(window: &Window, at: &str) -> bool {
        window.holds(at.parse().unwrap()).unwrap()
    }

    #[test]
    fn hours_are_those_of_the_time_zone_and_the_end_is_not_among_them() {
        let office = window(&[Day::Mon], "09:00", "17:30");
        // 5 January 2026 is a Monday; Shanghai is eight hours ahead.
        assert!(!holds(&office, "2026-01-05T00:59:59Z"));
        assert!(holds(&office, "2026-01-05T01:00:00Z"));
        assert!(holds(&office, "2026-01-05T09:29:59Z"));
        assert!(!holds(&office, "2026-01-05T09:30:00Z"));
        assert!(!holds(&office, "2026-01-06T01:00:00Z"));
    }

    #[test]
    fn one_that_ends_before_it_begins_goes_on_past_midnight() {
        let night = window(&[Day::Mon], "22:00", "06:00");
        assert!(holds(&night, "2026-01-05T14:00:00Z"), "Monday, 22:00");
        assert!(holds(&night, "2026-01-05T21:59:59Z"), "Tuesday, 05:59");
        assert!(!holds(&night, "2026-01-05T22:00:00Z"), "Tuesday, 06:00");
        assert!(!holds(&night, "2026-01-05T13:59:59Z"), "Monday, 21:59");
        assert!(!holds(&night, "2026-01-04T17:00:00Z"), "the night before belongs to Sunday");
    }

    #[test]
    fn whole_days_have_no_hours_and_an_unknown_zone_is_told() {
        assert!(holds(&window(&[Day::Tue], "", ""), "2026-01-06T15:59:59Z"));
        assert!(!holds(&window(&[Day::Tue], "", ""), "2026-01-06T16:00:00Z"), "Wednesday there");
        let nowhere = Window { time_zone: "Atlantis/Poseidonis".to_owned(), ..window(&[], "", "") };
        assert_eq!(nowhere.holds(Timestamp::UNIX_EPOCH), None);
    }
}
