//! Page after page of a log store, each line once.
//!
//! The log service tells times in whole seconds, and lines may come late. So a page begins in the second where the last one ended,
//! whoever follows looks back a while, and lines that were shown are known again by what they say. Of lines that are wholly alike as many
//! are shown as one page has.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::time::Duration;

use jiff::Timestamp;
use operate::sls::{GetLogs, Logs, Sls};
use tokio::time::sleep;

use super::line::{Line, Wanted};

/// How many entries a page has: the most that the service gives.
const PAGE: u32 = 100;
/// How late an entry may come and still be shown to whoever follows.
const LATE: Duration = Duration::from_secs(60);
/// How often the service is asked again while it has not gone through all entries, and how soon.
const MOST_TRIES: u32 = 10;
const AGAIN: Duration = Duration::from_millis(500);

/// How the service is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Fields,
    Words,
}

/// Reads a log store.
pub(super) struct Reader {
    sls: Sls,
    project: String,
    store: String,
    wanted: Wanted,
    by: By,
    /// The second in which the next page begins, and how many of its entries are left out.
    from: Timestamp,
    offset: u32,
    /// Where the last look that came to the end began to look.
    began: Timestamp,
    shown: HashMap<u64, Known>,
    has_found: bool,
}

/// An entry that was shown.
struct Known {
    at: Timestamp,
    times: usize,
}

/// What one look found.
pub(super) struct Page {
    /// Lines that were not shown before.
    pub lines: Vec<Line>,
    /// Whether there are no more now.
    pub is_last: bool,
    /// Whether the service went through all entries.
    pub is_complete: bool,
}

impl Reader {
    pub(super) fn new(sls: Sls, project: String, store: String, wanted: Wanted, from: Timestamp) -> Self {
        Self {
            sls,
            project,
            store,
            wanted,
            by: By::Fields,
            from,
            offset: 0,
            began: from,
            shown: HashMap::new(),
            has_found: false,
        }
    }

    /// The next page of entries before `until`.
    pub(super) async fn next(&mut self, until: Timestamp) -> Result<Page, operate::Error> {
        let found = match self.look(until).await {
            Err(error) if self.by == By::Fields && error.code() == Some("ParameterInvalid") => {
                // An index of an earlier release knows no fields.
                self.by = By::Words;
                self.look(until).await?
            }
            found => found?,
        };
        if found.lines.is_empty() && self.by == By::Fields && !self.has_found && self.wanted.by_fields() != "*" {
            // Nothing so far: perhaps what functions print is kept in a way that the index does not see through.
            self.by = By::Words;
            let by_words = self.look(until).await?;
            let page = self.page(by_words);
            if page.lines.is_empty() {
                self.by = By::Fields;
            }
            return Ok(page);
        }
        Ok(self.page(found))
    }

    /// Asks until the service has gone through all entries, or long enough.
    async fn look(&self, until: Timestamp) -> Result<Logs, operate::Error> {
        let query = match self.by {
            By::Fields => self.wanted.by_fields(),
            By::Words => self.wanted.by_words(),
        };
        let asked = GetLogs {
            project: self.project.clone(),
            logstore: self.store.clone(),
            from: self.from,
            until,
            query,
            lines: PAGE,
            offset: self.offset,
            newest_first: false,
        };
        let mut tries = 1;
        loop {
            let found = self.sls.logs(&asked).await?;
            if found.complete || tries == MOST_TRIES {
                return Ok(found);
            }
            tries += 1;
            sleep(AGAIN).await;
        }
    }

