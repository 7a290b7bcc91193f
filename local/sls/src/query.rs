//! The search part of a query: which lines it fits.
//!
//! Words are looked for in whole, between delimiters, in any field or in one that the index knows: `error`, `"two words"`, `err*`,
//! `functionName: webhook`, `message.level: ERROR`, joined by `and`, `or`, `not` and parentheses. Words side by side must all be there,
//! those in quotes too: the service looks for no phrase. Source: docs/reference/deploy-apis.md, section 0.1.

use local_core::rpc::RpcError;
use serde_json::Value;

/// What parts words, unless an index says otherwise.
const DELIMITERS: &str = ", '\";=()[]{}?@&<>/:\n\t\r";
/// How deep parentheses may go.
const DEEPEST: usize = 32;

/// What lines must have.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Query {
    All,
    /// Words in any field.
    Words(Vec<Word>),
    /// Words in a field, or in a part of a field that holds JSON.
    Field(Place, Vec<Word>),
    Not(Box<Query>),
    And(Vec<Query>),
    Or(Vec<Query>),
}

/// A whole word, or the beginning of one; in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    text: String,
    begins: bool,
}

/// A field, and the path within the JSON that it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    field: String,
    path: Vec<String>,
}

impl Query {
    /// Reads a query against the index of its log store.
    pub(crate) fn read(text: &str, index: &Value) -> Result<Self, RpcError> {
        refuse_sql(text)?;
        let mut reader = Reader { tokens: tokens(text)?, next: 0, depth: 0, index };
        if reader.tokens.is_empty() {
            return Ok(Self::All);
        }
        let query = reader.either()?;
        match reader.peek() {
            None => Ok(query),
            Some(_) => Err(unreadable("a ) without a (")),
        }
    }

    /// Whether a line fits.
    pub(crate) fn fits(&self, fields: &[(String, String)]) -> bool {
        match self {
            Self::All => true,
            Self::Words(words) => words.iter().all(|word| fields.iter().any(|(_, value)| word.is_in(value))),
            Self::Field(place, words) => {
                let Some(value) = place.value(fields) else { return false };
                words.iter().all(|word| word.is_in(&value))
            }
            Self::Not(query) => !query.fits(fields),
            Self::And(all) => all.iter().all(|query| query.fits(fields)),
            Self::Or(any) => any.iter().any(|query| query.fits(fields)),
        }
    }
}

impl Word {
    fn is_in(&self, value: &str) -> bool {
        value.split(|sign| DELIMITERS.contains(sign)).filter(|word| !word.is_empty()).any(|word| {
            let word = word.to_lowercase();
            if self.begins { word.starts_with(&self.text) } else { word == self.text }
        })
    }
}

impl Place {
    /// The place that `name` names, if the index knows it.
    fn of(name: &str, index: &Value) -> Result<Self, RpcError> {
        let keys = &index["keys"];
        if keys.get(name).is_some() {
            return Ok(Self { field: name.to_owned(), path: Vec::new() });
        }
        if let Some((field, path)) = name.split_once('.')
            && keys[field]["type"] == "json"
            && keys[field]["json_keys"].get(path).is_some()
        {
            return Ok(Self { field: field.to_owned(), path: path.split('.').map(str::to_owned).collect() });
        }
        Err(RpcError::bad(
            "ParameterInvalid",
            format!(
                "key ({name}) is not config as key value config,if symbol : is  in your log,please wrap : with quotation mark \""
            ),
        ))
    }

    fn value(&self, fields: &[(String, String)]) -> Option<String> {
        let (_, value) = fields.iter().find(|(name, _)| *name == self.field)?;
        if self.path.is_empty() {
            return Some(value.clone());
        }
        let document: Value = serde_json::from_str(value).ok()?;
        let found = self.path.iter().try_fold(&document, |value, name| value.get(name))?;
        Some(found.as_str().map_or_else(|| found.to_string(), str::to_owned))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Colon,
    Word(String),
    Quoted(String),
}

/// Cuts a query into its parts.
fn tokens(text: &str) -> Result<Vec<Token>, RpcError> {
    let mut found = Vec::new();
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            _ if sign.is_whitespace() => {}
            '(' => found.push(Token::Open),
            ')' => found.push(Token::Close),
            ':' => found.push(Token::Colon),
            '"' => {
                let mut quoted = String::new();
                loop {
                    match signs.next() {
                        Some('"') => break,
                        Some('\\') => quoted.extend(signs.next()),
                        Some(other) => quoted.push(other),
                        None => return Err(unreadable("a \" without its end")),
                    }
                }
                found.push(Token::Quoted(quoted));
            }
            '#' | '>' | '<' | '=' | '[' => {
                return Err(RpcError::bad("ParameterInvalid", format!("{sign} is not supported here.")));
            }
            _ => {
                let mut word = sign.to_string();
                while let Some(next) = signs.next_if(|next| !next.is_whitespace() && !"():\"".contains(*next)) {
                    word.push(next);
                }
                found.push(Token::Word(word));
            }
        }
    }
    Ok(found)
}

