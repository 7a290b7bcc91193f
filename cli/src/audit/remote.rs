//! Logs, policies and checkpoints, read through the webhook: for whoever cannot reach the bucket.

use api::Page;
use api::evidence::EvidenceObject;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use store::{Store, is_evidence};

use crate::approvals::ApprovalsError;
use crate::webhook::Webhook;

/// How much is read into memory at most, in bytes.
const MOST: usize = 512 * 1024 * 1024;

/// Reads all objects that begin with these prefixes into memory.
///
/// # Errors
/// When the webhook refuses or does not answer as it should, or there is too much.
pub async fn load(webhook: &Webhook, prefixes: &[String]) -> Result<Store, ApprovalsError> {
    let store = Store::in_memory();
    let mut size = 0;
    for prefix in prefixes {
        let mut after: Option<String> = None;
        loop {
            let behind = after.iter().map(|after| ("after", after.as_str()));
            let query = cloud_signing::encode::query([("prefix", prefix.as_str())].into_iter().chain(behind));
            let page: Page<EvidenceObject> = webhook.get(&format!("/v1/audit/objects?{query}")).await?;
            for EvidenceObject { key, base64 } in page.items {
                let odd = |what: &str| ApprovalsError::Odd { key: key.clone(), what: what.to_owned() };
                let is_next = key.starts_with(prefix) && after.as_ref().is_none_or(|after| key > *after);
                if !is_evidence(&key) || !is_next {
                    return Err(odd("it was not asked for"));
                }
                let bytes = BASE64.decode(&base64).map_err(|_| odd("it is no Base64"))?;
                size += bytes.len();
                if size > MOST {
                    return Err(ApprovalsError::TooMuch { most: MOST / (1024 * 1024) });
                }
                if !store.create(&key, bytes).await? {
                    return Err(odd("it came twice"));
                }
                after = Some(key);
            }
            match page.next {
                Some(next) if Some(&next) == after.as_ref() => {}
                // A page may end with objects that went since they were listed.
                Some(next) if after.as_ref().is_none_or(|after| next > *after) => after = Some(next),
                Some(next) => {
                    return Err(ApprovalsError::Odd { key: next, what: "the pages go in a circle".to_owned() });
                }
                None => break,
            }
        }
    }
    Ok(store)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;
    use bytes::Bytes;
    use cloud_signing::webhook::Secret;
    use http::{Request, Response};
    use serde_json::{Value, json};
    use transport::{Io, Transport, TransportError};

    use super::*;

    /// Answers with these pages in turn, and keeps what it was asked.
    struct Pages(Mutex<Vec<Value>>, Mutex<Vec<String>>);

    #[async_trait]
    impl Transport for Pages {
        async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
            self.1.lock().unwrap().push(request.uri().query().unwrap().to_owned());
            Ok(Response::new(self.0.lock().unwrap().remove(0).to_string().into()))
        }
    }

    async fn loaded(pages: Vec<Value>) -> (Result<Store, ApprovalsError>, Vec<String>) {
        let pages = Arc::new(Pages(Mutex::new(pages), Mutex::default()));
        let io = Io { transport: pages.clone(), ..Io::system().unwrap() };
        let secret = Arc::new(Secret::from_bytes([7; 32]).unwrap());
        let webhook = Webhook::new("http://webhook.test".to_owned(), secret, io);
        let store = load(&webhook, &["acts/".to_owned()]).await;
        let asked = pages.1.lock().unwrap().clone();
        (store, asked)
    }

    fn page(keys: &[&str], next: Option<&str>) -> Value {
        let items: Vec<Value> = keys.iter().map(|key| json!({"key": key, "base64": BASE64.encode(key)})).collect();
        json!({"items": items, "next": next})
    }

    #[tokio::test]
    async fn pages_are_read_to_the_end_each_behind_the_one_before() {
        let pages =
            vec![page(&["acts/a", "acts/b"], Some("acts/b")), page(&[], Some("acts/c")), page(&["acts/d"], None)];
        let (store, asked) = loaded(pages).await;
        assert_eq!(store.unwrap().get("acts/d").await.unwrap().unwrap(), b"acts/d");
        assert_eq!(asked, ["prefix=acts%2F", "prefix=acts%2F&after=acts%2Fb", "prefix=acts%2F&after=acts%2Fc"]);
    }

    #[tokio::test]
    async fn what_was_not_asked_for_and_a_circle_are_refused() {
        for pages in [
            vec![page(&["config/callers.json"], None)],
            vec![page(&["acts/../config/callers.json"], None)],
            vec![page(&["policy/1"], None)],
            vec![page(&["acts/b", "acts/a"], None)],
            vec![page(&["acts/b", "acts/b"], None)],
            vec![page(&["acts/b"], Some("acts/a"))],
            vec![json!({"items": [{"key": "acts/a", "base64": "!"}]})],
        ] {
            let told = pages[0].to_string();
            assert!(loaded(pages).await.0.is_err(), "{told}");
        }
    }
}
