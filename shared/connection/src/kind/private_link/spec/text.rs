//! The cloud's rules of names and descriptions (the quick start, and PrivateLink's own API).

/// A name of an endpoint: 2 to 128 letters, digits, `-` and `_`, a letter first. Chinese counts as letters.
pub(super) fn name(text: &str) -> Result<(), String> {
    let fits = (2..=128).contains(&text.chars().count())
        && text.starts_with(char::is_alphabetic)
        && text.chars().all(|sign| sign.is_alphanumeric() || "-_".contains(sign));
    held(fits, text, "a name has 2 to 128 letters, digits, - and _, and begins with a letter")
}

/// A name of a load balancer: 1 to 80 letters, digits, and `-/._`; a letter first, as the API wants it.
pub(super) fn balancer_name(text: &str) -> Result<(), String> {
    let fits = (1..=80).contains(&text.chars().count())
        && text.starts_with(char::is_alphabetic)
        && text.chars().all(|sign| sign.is_alphanumeric() || "-/._".contains(sign));
    held(fits, text, "a name has 1 to 80 letters, digits and -/._, and begins with a letter")
}

/// A description: 2 to 256 characters, no address of the web.
pub(super) fn description(text: &str) -> Result<(), String> {
    let is_address = ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme));
    let fits = (2..=256).contains(&text.chars().count()) && !is_address && !text.chars().any(char::is_control);
    held(fits, text, "a description has 2 to 256 characters and does not begin with http:// or https://")
}

fn held(fits: bool, text: &str, rule: &str) -> Result<(), String> {
    if fits { Ok(()) } else { Err(format!("{}: {rule}", strict::quoted(text))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_descriptions_are_held_to_the_clouds_rules() {
        for good in ["ab", "终端节点", "a-_9", &"a".repeat(128)] {
            assert!(name(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "1a", "-a", "a b", "a.b", &"a".repeat(129)] {
            assert!(name(bad).is_err(), "{bad}");
        }
        assert!(balancer_name("a").is_ok() && balancer_name("shop/web.1_2").is_ok());
        assert!(
            balancer_name("1").is_err() && balancer_name(&"a".repeat(81)).is_err() && balancer_name("a b").is_err()
        );
        assert!(description("the shop, for partners").is_ok());
        for bad in ["", "a", "http://a", "https://a", "a\nb", &"a".repeat(257)] {
            assert!(description(bad).is_err(), "{bad}");
        }
    }
}
