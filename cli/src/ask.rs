//! Asking the person at the terminal.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

/// Nobody answered.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum AskError {
    #[error("nobody was asked whether to go on: this is no terminal")]
    #[diagnostic(help("look at what would be done, which is printed above; then add --yes"))]
    NoTerminal,
    #[error("the answer cannot be read")]
    Answer(#[from] std::io::Error),
}

/// Whether the person says yes to `question`. Anything but `y` or `yes` is a no.
///
/// # Errors
/// When there is nobody to ask.
pub fn confirm(question: &str) -> Result<bool, AskError> {
    if !std::io::stdin().is_terminal() {
        return Err(AskError::NoTerminal);
    }
    print!("{} [y/N] ", strict::escaped(question));
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "yes"))
}