    /// Takes what is new of a page, and goes on behind it.
    fn page(&mut self, found: Logs) -> Page {
        let mut times: HashMap<u64, usize> = HashMap::new();
        let (mut lines, mut newest) = (Vec::new(), self.from);
        let full = found.lines.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX);
        for entry in &found.lines {
            let of_entry = Line::of(entry);
            let at = of_entry.first().map_or(self.from, |line| line.at);
            newest = newest.max(at);
            let mut hasher = DefaultHasher::new();
            for (name, value) in entry {
                (name, value.to_string()).hash(&mut hasher);
            }
            let key = hasher.finish();
            let here = times.entry(key).or_default();
            *here += 1;
            let known = self.shown.entry(key).or_insert(Known { at, times: 0 });
            if *here > known.times {
                known.times = *here;
                lines.extend(of_entry.into_iter().filter(|line| self.wanted.has(line)));
            }
        }
        self.has_found |= !lines.is_empty();
        let back = newest.checked_sub(LATE).unwrap_or(newest).as_second();
        self.shown.retain(|_, known| known.at.as_second() >= back);
        if full {
            // A second with more entries than a page is gone through by their number.
            if newest.as_second() > self.from.as_second() {
                (self.from, self.offset) = (newest, 0);
            } else {
                self.offset += PAGE;
            }
        } else {
            self.look_back(newest);
        }
        Page { lines, is_last: !full, is_complete: found.complete }
    }

    /// The next look begins a while before the newest entry, and not before the first one did.
    fn look_back(&mut self, newest: Timestamp) {
        let back = newest.checked_sub(LATE).unwrap_or(newest);
        (self.from, self.offset) = (back.max(self.began), 0);
        self.began = self.from;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use async_trait::async_trait;
    use bytes::Bytes;
    use http::{Request, Response};
    use operate::Client;
    use serde_json::{Value, json};
    use transport::{Io, Transport, TransportError};

    use super::*;

    const FIRST: i64 = 1_800_000_000;

    /// A log store: the second and the text of each entry.
    #[derive(Default)]
    struct Store {
        entries: Mutex<Vec<(i64, String)>>,
        knows_fields: bool,
        asked: Mutex<Vec<String>>,
    }

    #[async_trait]
    impl Transport for Store {
        async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
            let asked: Value = serde_json::from_slice(request.body()).unwrap();
            let query = asked["query"].as_str().unwrap().to_owned();
            let is_unknown = query.contains(':') && !self.knows_fields;
            self.asked.lock().unwrap().push(query);
            if is_unknown {
                let body = json!({"errorCode": "ParameterInvalid", "errorMessage": "key (x) is not config as key value config"});
                return Ok(Response::builder().status(400).body(body.to_string().into()).unwrap());
            }
            let number = |name: &str| asked[name].as_i64().unwrap();
            let mut entries = self.entries.lock().unwrap().clone();
            entries.sort_by_key(|(at, _)| *at);
            let within = entries.iter().filter(|(at, _)| (number("from")..number("to")).contains(at));
            let (offset, most) = (number("offset") as usize, number("line") as usize);
            let entry = |(at, text): &(i64, String)| json!({"__time__": at.to_string(), "functionName": "s-f", "message": text});
            let data: Vec<Value> = within.skip(offset).take(most).map(entry).collect();
            let body = json!({"meta": {"progress": "Complete"}, "data": data});
            Ok(Response::new(body.to_string().into()))
        }
    }

    fn reader(store: &Arc<Store>, wanted: Wanted) -> Reader {
        let io = Io { transport: store.clone(), ..Io::system().unwrap() };
        let keys = Arc::new(cloud_signing::Credentials::new("id", "secret"));
        let sls = Client::new(io, None, keys).sls(&"cn-hangzhou".parse().unwrap());
        Reader::new(sls, "s-1-cn-hangzhou".to_owned(), "functions".to_owned(), wanted, at(FIRST))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    async fn all(reader: &mut Reader, until: i64) -> Vec<String> {
        let mut texts = Vec::new();
        loop {
            let page = reader.next(at(until)).await.unwrap();
            texts.extend(page.lines.iter().map(|line| line.json("")["message"].as_str().unwrap().to_owned()));
            if page.is_last {
                return texts;
            }
        }
    }

    #[tokio::test]
    async fn every_entry_is_read_once_over_pages_crowded_seconds_and_entries_that_come_late() {
        let store = Arc::new(Store::default());
        let mut expected = Vec::new();
        for number in 0..731 {
            // 350 of them within one second, and pages that end in the middle of one.
            let second = if (200..550).contains(&number) { 40 } else { number / 7 };
            expected.push((FIRST + second.min(60), format!("line {number}")));
        }
        expected.sort_by_key(|(at, _)| *at);
        store.entries.lock().unwrap().clone_from(&expected);
        let mut reader = reader(&store, Wanted::default());
        let mut texts = all(&mut reader, FIRST + 1000).await;
        texts.sort();
        let mut known: Vec<String> = expected.iter().map(|(_, text)| text.clone()).collect();
        known.sort();
        assert_eq!(texts, known);

        assert!(all(&mut reader, FIRST + 1000).await.is_empty(), "nothing is shown twice");
        let late = [(FIRST + 30, "late"), (FIRST + 61, "same"), (FIRST + 61, "same"), (FIRST + 62, "new")];
        store.entries.lock().unwrap().extend(late.map(|(at, text)| (at, text.to_owned())));
        assert_eq!(all(&mut reader, FIRST + 1000).await, ["late", "same", "same", "new"]);
        store.entries.lock().unwrap().push((FIRST + 61, "same".to_owned()));
        assert_eq!(all(&mut reader, FIRST + 1000).await, ["same"]);
        assert!(all(&mut reader, FIRST + 1000).await.is_empty());
    }

    #[tokio::test]
    async fn where_the_index_knows_no_fields_words_are_asked_for_and_the_rest_is_left_out_here() {
        let line = |name: &str| json!({"level": "INFO", "message": name, "fields": {"connection": name}}).to_string();
        for knows_fields in [false, true] {
            let store = Arc::new(Store { knows_fields, ..Store::default() });
            store.entries.lock().unwrap().extend([(FIRST, line("a-to-b")), (FIRST, line("a-to-c"))]);
            let wanted = Wanted { connection: Some("a-to-b".to_owned()), ..Wanted::default() };
            assert_eq!(all(&mut reader(&store, wanted), FIRST + 10).await, ["a-to-b"]);
            let asked = store.asked.lock().unwrap().clone();
            assert_eq!(asked.last().unwrap().contains(':'), knows_fields, "{asked:?}");
        }
    }
}
