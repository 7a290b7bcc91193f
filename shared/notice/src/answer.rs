//! What an answer of a sink means.
//!
//! A webhook says it by the status. Robots say 200 to almost everything and what they mean in the body: DingTalk by `errcode`,
//! Feishu by `code` (by `StatusCode` in older answers); 0 is yes. What does not read as an answer is no yes.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use serde_json::Value;

/// The longest that a sink can put us off.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// For how long DingTalk takes nothing from a robot that sent more than twenty messages within a minute.
const DINGTALK_REST: Duration = Duration::from_secs(600);
/// Feishu counts by the second and by the minute: five and a hundred.
const FEISHU_REST: Duration = Duration::from_secs(60);
/// The longest piece of a robot's own words that is kept, in characters.
const MOST_CHARACTERS: usize = 200;

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
pub fn of_dingtalk(status: StatusCode, headers: &HeaderMap, body: &[u8], now: Timestamp) -> SinkAnswer {
    of_robot(
        status,
        headers,
        body,
        now,
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
pub fn of_feishu(status: StatusCode, headers: &HeaderMap, body: &[u8], now: Timestamp) -> SinkAnswer {
    let code = |body: &Value| body["code"].as_i64().or_else(|| body["StatusCode"].as_i64());
    of_robot(status, headers, body, now, "msg", code, |code| match code {
        // Frequency limited, by the bot and by the platform.
        11_232 | 99_991_400 => Some(Some(FEISHU_REST)),
        // Internal errors.
        2_200 | 1_000_000 => Some(None),
        _ => None,
    })
}

/// `later` says of a code whether it passes, and how long to rest.
fn of_robot(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
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
    let said: String = body[words].as_str().unwrap_or_default().chars().take(MOST_CHARACTERS).collect();
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
        of_dingtalk(StatusCode::OK, &HeaderMap::new(), body.to_string().as_bytes(), now())
    }

    fn feishu(body: &Value) -> SinkAnswer {
        of_feishu(StatusCode::OK, &HeaderMap::new(), body.to_string().as_bytes(), now())
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
        let unavailable = of_dingtalk(StatusCode::BAD_GATEWAY, &retry("7"), b"<html>", now());
        assert!(matches!(unavailable, SinkAnswer::Later { after: Some(after), .. } if after.as_secs() == 7));
        let odd = of_feishu(StatusCode::INTERNAL_SERVER_ERROR, &HeaderMap::new(), br#"{"code": 0}"#, now());
        assert!(matches!(odd, SinkAnswer::Later { .. }), "a zero beside a server error is no yes");
    }
}
