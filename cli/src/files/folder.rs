//! A folder of files becomes connections and documents; everything that is wrong with it is named by file, line and column.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use approval::policy::Policy;
use connection::account::Accounts;
use connection::caller::Callers;
use connection::config::ConfigDocument;
use connection::consent::StandingConsents;
use connection::spec::Spec;
use connection::words::ConnectionName;
use drift::settings::Settings;
use notice::sinks::Sinks;
use serde_json::Value;
use strict::{Lines, Problem, Unreadable};

use super::FilesError;
use super::variables::{self, Variables};

/// What a file may be called without being one of connections or documents.
const VARIABLES: &str = "variables";

/// A document besides connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// One of the configuration.
    Config(ConfigDocument),
    /// The approval policy.
    Policy,
}

impl Document {
    /// All of them, in the order in which they are put: what a document names is in those before it.
    pub const ALL: [Self; 6] = [
        Self::Config(ConfigDocument::Accounts),
        Self::Config(ConfigDocument::Callers),
        Self::Config(ConfigDocument::Consents),
        Self::Policy,
        Self::Config(ConfigDocument::Sinks),
        Self::Config(ConfigDocument::Drift),
    ];

    /// Its name, which is that of its file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Config(document) => document.word(),
            Self::Policy => "policy",
        }
    }

    /// The document of this name.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|document| document.word() == word)
    }

    /// Reads it as the webhook will.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn check(self, value: &Value) -> Result<(), Vec<Problem>> {
        let text = value.to_string();
        let wrong = |error: Unreadable| error.0;
        match self {
            Self::Config(ConfigDocument::Accounts) => Accounts::from_json(text.as_bytes()).map(drop).map_err(wrong),
            Self::Config(ConfigDocument::Callers) => Callers::from_json(text.as_bytes()).map(drop).map_err(wrong),
            Self::Config(ConfigDocument::Consents) => {
                StandingConsents::from_json(text.as_bytes()).map(drop).map_err(wrong)
            }
            Self::Config(ConfigDocument::Drift) => Settings::from_json(text.as_bytes()).map(drop).map_err(wrong),
            Self::Config(ConfigDocument::Sinks) => Sinks::from_json(text.as_bytes()).map(drop).map_err(wrong),
            Self::Policy => Policy::from_value(value.clone()).map(drop),
        }
    }
}

/// Something that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    file: PathBuf,
    place: Option<(usize, usize)>,
    problem: Problem,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some((line, column)) = self.place {
            write!(f, "{line}:{column}:")?;
        }
        write!(f, " {}", self.problem)
    }
}

/// What files ask for.
#[derive(Debug, Clone, Default)]
pub struct Folder {
    /// Connections, by name.
    pub connections: BTreeMap<ConnectionName, Spec>,
    /// Documents, in the order in which they are put.
    pub documents: Vec<(Document, Value)>,
}

/// A file as it was read.
struct Source {
    path: PathBuf,
    value: Value,
    lines: Lines,
}

impl Source {
    fn faults(&self, problems: Vec<Problem>) -> Vec<Fault> {
        faults(&self.path, &self.lines, problems)
    }

    /// The document that the name of the file says it is.
    fn document(&self) -> Option<Document> {
        Document::named(self.path.file_stem()?.to_str()?)
    }
}

fn faults(path: &Path, lines: &Lines, problems: Vec<Problem>) -> Vec<Fault> {
    let fault = |problem: Problem| Fault { file: path.to_path_buf(), place: lines.find(&problem.pointer), problem };
    problems.into_iter().map(fault).collect()
}

/// What is chosen where a folder is read.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// The environment, whose `variables.NAME.yml` counts.
    pub environment: Option<String>,
    /// Variables that the command line sets.
    pub set: Vec<(String, String)>,
}

