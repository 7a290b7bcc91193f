//! Links to agree or refuse with, for sinks of owners.

use cloud_signing::webhook::{InvalidSecret, Secret};
use fc_runtime::Environment;
use http::Uri;
use jiff::Timestamp;
use notice::Event;
use notice::consent_link::{ConsentLink, KEY, PATH};
use notice::sinks::Sink;

/// The variable with the address of the webhook, as people reach it: `https://HOST`, or `https://HOST/PATH`.
const WEBHOOK: &str = "CAUSEWAY_PUBLIC_URL";

/// Makes links, where the operator wants any.
#[derive(Debug, Clone, Default)]
pub struct Links(Option<(String, Secret)>);

/// The environment cannot be used. The key is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLinks {
    /// One without the other.
    #[error("{0} is not set, and {1} is; set both for links in notices, or neither")]
    Half(&'static str, &'static str),
    /// Nothing that people could open.
    #[error("{WEBHOOK} is no address of the webhook; write https://HOST, where a browser shows pages of the webhook")]
    Url,
    /// The key does not read.
    #[error("{KEY} cannot be used: {0}")]
    Key(InvalidSecret),
}

impl Links {
    /// Reads `environment`.
    ///
    /// # Errors
    /// See [`BadLinks`].
    pub fn read(environment: &Environment) -> Result<Self, BadLinks> {
        let (url, key) = match (environment.get(WEBHOOK), environment.get(KEY)) {
            (None, None) => return Ok(Self(None)),
            (Some(_), None) => return Err(BadLinks::Half(KEY, WEBHOOK)),
            (None, Some(_)) => return Err(BadLinks::Half(WEBHOOK, KEY)),
            (Some(url), Some(key)) => (url, key),
        };
        let address: Uri = url.parse().map_err(|_| BadLinks::Url)?;
        let is_loopback = matches!(address.host(), Some("127.0.0.1" | "localhost" | "[::1]"));
        let is_safe = address.scheme_str() == Some("https") || (address.scheme_str() == Some("http") && is_loopback);
        if !is_safe || address.query().is_some() {
            return Err(BadLinks::Url);
        }
        let key = Secret::parse(key).map_err(BadLinks::Key)?;
        Ok(Self(Some((url.trim_end_matches('/').to_owned(), key))))
    }

    /// The event as it is told to `sink`: with links to the consents that the sink's owner may give, while there is time to.
    #[must_use]
    pub fn told(&self, event: &Event, sink: &Sink, now: Timestamp) -> Event {
        let mut told = event.clone();
        let (Some((url, key)), Some(owner), Some(until)) = (&self.0, &sink.owner, event.data.ends_at) else {
            return told;
        };
        if until <= now {
            return told;
        }
        let connection = event.data.connection.clone().unwrap_or_default();
        for consent in told.data.consents.iter_mut().filter(|consent| consent.owner == *owner) {
            let link = ConsentLink {
                connection: connection.clone(),
                account: consent.account.clone(),
                owner: owner.clone(),
                of: consent.of.clone(),
                until,
            };
            consent.link = Some(format!("{url}{PATH}?{}", link.query(key)));
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use notice::{AwaitedConsent, Data, EventId, EventType, Severity, Sinks};
    use serde_json::json;

    use super::*;

    const LINK_KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn read(pairs: &[(&str, &str)]) -> Result<Links, BadLinks> {
        Links::read(&pairs.iter().copied().collect())
    }

    fn sink(owner: Option<&str>) -> Sink {
        let sink =
            json!({"name": "one", "kind": "webhook", "secret": "one", "url": "https://a.example.com/", "owner": owner});
        let mut document = json!({"version": 1, "sinks": [sink]});
        if owner.is_none() {
            document["sinks"][0].as_object_mut().unwrap().remove("owner");
        }
        Sinks::from_json(document.to_string().as_bytes()).unwrap().sinks.remove(0)
    }

    fn event() -> Event {
        let consent = |account: &str, owner: &str| AwaitedConsent {
            account: account.to_owned(),
            owner: owner.to_owned(),
            of: "digest".to_owned(),
            link: None,
        };
        Event {
            version: notice::event::VERSION,
            id: EventId::of(EventType::ConnectionAwaitingConsent, &["1"]),
            what: EventType::ConnectionAwaitingConsent,
            subject: "a-b".to_owned(),
            time: "2026-01-02T03:04:05Z".parse().unwrap(),
            severity: Severity::Warning,
            data: Data {
                connection: Some("a-b".to_owned()),
                consents: vec![consent("b", "pact-b"), consent("c", "pact-c")],
                ends_at: Some("2026-01-16T03:04:05Z".parse().unwrap()),
                ..Data::default()
            },
        }
    }

    #[test]
    fn only_the_owner_of_an_account_gets_its_link_and_only_while_there_is_time() {
        let links = read(&[(WEBHOOK, "https://causeway.example.com/"), (KEY, LINK_KEY)]).unwrap();
        let (event, now) = (event(), "2026-01-02T03:04:06Z".parse().unwrap());
        let told = links.told(&event, &sink(Some("pact-b")), now);
        let link = told.data.consents[0].link.as_deref().unwrap();
        let query = link.strip_prefix("https://causeway.example.com/consent?").unwrap();
        let read_back = ConsentLink::read(query, &Secret::parse(LINK_KEY).unwrap(), now).unwrap();
        assert_eq!((read_back.account.as_str(), read_back.owner.as_str()), ("b", "pact-b"));
        assert_eq!(told.data.consents[1].link, None, "another owner's");
        assert_eq!(links.told(&event, &sink(None), now), event, "a sink of nobody in particular");
        assert_eq!(links.told(&event, &sink(Some("pact-b")), event.data.ends_at.unwrap()), event);
        assert_eq!(read(&[]).unwrap().told(&event, &sink(Some("pact-b")), now), event, "not wanted");
    }

    #[test]
    fn an_address_that_nobody_could_open_and_half_of_the_settings_are_refused() {
        assert_eq!(read(&[(KEY, LINK_KEY)]).unwrap_err(), BadLinks::Half(WEBHOOK, KEY));
        assert_eq!(read(&[(WEBHOOK, "https://a.example.com")]).unwrap_err(), BadLinks::Half(KEY, WEBHOOK));
        for url in ["a.example.com", "http://a.example.com", "https://a.example.com/?x=1", "ftp://a.example.com"] {
            assert_eq!(read(&[(WEBHOOK, url), (KEY, LINK_KEY)]).unwrap_err(), BadLinks::Url, "{url}");
        }
        assert!(read(&[(WEBHOOK, "http://127.0.0.1:8080/hook"), (KEY, LINK_KEY)]).is_ok());
        let told = read(&[(WEBHOOK, "https://a.example.com"), (KEY, "whsec_12345")]).unwrap_err().to_string();
        assert!(told.contains(KEY) && !told.contains("12345"), "{told}");
    }
}
