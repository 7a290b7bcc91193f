//! Which operation a request means: from its method, path and query.

use http::{Method, Uri};
use percent_encoding::percent_decode_str;

use super::attributes::in_range;
use super::error::MnsError;
use super::messages::BATCH;

/// An operation by its documented name, with what path and query say of it. What the body says is read later.
#[derive(Debug, Clone, PartialEq, Eq, strum::IntoStaticStr)]
pub(super) enum Operation {
    OpenService,
    GetAccountAttributes,
    SetAccountAttributes,
    ListQueue,
    CreateQueue(String),
    SetQueueAttributes(String),
    GetQueueAttributes(String),
    DeleteQueue(String),
    SendMessage(String),
    /// `batch` is there when the caller asked for a number: the reply is a list then.
    ReceiveMessage {
        queue: String,
        batch: Option<usize>,
        wait_seconds: Option<u32>,
    },
    PeekMessage {
        queue: String,
        batch: Option<usize>,
    },
    DeleteMessage {
        queue: String,
        handle: String,
    },
    BatchDeleteMessage(String),
    ChangeMessageVisibility {
        queue: String,
        handle: String,
        timeout: u32,
    },
    ListTopic,
    CreateTopic(String),
    SetTopicAttributes(String),
    GetTopicAttributes(String),
    DeleteTopic(String),
    PublishMessage(String),
    ListSubscriptionByTopic(String),
    Subscribe {
        topic: String,
        name: String,
    },
    SetSubscriptionAttributes {
        topic: String,
        name: String,
    },
    GetSubscriptionAttributes {
        topic: String,
        name: String,
    },
    Unsubscribe {
        topic: String,
        name: String,
    },
}

/// The name of each operation, and whether it can change anything. Receiving does: it hides the message.
pub(super) const ALL: [(&str, bool); 27] = [
    ("OpenService", true),
    ("GetAccountAttributes", false),
    ("SetAccountAttributes", true),
    ("ListQueue", false),
    ("CreateQueue", true),
    ("SetQueueAttributes", true),
    ("GetQueueAttributes", false),
    ("DeleteQueue", true),
    ("SendMessage", true),
    ("ReceiveMessage", true),
    ("BatchReceiveMessage", true),
    ("PeekMessage", false),
    ("BatchPeekMessage", false),
    ("DeleteMessage", true),
    ("BatchDeleteMessage", true),
    ("ChangeMessageVisibility", true),
    ("ListTopic", false),
    ("CreateTopic", true),
    ("SetTopicAttributes", true),
    ("GetTopicAttributes", false),
    ("DeleteTopic", true),
    ("PublishMessage", true),
    ("ListSubscriptionByTopic", false),
    ("Subscribe", true),
    ("SetSubscriptionAttributes", true),
    ("GetSubscriptionAttributes", false),
    ("Unsubscribe", true),
];

impl Operation {
    /// Reads a request line.
    pub(super) fn read(method: &Method, uri: &Uri) -> Result<Self, MnsError> {
        use Operation::*;
        let segments = segments(uri)?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let query = Query::read(uri.query().unwrap_or_default())?;
        let override_meta = query.flag("metaoverride");
        let owned = str::to_owned;
        Ok(match (method.as_str(), segments.as_slice()) {
            ("GET", [""]) if query.flag("accountmeta") => GetAccountAttributes,
            ("PUT", [""]) if query.flag("accountmeta") => SetAccountAttributes,
            ("POST", ["commonbuy", "openservice"]) => OpenService,
            ("GET", ["queues"]) => ListQueue,
            ("PUT", ["queues", queue]) if override_meta => SetQueueAttributes(owned(queue)),
            ("PUT", ["queues", queue]) => CreateQueue(owned(queue)),
            ("GET", ["queues", queue]) => GetQueueAttributes(owned(queue)),
            ("DELETE", ["queues", queue]) => DeleteQueue(owned(queue)),
            ("POST", ["queues", queue, "messages"]) => SendMessage(owned(queue)),
            ("GET", ["queues", queue, "messages"]) => {
                let (queue, batch) = (owned(queue), query.batch()?);
                match query.flag("peekonly") {
                    true => PeekMessage { queue, batch },
                    false => ReceiveMessage { queue, batch, wait_seconds: query.wait_seconds()? },
                }
            }
            ("DELETE", ["queues", queue, "messages"]) => match query.get("receipthandle") {
                Some(handle) => DeleteMessage { queue: owned(queue), handle: owned(handle) },
                None => BatchDeleteMessage(owned(queue)),
            },
            ("PUT", ["queues", queue, "messages"]) => ChangeMessageVisibility {
                queue: owned(queue),
                handle: owned(query.get("receipthandle").ok_or(MnsError::MissingReceiptHandle)?),
                timeout: query.number("visibilitytimeout")?.ok_or(MnsError::MissingVisibilityTimeout)?,
            },
            ("GET", ["topics"]) => ListTopic,
            ("PUT", ["topics", topic]) if override_meta => SetTopicAttributes(owned(topic)),
            ("PUT", ["topics", topic]) => CreateTopic(owned(topic)),
            ("GET", ["topics", topic]) => GetTopicAttributes(owned(topic)),
            ("DELETE", ["topics", topic]) => DeleteTopic(owned(topic)),
            ("POST", ["topics", topic, "messages"]) => PublishMessage(owned(topic)),
            ("GET", ["topics", topic, "subscriptions"]) => ListSubscriptionByTopic(owned(topic)),
            (verb, ["topics", topic, "subscriptions", name]) => {
                let (topic, name) = (owned(topic), owned(name));
                match verb {
                    "PUT" if override_meta => SetSubscriptionAttributes { topic, name },
                    "PUT" => Subscribe { topic, name },
                    "GET" => GetSubscriptionAttributes { topic, name },
                    "DELETE" => Unsubscribe { topic, name },
                    _ => return Err(unknown(method, uri)),
                }
            }
            _ => return Err(unknown(method, uri)),
        })
    }
}