impl Folder {
    /// Reads a file, or all files of a folder and the folders in it.
    ///
    /// # Errors
    /// When something cannot be read at all.
    pub fn read(path: &Path, choice: &Choice) -> Result<Result<Self, Vec<Fault>>, FilesError> {
        let (mut files, root) = match path.is_dir() {
            true => (files_in(path)?, path),
            false => (vec![path.to_path_buf()], path.parent().unwrap_or(path)),
        };
        files.retain(|file| !is_variables(file));
        let mut all = Vec::new();
        let variables = match variables_of(root, choice)? {
            Ok(variables) => variables,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let mut sources = Vec::new();
        for path in files {
            match source(&path, &variables)? {
                Ok(source) => sources.push(source),
                Err(wrong) => all.extend(wrong),
            }
        }
        let folder = Self::of(sources, &mut all);
        Ok(if all.is_empty() { Ok(folder) } else { Err(all) })
    }

    fn of(sources: Vec<Source>, all: &mut Vec<Fault>) -> Self {
        let mut folder = Self::default();
        let mut names: BTreeMap<String, PathBuf> = BTreeMap::new();
        let mut documents: Vec<(Document, Value)> = Vec::new();
        for source in sources {
            let (name, pointer) = match source.document() {
                Some(document) => {
                    if let Err(problems) = document.check(&source.value) {
                        all.extend(source.faults(problems));
                    }
                    documents.push((document, source.value.clone()));
                    (document.word().to_owned(), "")
                }
                None => match Spec::from_value(source.value.clone()) {
                    Ok(spec) => {
                        let name = spec.name.to_string();
                        folder.connections.insert(spec.name.clone(), spec);
                        (format!("connection {name}"), "/name")
                    }
                    Err(problems) => {
                        all.extend(source.faults(problems));
                        continue;
                    }
                },
            };
            if let Some(other) = names.insert(name.clone(), source.path.clone()) {
                let detail = format!("{name} is in {} already; keep one of them", other.display());
                all.extend(source.faults(vec![Problem::at(pointer, detail)]));
            }
        }
        for document in Document::ALL {
            folder.documents.extend(documents.iter().find(|(own, _)| *own == document).cloned());
        }
        folder
    }
}

fn source(path: &Path, variables: &Variables) -> Result<Result<Source, Vec<Fault>>, FilesError> {
    let (read, lines) = parsed(path)?;
    let filled = read.and_then(|value| variables.fill(value));
    Ok(match filled {
        Ok(value) => Ok(Source { path: path.to_path_buf(), value, lines }),
        Err(problems) => Err(faults(path, &lines, problems)),
    })
}

fn parsed(path: &Path) -> Result<(Result<Value, Vec<Problem>>, Lines), FilesError> {
    let text = std::fs::read(path).map_err(FilesError::file(path))?;
    let (read, lines) = strict::yaml_with_lines(&text);
    // JSON is stricter than the YAML that it is a part of.
    let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    Ok((if is_json { strict::json(&text) } else { read }, lines))
}

/// The variables of a folder: those for all environments, then those of one, then those of the command line.
fn variables_of(root: &Path, choice: &Choice) -> Result<Result<Variables, Vec<Fault>>, FilesError> {
    let mut variables = Variables::default();
    let own = choice.environment.as_ref().map(|environment| format!("{VARIABLES}.{environment}"));
    for (stem, is_needed) in [(Some(VARIABLES.to_owned()), false), (own, true)] {
        let Some(stem) = stem else { continue };
        let files = ["yml", "yaml", "json"].map(|extension| root.join(format!("{stem}.{extension}")));
        match files.iter().find(|file| file.is_file()) {
            None if is_needed => return Err(FilesError::NoEnvironment(files[0].display().to_string())),
            None => {}
            Some(file) => {
                let (read, lines) = parsed(file)?;
                if let Err(problems) = read.and_then(|value| variables.take(value)) {
                    return Ok(Err(faults(file, &lines, problems)));
                }
            }
        }
    }
    for (name, value) in &choice.set {
        if !variables::is_name(name) {
            return Err(FilesError::VariableName(name.clone()));
        }
        // As it would stand in a file; a text needs no quotes here.
        let read = strict::yaml(value.as_bytes()).ok().filter(|read| read.is_number() || read.is_boolean());
        variables.set(name, read.unwrap_or_else(|| Value::String(value.clone())));
    }
    Ok(Ok(variables))
}

fn is_variables(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    stem == VARIABLES || stem.starts_with("variables.")
}

/// The YAML and JSON files of a folder and of those in it, by name. What begins with a dot is left out.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, FilesError> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).map_err(FilesError::file(&folder))? {
            let path = entry.map_err(FilesError::file(&folder))?.path();
            let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
            if is_hidden || path.is_symlink() && path.is_dir() {
            } else if path.is_dir() {
                waiting.push(path);
            } else if matches!(extension.as_deref(), Some("yml" | "yaml" | "json")) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "name: ${place}-link\nkind: vpc-peering\nbandwidth_mbps: ${speed}\nlink_type: Gold\n\
                        initiator: {account: a, region_id: cn-qingdao, vpc_id: vpc-1}\n\
                        acceptor: {account: b, region_id: cn-beijing, vpc_id: vpc-2}\n";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    fn told(files: &[(&str, &str)], choice: &Choice) -> Vec<String> {
        let folder = folder(files);
        let faults = Folder::read(folder.path(), choice).unwrap().unwrap_err();
        let root = format!("{}/", folder.path().display());
        faults.iter().map(|fault| fault.to_string().replace(&root, "")).collect()
    }

