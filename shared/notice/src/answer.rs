//! What an answer of a sink means.
//!
//! A webhook says it by the status. Robots say 200 to almost everything and what they mean in the body: DingTalk by `errcode`,
//! Feishu by `code` (by `StatusCode` in older answers); 0 is yes. What does not read as an answer is no yes.
//!
//! Of a robot's own words a beginning is kept, which every caller may read. A robot may repeat the request in them, so what the
//! request held in confidence is taken out.

use std::collections::BTreeSet;
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// The longest that a sink can put us off.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// For how long DingTalk takes nothing from a robot that sent more than twenty messages within a minute.
const DINGTALK_REST: Duration = Duration::from_secs(600);
/// Feishu counts by the second and by the minute: five and a hundred.
const FEISHU_REST: Duration = Duration::from_secs(60);
/// The longest piece of a robot's own words that is kept, in characters.
const MOST_CHARACTERS: usize = 200;
/// How many characters of a secret in a row are too many to be kept.
const TOO_MANY_OF_A_SECRET: usize = 8;

/// What became of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SinkAnswer {
    /// The sink has it.
    Taken,
    /// Perhaps later: it is busy or did not answer.
    Later {
        /// Not before this time has passed.
        after: Option<Duration>,
        /// What it said.
        what: String,
    },
    /// It does not want it as it is. A few more attempts, in case somebody sets something right.
    Refused {
        /// What it said.
        what: String,
    },
    /// There is nobody any more: no more attempts.
    Gone,
}

/// What a request held in confidence: it is in no text that is kept.
#[derive(Default)]
pub struct Confidential(BTreeSet<Vec<char>>);

impl Confidential {
    /// These texts, and each piece of them that would give too much away; the same percent-encoded.
    #[must_use]
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut pieces = BTreeSet::new();
        for text in texts {
            for text in [text.to_owned(), utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()] {
                let signs = lower(&text);
                let length = signs.len().clamp(1, TOO_MANY_OF_A_SECRET);
                pieces.extend(signs.windows(length).map(<[char]>::to_vec));
            }
        }
        Self(pieces)
    }

    /// A text with `*` in the place of what is confidential.
    fn out_of(&self, text: &str) -> String {
        let (signs, mut shown) = (lower(text), text.chars().collect::<Vec<_>>());
        let lengths: BTreeSet<usize> = self.0.iter().map(Vec::len).collect();
        for length in lengths {
            for (at, piece) in signs.windows(length).enumerate() {
                if self.0.contains(piece) {
                    shown[at..at + length].fill('*');
                }
            }
        }
        shown.into_iter().collect()
    }
}

fn lower(text: &str) -> Vec<char> {
    text.chars().map(|sign| sign.to_ascii_lowercase()).collect()
}

