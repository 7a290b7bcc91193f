//! Reads a line of a script.

use local_core::refuse_if;

/// A command with what decides whether it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// How it is joined to the one before.
    pub operator: Operator,
    /// Program and arguments.
    pub words: Vec<Word>,
}

/// What stands before a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// The beginning of a line, or `;`.
    Always,
    /// `&&`.
    IfDone,
    /// `||`.
    IfFailed,
}

/// A word, quotes removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word(String);

impl Word {
    pub(super) fn text(self) -> String {
        self.0
    }
}

/// A line that this shell does not understand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SyntaxError {
    #[error("unexpected EOF while looking for matching `{0}'")]
    Unclosed(char),
    #[error("syntax error near unexpected token `{0}'")]
    Unexpected(&'static str),
    #[error("the shell of this local cloud does not know `{0}'")]
    Unsupported(char),
}

/// The commands of a line. A comment, an empty line and the first line of a script (`#!/bin/sh`) have none.
pub(super) fn parse(line: &str) -> Result<Vec<Command>, SyntaxError> {
    let mut reader = Reader { commands: Vec::new(), words: Vec::new(), word: None, operator: Operator::Always };
    let mut signs = line.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '#' if reader.word.is_none() => break,
            ' ' | '\t' | '\r' => reader.end_word(),
            ';' => reader.end_command(";", Operator::Always)?,
            '&' if signs.next_if_eq(&'&').is_some() => reader.end_command("&&", Operator::IfDone)?,
            '|' if signs.next_if_eq(&'|').is_some() => reader.end_command("||", Operator::IfFailed)?,
            '\'' | '"' => reader.quoted(sign, &mut signs)?,
            '\\' => reader.push(signs.next().ok_or(SyntaxError::Unclosed('\\'))?),
            // Both streams end up in one output anyway.
            '>' if reader.word.as_deref() == Some("2") && signs.next_if_eq(&'&').is_some() => match signs.next() {
                Some('1') => reader.word = None,
                _ => return Err(SyntaxError::Unsupported('>')),
            },
            '|' | '&' | '<' | '>' | '(' | ')' | '$' | '`' | '*' | '{' | '}' => {
                return Err(SyntaxError::Unsupported(sign));
            }
            plain => reader.push(plain),
        }
    }
    reader.end()
}

struct Reader {
    commands: Vec<Command>,
    words: Vec<Word>,
    word: Option<String>,
    operator: Operator,
}

impl Reader {
    fn push(&mut self, sign: char) {
        self.word.get_or_insert_default().push(sign);
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take().map(Word));
    }

    fn quoted(&mut self, quote: char, signs: &mut impl Iterator<Item = char>) -> Result<(), SyntaxError> {
        let word = self.word.get_or_insert_default();
        for sign in signs {
            match sign {
                sign if sign == quote => return Ok(()),
                '$' | '`' | '\\' if quote == '"' => return Err(SyntaxError::Unsupported(sign)),
                sign => word.push(sign),
            }
        }
        Err(SyntaxError::Unclosed(quote))
    }

    fn end_command(&mut self, token: &'static str, next: Operator) -> Result<(), SyntaxError> {
        self.end_word();
        refuse_if!(self.words.is_empty(), SyntaxError::Unexpected(token));
        self.commands.push(Command { operator: self.operator, words: std::mem::take(&mut self.words) });
        self.operator = next;
        Ok(())
    }

    fn end(mut self) -> Result<Vec<Command>, SyntaxError> {
        self.end_word();
        if !self.words.is_empty() {
            self.commands.push(Command { operator: self.operator, words: self.words });
        } else if self.operator != Operator::Always {
            return Err(SyntaxError::Unexpected("newline"));
        }
        Ok(self.commands)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<(Operator, Vec<String>)> {
        let commands = parse(line).unwrap().into_iter();
        commands.map(|command| (command.operator, command.words.into_iter().map(Word::text).collect())).collect()
    }

    #[test]
    fn a_line_is_commands_of_words_and_quotes_keep_words_together() {
        assert_eq!(
            words("ping -c 3 10.0.0.1 2>&1; echo 'a  b'\"; c\" && true || false # && x"),
            [
                (Operator::Always, vec!["ping".into(), "-c".into(), "3".into(), "10.0.0.1".into()]),
                (Operator::Always, vec!["echo".into(), "a  b; c".into()]),
                (Operator::IfDone, vec!["true".into()]),
                (Operator::IfFailed, vec!["false".into()]),
            ]
        );
        assert!(words("#!/bin/sh").is_empty() && words("  ").is_empty());
    }

    #[test]
    fn what_this_shell_cannot_do_it_does_not_pretend_to_do() {
        for (line, error) in [
            ("ping x | tail -1", SyntaxError::Unsupported('|')),
            ("echo $HOME", SyntaxError::Unsupported('$')),
            ("echo \"$HOME\"", SyntaxError::Unsupported('$')),
            ("ping x > file", SyntaxError::Unsupported('>')),
            ("sleep 1 &", SyntaxError::Unsupported('&')),
            ("echo 'a", SyntaxError::Unclosed('\'')),
            ("&& true", SyntaxError::Unexpected("&&")),
            ("true &&", SyntaxError::Unexpected("newline")),
        ] {
            assert_eq!(parse(line), Err(error), "{line}");
        }
    }
}
