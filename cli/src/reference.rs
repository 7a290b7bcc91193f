//! `causeway completions` and `causeway man`: what a shell and `man` know of the commands.

use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::args::Cli;

/// Prints the completions of a shell.
pub fn completions(shell: Shell) {
    clap_complete::generate(shell, &mut Cli::command(), "causeway", &mut std::io::stdout());
}

/// The folder cannot be written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{path} cannot be written")]
pub struct NotWritten {
    path: String,
    source: std::io::Error,
}

/// Writes the manual, a page for each command, into a folder.
///
/// # Errors
/// When it cannot be written.
pub fn man(folder: &Path) -> Result<bool, NotWritten> {
    let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    written.map_err(|source| NotWritten { path: folder.display().to_string(), source })?;
    println!("to read it: man -M {0} causeway, or man {0}/causeway.1", folder.display());
    Ok(true)
}