struct Reader<'a> {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    index: &'a Value,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.next).cloned();
        self.next += usize::from(token.is_some());
        token
    }

    /// Takes the next part if it is this word, in any case.
    fn take_word(&mut self, word: &str) -> bool {
        let is_it = matches!(self.peek(), Some(Token::Word(next)) if next.eq_ignore_ascii_case(word));
        self.next += usize::from(is_it);
        is_it
    }

    fn either(&mut self) -> Result<Query, RpcError> {
        let mut any = vec![self.together()?];
        while self.take_word("or") {
            any.push(self.together()?);
        }
        Ok(only(any, Query::Or))
    }

    fn together(&mut self) -> Result<Query, RpcError> {
        let mut all = vec![self.one()?];
        loop {
            let joined = self.take_word("and");
            let is_over = match self.peek() {
                None | Some(Token::Close) => true,
                Some(Token::Word(word)) => word.eq_ignore_ascii_case("or"),
                Some(_) => false,
            };
            match (is_over, joined) {
                (true, true) => return Err(unreadable("an and without what follows")),
                (true, false) => return Ok(only(all, Query::And)),
                (false, _) => all.push(self.one()?),
            }
        }
    }

    fn one(&mut self) -> Result<Query, RpcError> {
        if self.take_word("not") {
            return self.one().map(|query| Query::Not(Box::new(query)));
        }
        let (text, is_quoted) = match self.take() {
            Some(Token::Open) => {
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err(unreadable("too many parentheses"));
                }
                let inner = self.either()?;
                self.depth -= 1;
                return match self.take() {
                    Some(Token::Close) => Ok(inner),
                    _ => Err(unreadable("a ( without a )")),
                };
            }
            Some(Token::Word(word)) => (word, false),
            Some(Token::Quoted(text)) => (text, true),
            Some(Token::Colon | Token::Close) | None => return Err(unreadable("a word is missing")),
        };
        if self.peek() == Some(&Token::Colon) {
            self.next += 1;
            let place = Place::of(&text, self.index)?;
            return match self.take() {
                Some(Token::Word(word)) => Ok(Query::Field(place, words(&word, false)?)),
                Some(Token::Quoted(text)) => Ok(Query::Field(place, words(&text, true)?)),
                _ => Err(unreadable("a field without a word")),
            };
        }
        if text == "*" && !is_quoted {
            return Ok(Query::All);
        }
        if self.index.get("line").is_none_or(Value::is_null) {
            return Err(RpcError::bad("ParameterInvalid", "The log store has no full-text index."));
        }
        Ok(Query::Words(words(&text, is_quoted)?))
    }
}

fn only(mut all: Vec<Query>, join: fn(Vec<Query>) -> Query) -> Query {
    match all.pop() {
        Some(query) if all.is_empty() => query,
        last => {
            all.extend(last);
            join(all)
        }
    }
}

/// The words of a text; the last may be the beginning of one.
fn words(text: &str, is_quoted: bool) -> Result<Vec<Word>, RpcError> {
    let parts = text.split(|sign| DELIMITERS.contains(sign)).filter(|word| !word.is_empty());
    let words: Vec<Word> = parts
        .map(|word| match word.strip_suffix('*').filter(|_| !is_quoted) {
            Some(beginning) => Word { text: beginning.to_lowercase(), begins: true },
            None => Word { text: word.to_lowercase(), begins: false },
        })
        .collect();
    if words.is_empty() { Err(unreadable("a text without a word")) } else { Ok(words) }
}

fn refuse_sql(text: &str) -> Result<(), RpcError> {
    // A stroke in quotes is one of the text.
    let outside = text.split('"').step_by(2).any(|part| part.contains('|'));
    if outside { Err(RpcError::bad("ParameterInvalid", "SQL is not supported here.")) } else { Ok(()) }
}

fn unreadable(why: &str) -> RpcError {
    RpcError::bad("ParameterInvalid", format!("parse search query error: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn index() -> Value {
        json!({"line": {"token": []}, "keys": {
            "functionName": {"type": "text"},
            "message": {"type": "json", "json_keys": {"level": {"type": "text"}, "fields.connection": {"type": "text"}}},
        }})
    }

    fn fits(query: &str) -> bool {
        let line = json!({"level": "INFO", "message": "called the cloud", "fields": {"connection": "a-to-b", "side": "initiator"}});
        let fields = [("functionName", "causeway-connect".to_owned()), ("message", line.to_string())];
        let fields: Vec<_> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Query::read(query, &index()).unwrap().fits(&fields)
    }

    #[test]
    fn words_are_found_in_whole_in_any_field_and_in_fields_of_the_index() {
        for yes in [
            "*",
            "",
            "cloud",
            "CLOUD",
            "clo*",
            "\"the cloud\"",
            "\"cloud the\"",
            "functionName: causeway-connect",
            "message.level:info and message.fields.connection: \"a-to-b\"",
            "nothing or cloud",
            "not nothing",
            "(nothing or cloud) and initiator",
            "cloud initiator",
        ] {
            assert!(fits(yes), "{yes}");
        }
        for no in [
            "clo",
            "\"clo*\"",
            "a-to",
            "message.fields.connection: a",
            "cloud and nothing",
            "not cloud",
            "cloud nothing",
        ] {
            assert!(!fits(no), "{no}");
        }
    }

    #[test]
    fn a_field_without_an_index_and_what_does_not_read_are_refused() {
        for (query, words) in [
            ("side: initiator", "key (side) is not config as key value config"),
            ("message.fields.side: initiator", "key (message.fields.side) is not config as key value config"),
            ("* | select 1", "SQL"),
            ("functionName: (a or b)", "parse search query error"),
            ("(a", "parse search query error"),
            ("a)", "parse search query error"),
            ("a and", "parse search query error"),
            ("\"a", "parse search query error"),
            ("\" \"", "parse search query error"),
            ("cost > 5", "not supported"),
        ] {
            let refused = Query::read(query, &index()).unwrap_err();
            assert_eq!(refused.code, "ParameterInvalid", "{query}");
            assert!(refused.message.contains(words), "{query}: {}", refused.message);
        }
        assert!(Query::read(&"(".repeat(100), &index()).is_err());
        assert!(Query::read("word", &json!({"keys": {}})).is_err());
    }
}
