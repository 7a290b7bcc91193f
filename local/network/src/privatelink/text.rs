//! Names, descriptions, and how often a call is for a dry run.

use local_core::rpc::{Params, RpcError};

/// A name of 2 to 128 characters: a letter or Chinese first, then also digits, `-` and `_`.
pub(super) fn name(params: &Params, parameter: &str) -> Result<Option<String>, RpcError> {
    let fits = |name: &str| {
        let length = name.chars().count();
        (2..=128).contains(&length)
            && name.starts_with(char::is_alphabetic)
            && name.chars().all(|sign| sign.is_alphanumeric() || "-_".contains(sign))
    };
    checked(params, parameter, fits, "2 to 128 letters, digits, - and _, a letter first")
}

/// A description of 2 to 256 characters that is no address of the web.
pub(super) fn description(params: &Params, parameter: &str) -> Result<Option<String>, RpcError> {
    let fits = |text: &str| {
        (2..=256).contains(&text.chars().count()) && !text.starts_with("http://") && !text.starts_with("https://")
    };
    checked(params, parameter, fits, "2 to 256 characters, not beginning with http:// or https://")
}

fn checked(
    params: &Params,
    parameter: &str,
    fits: impl Fn(&str) -> bool,
    wanted: &str,
) -> Result<Option<String>, RpcError> {
    match params.get(parameter) {
        Some(text) if !fits(text) => Err(RpcError::invalid_parameter(parameter, wanted)),
        text => Ok(text.map(str::to_owned)),
    }
}

/// A flag that keeps what it is unless it is given.
pub(super) fn flag(params: &Params, parameter: &str) -> Result<Option<bool>, RpcError> {
    params.get(parameter).map(|_| params.flag(parameter)).transpose()
}

/// Stands where a call has been checked and its effect begins: a dry run ends here, with a code of its own.
pub(super) fn unless_dry(params: &Params) -> Result<(), RpcError> {
    if params.flag("DryRun")? { Err(RpcError::dry_run_passed()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_descriptions_are_held_to_their_rules() {
        let read = |value: &str| {
            let params = Params::from([("P", value)].as_slice());
            (name(&params, "P").is_ok(), description(&params, "P").is_ok())
        };
        assert_eq!(read("ab"), (true, true));
        assert_eq!(read("终端 节点"), (false, true));
        assert_eq!(read("1a"), (false, true));
        assert_eq!(read("a"), (false, false));
        assert_eq!(read("https://a"), (false, false));
        assert_eq!(read(&"a".repeat(129)), (false, true));
        assert_eq!(read(&"a".repeat(257)), (false, false));
    }
}
