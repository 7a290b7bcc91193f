//! Names, descriptions and times as the VPC product writes them.

use jiff::Timestamp;
use local_core::rpc::{Params, RpcError};

/// `YYYY-MM-DDThh:mm:ssZ`.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The time, or nothing.
pub(crate) fn optional_time(at: Option<Timestamp>) -> String {
    at.map(time).unwrap_or_default()
}

/// What may be wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Text {
    /// 2 to 128 characters.
    Name,
    /// 2 to 256 characters.
    Description,
}

impl Text {
    fn fits(self, text: &str) -> bool {
        let longest = match self {
            Self::Name => 128,
            Self::Description => 256,
        };
        let starts_well = match self {
            Self::Name => text.starts_with(char::is_alphabetic),
            Self::Description => true,
        };
        let length = text.chars().count();
        (2..=longest).contains(&length) && starts_well && !text.starts_with("http://") && !text.starts_with("https://")
    }

    fn refusal(self, parameter: &str) -> RpcError {
        match self {
            // The service's own spelling.
            Self::Name => RpcError::bad("InvalidName.Malformd", format!("The specified \"{parameter}\" is not valid.")),
            Self::Description => {
                RpcError::bad("InvalidDescription.Malformed", format!("The specified \"{parameter}\" is not valid."))
            }
        }
    }

    /// The value of `parameter`, if given and well formed.
    pub(crate) fn read(self, params: &Params, parameter: &str) -> Result<Option<String>, RpcError> {
        match params.get(parameter) {
            Some(text) if !self.fits(text) => Err(self.refusal(parameter)),
            text => Ok(text.map(str::to_owned)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_begin_with_a_letter_and_are_no_addresses() {
        for (name, fits) in [("ab", true), ("a", false), ("1a", false), ("http://x", false), ("连接", true)] {
            assert_eq!(Text::Name.fits(name), fits, "{name}");
        }
        assert!(!Text::Name.fits(&"a".repeat(129)));
        assert!(Text::Description.fits("1 to 2"));
    }
}