/// The answer of a webhook.
#[must_use]
pub fn of_webhook(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> SinkAnswer {
    let what = format!("HTTP {}", status.as_u16());
    match status.as_u16() {
        200..=299 => SinkAnswer::Taken,
        410 => SinkAnswer::Gone,
        408 | 425 | 429 | 500..=599 => SinkAnswer::Later { after: retry_after(headers, now), what },
        300..=399 => {
            SinkAnswer::Refused { what: format!("{what}: it points elsewhere, and redirects are not followed") }
        }
        _ => SinkAnswer::Refused { what },
    }
}

/// The answer of DingTalk's robot.
#[must_use]
pub fn of_dingtalk(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
    confidential: &Confidential,
) -> SinkAnswer {
    of_robot(
        (status, headers, body),
        now,
        confidential,
        "errmsg",
        |body| body["errcode"].as_i64(),
        |code| match code {
            // "send too fast", and the same by the gateway.
            130_101 | 410_100 | 90_030 | 90_018 => Some(Some(DINGTALK_REST)),
            // "system busy", and a rate that is exceeded for a second.
            -1 | 88 => Some(None),
            _ => None,
        },
    )
}

/// The answer of Feishu's bot.
#[must_use]
pub fn of_feishu(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
    confidential: &Confidential,
) -> SinkAnswer {
    let code = |body: &Value| body["code"].as_i64().or_else(|| body["StatusCode"].as_i64());
    of_robot((status, headers, body), now, confidential, "msg", code, |code| match code {
        // Frequency limited, by the bot and by the platform.
        11_232 | 99_991_400 => Some(Some(FEISHU_REST)),
        // Internal errors.
        2_200 | 1_000_000 => Some(None),
        _ => None,
    })
}

/// `later` says of a code whether it passes, and how long to rest.
fn of_robot(
    (status, headers, body): (StatusCode, &HeaderMap, &[u8]),
    now: Timestamp,
    confidential: &Confidential,
    words: &str,
    code: impl Fn(&Value) -> Option<i64>,
    later: impl Fn(i64) -> Option<Option<Duration>>,
) -> SinkAnswer {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(code) = code(&body) else {
        return match of_webhook(status, headers, now) {
            SinkAnswer::Taken => SinkAnswer::Later { after: None, what: "an answer without a code".to_owned() },
            heard => heard,
        };
    };
    let said = confidential.out_of(body[words].as_str().unwrap_or_default());
    // It is read by people, and on terminals.
    let said = strict::escaped(&said.chars().take(MOST_CHARACTERS).collect::<String>());
    let what = format!("code {code}: {said}");
    match (code, later(code)) {
        (0, _) if status.is_success() => SinkAnswer::Taken,
        (_, Some(rest)) => SinkAnswer::Later { after: rest.max(retry_after(headers, now)), what },
        (_, None) if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            SinkAnswer::Later { after: retry_after(headers, now), what }
        }
        (_, None) => SinkAnswer::Refused { what },
    }
}