    #[test]
    fn files_of_all_kinds_are_read_with_the_variables_of_an_environment() {
        let files = folder(&[
            ("links/one.yml", LINK),
            ("accounts.json", "{\"version\": 1, \"accounts\": {}}"),
            ("variables.yml", "place: south\nspeed: 100\n"),
            ("variables.prod.yml", "speed: 200\n"),
            (".hidden/two.yml", "nonsense"),
            ("README.md", "nonsense"),
        ]);
        let choice =
            Choice { environment: Some("prod".to_owned()), set: vec![("place".to_owned(), "north".to_owned())] };
        let read = Folder::read(files.path(), &choice).unwrap().unwrap();
        let spec = &read.connections[&"north-link".parse().unwrap()];
        assert_eq!(serde_json::to_value(spec).unwrap()["bandwidth_mbps"], 200, "a number stays one");
        assert_eq!(read.documents.len(), 1);
    }

    #[test]
    fn what_is_wrong_is_told_with_file_line_and_column() {
        let none = Choice::default();
        let told = told(
            &[
                ("a.yml", "name: a\nkind: vpc-peering\ninitiator:\n  account: a\n  vpc: vpc-1\nacceptor: {}\n"),
                ("b.yml", "name: ${nobody}\n"),
                ("c.yml", "a: [\n"),
                ("callers.yml", "version: 2\n"),
            ],
            &none,
        );
        let all = told.join("\n");
        assert!(all.contains("a.yml:5:3: /initiator/vpc: unknown field"), "{all}");
        assert!(all.contains("a.yml:3:1: /initiator"), "what is missing is told at its object: {all}");
        assert!(all.contains("b.yml:1:1: /name: ") && all.contains("variable nobody"), "{all}");
        assert!(told.iter().any(|line| line.starts_with("c.yml:") && line.contains("it is not YAML")), "{all}");
        assert!(told.iter().any(|line| line.starts_with("callers.yml:1:1: /version")), "{all}");
    }

    #[test]
    fn one_name_in_two_files_is_refused_and_so_is_an_environment_without_file() {
        let plain = LINK.replace("${place}", "x").replace("${speed}", "10");
        let told = told(&[("a.yml", &plain), ("b.yml", &plain)], &Choice::default());
        assert!(told.len() == 1 && told[0].starts_with("b.yml:1:1: /name: connection x-link is in "), "{told:?}");
        let files = folder(&[("a.yml", &plain)]);
        let choice = Choice { environment: Some("prod".to_owned()), set: Vec::new() };
        assert!(matches!(Folder::read(files.path(), &choice), Err(FilesError::NoEnvironment(_))));
    }
}
