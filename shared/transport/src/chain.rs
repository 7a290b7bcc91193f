//! An error with its causes, in one line.

use std::error::Error;
use std::fmt;

/// Displays an error and what led to it: `the store could not be read: no answer from h:443: timed out`.
///
/// An error's own text never repeats its source, so whoever logs or prints one walks the chain, and does so with this.
#[derive(Debug, Clone, Copy)]
pub struct Chain<'a>(pub &'a (dyn Error + Send + Sync + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = self.0.to_string();
        f.write_str(&last)?;
        for cause in std::iter::successors(self.0.source(), |&cause| cause.source()) {
            let text = cause.to_string();
            // Errors of other crates may repeat their source.
            if !last.contains(&text) {
                write!(f, ": {text}")?;
                last = text;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Link {
        text: &'static str,
        source: Option<Box<Self>>,
    }

    #[test]
    fn each_cause_is_told_once_also_where_an_error_repeats_its_source() {
        let chain = |texts: &[&'static str]| {
            let links = texts.iter().rev().fold(None, |source, text| Some(Box::new(Link { text, source })));
            Chain(&*links.expect("texts")).to_string()
        };
        assert_eq!(chain(&["a"]), "a");
        assert_eq!(chain(&["a", "b", "c"]), "a: b: c");
        assert_eq!(chain(&["a: b", "b", "c"]), "a: b: c");
    }
}
