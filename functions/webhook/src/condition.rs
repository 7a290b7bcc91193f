//! What a request asks of a document before it is replaced (RFC 9110, section 13.1).
//!
//! The entity tag of a document is its hash: who gives the one of the version that the new one was written after loses nobody's
//! change.

use http::{HeaderMap, HeaderName, header};

use crate::problem_json::Refusal;

/// A condition of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// None: the last one wins.
    Nothing,
    /// There is one.
    IsThere,
    /// It has one of these hashes.
    IsOneOf(Vec<String>),
    /// There is none yet.
    IsAbsent,
}

impl Condition {
    /// Reads the headers of a request.
    ///
    /// # Errors
    /// When one of them does not read.
    pub fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let (tags, others) = (values(headers, &header::IF_MATCH)?, values(headers, &header::IF_NONE_MATCH)?);
        match (tags.as_slice(), others.as_slice()) {
            ([], []) => Ok(Self::Nothing),
            (["*"], []) => Ok(Self::IsThere),
            (tags, []) => tags.iter().map(|tag| hash(tag)).collect::<Result<_, _>>().map(Self::IsOneOf),
            ([], ["*"]) => Ok(Self::IsAbsent),
            ([], _) => Err(Refusal::bad_parameter("If-None-Match: must be *, for a document that is the first one")),
            _ => Err(Refusal::bad_parameter("If-Match and If-None-Match are both given; give one of them")),
        }
    }

    /// Whether what is there at `path`, by its hash, is as asked for.
    ///
    /// # Errors
    /// The refusal to answer with.
    pub fn check(&self, path: &str, in_force: Option<&str>) -> Result<(), Refusal> {
        let holds = match self {
            Self::Nothing => true,
            Self::IsThere => in_force.is_some(),
            Self::IsOneOf(hashes) => in_force.is_some_and(|in_force| hashes.iter().any(|hash| hash == in_force)),
            Self::IsAbsent => in_force.is_none(),
        };
        if holds { Ok(()) } else { Err(Refusal::precondition_failed(path, in_force)) }
    }
}

/// The members of a list header, however many lines it has.
fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Vec<&'a str>, Refusal> {
    let mut all = Vec::new();
    for value in headers.get_all(name) {
        all.extend(value.to_str().map_err(|_| unreadable())?.split(',').map(str::trim));
    }
    Ok(all)
}

fn hash(tag: &str) -> Result<String, Refusal> {
    let text = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or_else(unreadable)?;
    let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if is_hash { Ok(text.to_owned()) } else { Err(unreadable()) }
}

fn unreadable() -> Refusal {
    Refusal::bad_parameter(
        "If-Match: must be the ETag that a GET of the same path answers, which is a hash in double quotes, or *",
    )
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(pairs: &[(HeaderName, &str)]) -> Option<Condition> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        Condition::of(&headers).ok()
    }

    #[test]
    fn a_condition_reads_as_it_is_written_and_in_no_other_way() {
        let (one, other) = ("0a".repeat(32), "1b".repeat(32));
        let matches = |value: &str| read(&[(header::IF_MATCH, value)]);
        assert_eq!(read(&[]), Some(Condition::Nothing));
        assert_eq!(matches("*"), Some(Condition::IsThere));
        assert_eq!(matches(&format!("\"{one}\"")), Some(Condition::IsOneOf(vec![one.clone()])));
        let both = Some(Condition::IsOneOf(vec![one.clone(), other.clone()]));
        let (quoted, other) = (format!("\"{one}\""), format!("\"{other}\""));
        assert_eq!(matches(&format!("{quoted} , {other}")), both);
        assert_eq!(read(&[(header::IF_MATCH, &quoted), (header::IF_MATCH, &other)]), both);
        assert_eq!(read(&[(header::IF_NONE_MATCH, "*")]), Some(Condition::IsAbsent));
        let (weak, listed, upper) = (format!("W/{quoted}"), format!("*, {quoted}"), quoted.to_uppercase());
        for bad in ["", " ", &one, "\"\"", "\"", "\"abc\"", &weak, &listed, &upper, &format!("{quoted},")] {
            assert_eq!(matches(bad), None, "{bad}");
        }
        assert_eq!(read(&[(header::IF_NONE_MATCH, &quoted)]), None);
        assert_eq!(read(&[(header::IF_MATCH, &quoted), (header::IF_NONE_MATCH, "*")]), None);
    }

    #[test]
    fn a_condition_holds_for_what_it_names() {
        let (one, other) = ("0a".repeat(32), "1b".repeat(32));
        let named = Condition::IsOneOf(vec![one.clone()]);
        for (condition, in_force, holds) in [
            (Condition::Nothing, None, true),
            (Condition::Nothing, Some(&one), true),
            (Condition::IsThere, None, false),
            (Condition::IsThere, Some(&one), true),
            (named.clone(), None, false),
            (named.clone(), Some(&one), true),
            (named, Some(&other), false),
            (Condition::IsAbsent, None, true),
            (Condition::IsAbsent, Some(&one), false),
        ] {
            assert_eq!(
                condition.check("/v1/x", in_force.map(String::as_str)).is_ok(),
                holds,
                "{condition:?} {in_force:?}"
            );
        }
    }
}