/// `Retry-After`, in seconds or as a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = text.parse::<u64>().ok().map(Duration::from_secs);
    let until = || {
        let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        Duration::try_from(at.duration_since(now)).ok()
    };
    seconds.or_else(until).map(|after| after.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }

    fn retry(text: &str) -> HeaderMap {
        [(header::RETRY_AFTER, text.parse().unwrap())].into_iter().collect()
    }

    fn webhook(status: u16) -> SinkAnswer {
        of_webhook(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), now())
    }

    #[test]
    fn a_webhook_says_it_by_the_status() {
        for status in [200, 202, 204] {
            assert_eq!(webhook(status), SinkAnswer::Taken);
        }
        assert_eq!(webhook(410), SinkAnswer::Gone);
        for status in [301, 307, 400, 401, 404, 413] {
            assert!(matches!(webhook(status), SinkAnswer::Refused { .. }), "{status}");
        }
        for status in [408, 429, 500, 502, 503, 504] {
            assert!(matches!(webhook(status), SinkAnswer::Later { after: None, .. }), "{status}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_a_day_at_most() {
        let after = |text: &str| match of_webhook(StatusCode::TOO_MANY_REQUESTS, &retry(text), now()) {
            SinkAnswer::Later { after, .. } => after.map(|after| after.as_secs()),
            other => panic!("{other:?}"),
        };
        assert_eq!(after("120"), Some(120));
        assert_eq!(after("Fri, 02 Jan 2026 03:14:05 GMT"), Some(600));
        assert_eq!(after("Fri, 02 Jan 2026 03:00:00 GMT"), None, "it has passed");
        assert_eq!(after("999999999"), Some(86_400));
        assert_eq!(after("soon"), None);
    }

    fn dingtalk(body: &Value) -> SinkAnswer {
        of_dingtalk(StatusCode::OK, &HeaderMap::new(), body.to_string().as_bytes(), now(), &Confidential::default())
    }

    fn feishu(body: &Value) -> SinkAnswer {
        of_feishu(StatusCode::OK, &HeaderMap::new(), body.to_string().as_bytes(), now(), &Confidential::default())
    }

    #[test]
    fn a_robot_says_it_in_the_body() {
        assert_eq!(dingtalk(&json!({"errcode": 0, "errmsg": "ok"})), SinkAnswer::Taken);
        assert_eq!(
            dingtalk(&json!({"errcode": 310_000, "errmsg": "sign not match"})),
            SinkAnswer::Refused { what: "code 310000: sign not match".to_owned() }
        );
        assert!(matches!(
            dingtalk(&json!({"errcode": 130_101, "errmsg": "send too fast, exceed 20 times per minute"})),
            SinkAnswer::Later { after: Some(DINGTALK_REST), .. }
        ));
        assert_eq!(feishu(&json!({"code": 0, "msg": "success", "data": {}})), SinkAnswer::Taken);
        assert_eq!(feishu(&json!({"StatusCode": 0, "StatusMessage": "success"})), SinkAnswer::Taken);
        assert!(matches!(feishu(&json!({"code": 19_021, "msg": "sign match fail"})), SinkAnswer::Refused { .. }));
        assert!(matches!(
            feishu(&json!({"code": 11_232, "msg": "frequency limited"})),
            SinkAnswer::Later { after: Some(FEISHU_REST), .. }
        ));
    }

    #[test]
    fn what_is_no_answer_of_a_robot_is_no_yes() {
        for body in [json!({}), json!([]), json!({"errcode": "0", "code": "0"})] {
            assert!(matches!(dingtalk(&body), SinkAnswer::Later { .. }), "{body}");
            assert!(matches!(feishu(&body), SinkAnswer::Later { .. }), "{body}");
        }
        let none = Confidential::default();
        let unavailable = of_dingtalk(StatusCode::BAD_GATEWAY, &retry("7"), b"<html>", now(), &none);
        assert!(matches!(unavailable, SinkAnswer::Later { after: Some(after), .. } if after.as_secs() == 7));
        let odd = of_feishu(StatusCode::INTERNAL_SERVER_ERROR, &HeaderMap::new(), br#"{"code": 0}"#, now(), &none);
        assert!(matches!(odd, SinkAnswer::Later { .. }), "a zero beside a server error is no yes");
    }

    /// What is kept of the words of a robot that was sent these secrets.
    fn kept(secrets: &[&str], words: &str) -> String {
        let body = json!({"code": 19_024, "msg": words}).to_string();
        let confidential = Confidential::of(secrets.iter().copied());
        match of_feishu(StatusCode::OK, &HeaderMap::new(), body.as_bytes(), now(), &confidential) {
            SinkAnswer::Refused { what } => what.strip_prefix("code 19024: ").unwrap().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_kept_holds_no_secret_of_the_request_in_whatever_spelling_or_piece() {
        let token = "aB3+dE6/gH9=kL2mN5";
        for words in [
            token.to_owned(),
            format!("no robot at /hook/{token}?x"),
            token.to_ascii_uppercase(),
            utf8_percent_encode(token, NON_ALPHANUMERIC).to_string(),
            format!("{token}{token}"),
            format!("begins with {}", &token[..10]),
            format!("ends with {}", &token[8..]),
        ] {
            let kept = kept(&["SEC-other", token], &words);
            for piece in token.as_bytes().windows(TOO_MANY_OF_A_SECRET) {
                let piece = std::str::from_utf8(piece).unwrap().to_ascii_lowercase();
                let plain = percent_encoding::percent_decode_str(&kept).decode_utf8_lossy().to_ascii_lowercase();
                assert!(!plain.contains(&piece), "{words}: {kept}");
            }
            assert!(kept.contains('*'), "{kept}");
        }
        assert_eq!(kept(&["t1"], "token t1 is unknown"), "token ** is unknown", "a short one as a whole");
        assert_eq!(kept(&["a-long-secret-text"], "a-long reason"), "a-long reason");
        assert_eq!(kept(&[""], "sign match fail"), "sign match fail");
    }

    #[test]
    fn what_is_kept_is_short_even_where_a_secret_stands_at_its_end_and_moves_no_cursor() {
        let words = format!("{}the-secret-of-a-robot{}", "x".repeat(MOST_CHARACTERS - 6), "y".repeat(10_000));
        let long = kept(&["the-secret-of-a-robot"], &words);
        assert_eq!(long, format!("{}******", "x".repeat(MOST_CHARACTERS - 6)));
        assert_eq!(kept(&[], "fine\n\u{1b}[2Kforged"), "fine\\n\\u{1b}[2Kforged");
    }
}
