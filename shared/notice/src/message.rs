//! An event as a message to people: what, where, code, request id, and what to do.

use serde_json::{Value, json};

use crate::event::{AwaitedConsent, Event};

/// The longest text of one line, in characters. With it every message stays below the 20,000 bytes that both robots take.
const MOST_CHARACTERS: usize = 700;

/// A message: a title, and lines that each have a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What happened to what.
    pub title: String,
    /// What is known of it, in the order in which it is of use.
    pub lines: Vec<(&'static str, String)>,
    /// Where to go on, each with what is there.
    pub links: Vec<(String, String)>,
}

impl Message {
    /// The message about an event.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        let data = &event.data;
        let what = match (&data.connection, &data.endpoint) {
            (Some(_), _) => "Connection",
            (None, Some(_)) => "Endpoint",
            (None, None) => "Resource",
        };
        let title = format!("{what} {} {}", event.subject, event.what.text());
        let labels: Vec<String> = data.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let time = |value: &Option<jiff::Timestamp>| value.map(|at| at.to_string()).unwrap_or_default();
        let call = data.call.as_ref();
        let lines = [
            ("What", data.summary.clone()),
            ("Severity", event.severity.to_string()),
            ("Kind", text(&data.kind)),
            ("Side", text(&data.side)),
            ("Step", text(&data.step)),
            ("Service", text(&data.service)),
            ("Owner", text(&data.endpoint_owner)),
            ("Resource", text(&data.resource)),
            ("Field", text(&data.field)),
            ("Expected", text(&data.expected)),
            ("Actual", text(&data.actual)),
            ("Call", call.map(|call| call.action.clone()).unwrap_or_default()),
            ("Code", call.and_then(|call| call.code.clone()).unwrap_or_default()),
            ("Request id", call.and_then(|call| call.request_id.clone()).unwrap_or_default()),
            ("Rule", text(&data.rule)),
            ("Accounts", data.accounts.join(", ")),
            ("Region", text(&data.region)),
            ("Labels", labels.join(", ")),
            ("Since", time(&data.since)),
            ("Ends", time(&data.ends_at)),
            ("Time", event.time.to_string()),
            ("What to do", text(&data.advice)),
        ];
        let lines = lines.into_iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name, short(&text)));
        let link = |consent: &AwaitedConsent| {
            let link = consent.link.clone()?;
            Some((short(&format!("Agree or refuse for account {}", consent.account)), link))
        };
        let links = data.consents.iter().filter_map(link).collect();
        Self { title: short(&title), lines: lines.collect(), links }
    }

    /// The body for a DingTalk robot.
    #[must_use]
    pub fn for_dingtalk(&self) -> Value {
        let lines = self.lines.iter().map(|(name, text)| format!("- **{name}:** {}", plain(text)));
        let links = self.links.iter().map(|(text, link)| format!("- [{}]({link})", plain(text)));
        let text = std::iter::once(format!("#### {}\n", plain(&self.title))).chain(lines).chain(links);
        let text = text.collect::<Vec<_>>();
        json!({"msgtype": "markdown", "markdown": {"title": self.title, "text": text.join("\n")}})
    }

    /// The body for a Feishu bot, but for its signature.
    #[must_use]
    pub fn for_feishu(&self) -> Value {
        let line = |(name, text): &(&str, String)| json!([{"tag": "text", "text": format!("{name}: {text}")}]);
        let link = |(text, link): &(String, String)| json!([{"tag": "a", "text": text, "href": link}]);
        let content: Vec<Value> = self.lines.iter().map(line).chain(self.links.iter().map(link)).collect();
        json!({
            "msg_type": "post",
            "content": {"post": {"en_us": {"title": self.title, "content": content}}},
        })
    }
}

/// What is too long is cut, and shows that it was.
fn short(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// A text that Markdown shows as it is: what others wrote makes no links and calls nobody.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\r' | '\n' => plain.push(' '),
            '@' => plain.push('＠'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '!' | '|' => plain.extend(['\\', character]),
            _ => plain.push(character),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::sample;

    #[test]
    fn a_message_says_what_where_which_code_and_what_to_do() {
        let message = Message::of(&sample());
        assert_eq!(message.title, "Connection qingdao-beijing has failed");
        let dingtalk = message.for_dingtalk();
        let text = dingtalk["markdown"]["text"].as_str().unwrap();
        let feishu = message.for_feishu().to_string();
        for told in [
            "the peer is not there",
            "initiator",
            "ConnectRouterInterface",
            "InvalidPeer.NotFound",
            "REQ-1",
            "look at the peer, then retry",
            "team=net",
        ] {
            assert!(text.contains(told), "{told}: {text}");
            assert!(feishu.contains(told), "{told}: {feishu}");
        }
        assert!(!text.contains("Endpoint"), "what does not apply is left out: {text}");
        assert_eq!(dingtalk["msgtype"], "markdown");
        assert_eq!(dingtalk["markdown"]["title"], "Connection qingdao-beijing has failed");
    }

    #[test]
    fn what_others_wrote_makes_no_link_and_calls_nobody() {
        let mut event = sample();
        event.data.summary = "see [here](https://evil.test) @all\n# now".to_owned();
        let dingtalk = Message::of(&event).for_dingtalk();
        let text = dingtalk["markdown"]["text"].as_str().unwrap();
        assert!(text.contains(r"see \[here\](https://evil.test) ＠all \# now"), "{text}");
    }

    #[test]
    fn the_longest_message_is_one_that_robots_take() {
        let mut event = sample();
        let long = || Some("*".repeat(5000));
        event.data.summary = "*".repeat(5000);
        event.data.expected = long();
        event.data.actual = long();
        event.data.advice = long();
        event.data.labels = (0..20).map(|number| (format!("{number}{}", "k".repeat(126)), "v".repeat(128))).collect();
        let message = Message::of(&event);
        for body in [message.for_dingtalk(), message.for_feishu()] {
            assert!(body.to_string().len() < 20_000);
        }
    }
}