impl Operation {
    /// The operation's documented name: also its RAM action, behind `mns:`.
    pub(super) fn action(&self) -> &'static str {
        match self {
            Self::ReceiveMessage { batch: Some(_), .. } => "BatchReceiveMessage",
            Self::PeekMessage { batch: Some(_), .. } => "BatchPeekMessage",
            named => named.into(),
        }
    }

    /// Whether it can change anything.
    pub(super) fn is_write(&self) -> bool {
        ALL.contains(&(self.action(), true))
    }
}

/// The segments of a path, decoded; the second one names the queue or topic.
pub(super) fn segments(uri: &Uri) -> Result<Vec<String>, MnsError> {
    uri.path().trim_matches('/').split('/').map(decode).collect()
}

fn unknown(method: &Method, uri: &Uri) -> MnsError {
    MnsError::InvalidRequestUrl(format!("{method} {}", uri.path()))
}

/// Percent-decoding as MNS does it: a plus sign stays one, since receipt handles hold some.
fn decode(text: &str) -> Result<String, MnsError> {
    let decoded = percent_decode_str(text).decode_utf8();
    Ok(decoded.map_err(|_| MnsError::InvalidQueryString("it is not UTF-8".into()))?.into_owned())
}

/// The query's parameters; names in lower case, since documents and SDKs disagree about theirs.
struct Query(Vec<(String, String)>);

impl Query {
    fn read(query: &str) -> Result<Self, MnsError> {
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?.to_ascii_lowercase(), decode(value)?))
        });
        Ok(Self(pairs.collect::<Result<_, MnsError>>()?))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    fn number(&self, name: &str) -> Result<Option<u32>, MnsError> {
        let parse = |value: &str| {
            value.parse().map_err(|_| MnsError::InvalidQueryString(format!("the value of {name} is not a number")))
        };
        self.get(name).map(parse).transpose()
    }

    fn batch(&self) -> Result<Option<usize>, MnsError> {
        let Some(number) = self.number("numofmessages")? else { return Ok(None) };
        in_range("numOfMessages", number, 1..=BATCH as u32)?;
        Ok(Some(number as usize))
    }

    fn wait_seconds(&self) -> Result<Option<u32>, MnsError> {
        let Some(seconds) = self.number("waitseconds")? else { return Ok(None) };
        in_range("waitseconds", seconds, 0..=30)?;
        Ok(Some(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: Method, uri: &str) -> Result<Operation, MnsError> {
        Operation::read(&method, &uri.parse().unwrap())
    }

    #[test]
    fn names_in_the_query_match_in_any_case_and_a_plus_stays_a_plus() {
        let expected = Operation::ChangeMessageVisibility { queue: "q".into(), handle: "a+b==".into(), timeout: 5 };
        for uri in [
            "/queues/q/messages?ReceiptHandle=a+b==&VisibilityTimeout=5",
            "/queues/q/messages?receiptHandle=a%2Bb%3D%3D&visibilityTimeout=5",
        ] {
            assert_eq!(read(Method::PUT, uri).unwrap(), expected);
        }
    }

    #[test]
    fn the_order_of_parameters_does_not_matter() {
        let expected = Operation::PeekMessage { queue: "q".into(), batch: Some(3) };
        for uri in
            ["/queues/q/messages?numOfMessages=3&peekonly=true", "/queues/q/messages?peekonly=true&numOfMessages=3"]
        {
            assert_eq!(read(Method::GET, uri).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_missing_or_out_of_range_is_named() {
        for (method, uri, code) in [
            (Method::PUT, "/queues/q/messages?VisibilityTimeout=5", "MissingReceiptHandle"),
            (Method::PUT, "/queues/q/messages?ReceiptHandle=1-a", "MissingVisibilityTimeout"),
            (Method::GET, "/queues/q/messages?numOfMessages=17", "InvalidArgument"),
            (Method::GET, "/queues/q/messages?waitseconds=31", "InvalidArgument"),
            (Method::GET, "/queues/q/messages?waitseconds=x", "InvalidQueryString"),
            (Method::POST, "/queues", "InvalidRequestURL"),
            (Method::GET, "/elsewhere", "InvalidRequestURL"),
        ] {
            assert_eq!(read(method, uri).unwrap_err().code(), code, "{uri}");
        }
    }
}
