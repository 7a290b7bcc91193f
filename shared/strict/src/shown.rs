//! A value within a message, and text of others on a terminal.

use serde_json::Value;

/// The longest piece of a value that a message repeats, in characters.
const LONGEST: usize = 80;

/// Whether a character does something to what is around it instead of being seen: controls, line ends, marks that turn the
/// direction of writing, and those that have no width.
#[must_use]
pub fn is_unseen(sign: char) -> bool {
    sign.is_control()
        || matches!(sign, '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(sign, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Text with its unseen characters written out (`\u{1b}`), to be printed: it can neither end the line nor move the cursor.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for sign in text.chars() {
        if is_unseen(sign) { shown.extend(sign.escape_default()) } else { shown.push(sign) }
    }
    shown
}

/// Text in quotes, as a message repeats it: no longer than a line, and nothing unseen.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(&shortened(text, LONGEST)))
}

/// A value as a message repeats it.
#[must_use]
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        other => escaped(&shortened(&other.to_string(), LONGEST)),
    }
}

/// The beginning of a text.
pub(crate) fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Names in a row: `a`, `b` and `c`.
pub(crate) fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What was meant by an unknown name, or else what is known.
pub(crate) fn hint(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "nothing is known here".to_owned(),
        None => format!("known are {}", listed(known)),
    }
}

/// The known name that a slip of the pen would have turned into this one.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    if name.len() > 40 {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace(['-', ' ', '.'], "_");
    let name = plain(name);
    let far = |known: &str| distance(&name, &plain(known));
    let near = known.iter().map(|known| (far(known), *known)).min_by_key(|(far, _)| *far)?;
    let (short, is_part) = (near.1.len().min(name.len()), |known: &&&str| name.len() >= 3 && known.starts_with(&*name));
    if near.0 <= (short / 3).clamp(1, 3) && short > 1 { Some(near.1) } else { known.iter().find(is_part).copied() }
}

/// How many characters differ (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, sign) in one.chars().enumerate() {
        let mut corner = above;
        row[0] = above + 1;
        for (place, with) in other.iter().enumerate() {
            let replaced = corner + usize::from(sign != *with);
            corner = row[place + 1];
            row[place + 1] = replaced.min(corner + 1).min(row[place] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_written_out_and_the_rest_stays() {
        assert_eq!(escaped("a\n\u{1b}[2J\u{202e}b\u{9b}\u{7f}"), "a\\n\\u{1b}[2J\\u{202e}b\\u{9b}\\u{7f}");
        assert_eq!(escaped("终端节点 é 👩‍💻 —"), "终端节点 é 👩‍💻 —");
    }

    #[test]
    fn a_slip_of_the_pen_is_recognised_and_another_word_is_not() {
        let known = ["security_group_id", "protocol", "ports", "priority", "cidr_blocks"];
        for (name, near) in [
            ("security_groups_id", "security_group_id"),
            ("securityGroupId", "security_group_id"),
            ("Protocol", "protocol"),
            ("port", "ports"),
            ("cidr-blocks", "cidr_blocks"),
            ("prio", "priority"),
        ] {
            assert_eq!(nearest(name, &known), Some(near), "{name}");
        }
        for other in ["colour", "x", "", &"p".repeat(60_000)] {
            assert_eq!(nearest(other, &known), None);
        }
    }
}
