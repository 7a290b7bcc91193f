//! Reads Rust sources as far as it takes to follow who calls whom: tokens, functions, and what a function can reach.
//!
//! Names are resolved by module, type and import. The type of a value is guessed by its name (`state` is a `State`); where that
//! says nothing, a method call reaches every method of that name. So what is found is at times a little more than can happen.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A piece of source text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    Word(String),
    Text(String),
    Sign(char),
}

/// A function with its body.
#[derive(Debug)]
pub struct Function {
    /// The file's path within its crate, without the ending and without `/mod`. Products that are crates begin it.
    pub module: String,
    /// The type whose `impl` it stands in.
    pub owner: Option<String>,
    pub name: String,
    pub body: Vec<Token>,
    /// Whether it is called on a value.
    is_method: bool,
    /// Words of the file's `use` lines.
    imports: BTreeSet<String>,
}

/// The functions of some files.
#[derive(Debug, Default)]
pub struct Sources(pub Vec<Function>);

impl Sources {
    /// Reads the modules named, with all below them. Tests are left out.
    pub fn read(paths: &[&str]) -> Self {
        let mut sources = Self::default();
        for path in paths {
            let folder = place(path);
            let file = folder.with_extension("rs");
            if file.is_file() {
                sources.add(path, &file);
            }
            if folder.is_dir() {
                sources.add_folder(path, &folder);
            }
        }
        assert!(!sources.0.is_empty(), "no sources at {paths:?}");
        sources
    }

    fn add_folder(&mut self, module: &str, folder: &Path) {
        let mut entries: Vec<_> = std::fs::read_dir(folder).expect("a folder of sources").flatten().collect();
        entries.sort_by_key(std::fs::DirEntry::path);
        for path in entries.iter().map(std::fs::DirEntry::path) {
            match path.file_stem().and_then(|stem| stem.to_str()) {
                Some("tests" | "ros") | None => {}
                Some(name) if path.is_dir() => self.add_folder(&format!("{module}/{name}"), &path),
                Some("mod" | "lib") => self.add(module, &path),
                Some(name) => self.add(&format!("{module}/{name}"), &path),
            }
        }
    }

    fn add(&mut self, module: &str, file: &Path) {
        let text = std::fs::read_to_string(file).expect("a source file");
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        self.0.extend(functions(module, &tokens(text)));
    }

    /// The functions of a name in a module.
    pub fn named<'a>(&'a self, module: &'a str, name: &'a str) -> impl Iterator<Item = &'a Function> {
        self.0.iter().filter(move |function| function.module == module && function.name == name)
    }

    /// The bodies of everything that `body`, which stands in `at`, can reach; itself first.
    pub fn reach<'a>(&'a self, at: &'a Function, body: &'a [Token]) -> Vec<&'a [Token]> {
        let mut seen = BTreeSet::new();
        let mut found = vec![body];
        let mut left = vec![(at, body)];
        while let Some((at, body)) = left.pop() {
            for (place, function) in self.called(at, body) {
                if seen.insert(place) {
                    found.push(&function.body);
                    left.push((function, &function.body));
                }
            }
        }
        found
    }

    fn called<'a>(&'a self, at: &'a Function, body: &[Token]) -> Vec<(usize, &'a Function)> {
        let sign = |place: Option<usize>| match place.and_then(|place| body.get(place)) {
            Some(Token::Sign(sign)) => *sign,
            _ => ' ',
        };
        let mut found = Vec::new();
        for (place, token) in body.iter().enumerate() {
            let Token::Word(name) = token else { continue };
            let (before, after) = (sign(place.checked_sub(1)), sign(Some(place + 1)));
            let is_used = after == '(' || matches!(after, ')' | ',') && matches!(before, '(' | ',' | ':');
            if !is_used {
                continue;
            }
            let qualifier = match (before, place.checked_sub(3).and_then(|place| body.get(place))) {
                (':', Some(Token::Word(word))) => Some(word.as_str()),
                _ => None,
            };
            let receiver = match (before, place.checked_sub(2).and_then(|place| body.get(place))) {
                ('.', Some(Token::Word(word))) if word == "self" => at.owner.clone(),
                ('.', Some(Token::Word(word))) => Some(camel(word)),
                _ => None,
            };
            let receiver = receiver.filter(|of| {
                self.0.iter().any(|function| function.name == *name && function.owner.as_ref() == Some(of))
            });
            let fits = |function: &Function| match (before, qualifier) {
                ('.', _) => {
                    function.is_method && receiver.as_ref().is_none_or(|of| function.owner.as_ref() == Some(of))
                }
                (':', Some("Self")) => function.owner == at.owner,
                (':', Some(word)) if word.starts_with(char::is_uppercase) => function.owner.as_deref() == Some(word),
                (':', Some(word)) => function.owner.is_none() && function.module.rsplit('/').next() == Some(word),
                _ => function.owner.is_none() && (function.module == at.module || at.imports.contains(name.as_str())),
            };
            found.extend(self.0.iter().enumerate().filter(|(_, function)| function.name == *name && fits(function)));
        }
        found
    }
}

/// The tokens of the arm of a `match` in `body` whose pattern names `variant`.
pub fn arm<'a>(body: &'a [Token], variant: &str) -> Option<&'a [Token]> {
    let is_arrow = |place: usize| matches!(body.get(place..place + 2), Some([Token::Sign('='), Token::Sign('>')]));
    let mut begin = None;
    for place in before_match(body).len()..body.len() {
        if body[place] == Token::Word(variant.to_owned()) {
            // The pattern may go on: other variants, fields, a condition. Another arrow in between ends the search.
            begin = (place..body.len()).find(|place| is_arrow(*place)).map(|arrow| arrow + 2);
            break;
        }
    }
    let begin = begin?;
    let mut depth = 0_i32;
    for (place, token) in body.iter().enumerate().skip(begin) {
        match token {
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        let ends = depth < 0
            || depth == 0 && *token == Token::Sign(',')
            || depth == 0 && place > begin && *token == Token::Sign('}') && body[begin] == Token::Sign('{');
        if ends {
            return Some(&body[begin..=place]);
        }
    }
    None
}

/// The type that a value is named after: `route_table` after `RouteTable`.
fn camel(word: &str) -> String {
    let part = |part: &str| {
        let (head, tail) = part.split_at(part.len().min(1));
        head.to_uppercase() + tail
    };
    word.split('_').map(part).collect()
}

/// What a body does before it chooses.
pub fn before_match(body: &[Token]) -> &[Token] {
    let end = body.iter().position(|token| token.word() == Some("match")).unwrap_or(body.len());
    &body[..end]
}

fn tokens(text: &str) -> Vec<Token> {
    let signs: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < signs.len() {
        let sign = signs[at];
        if sign == '/' && signs.get(at + 1) == Some(&'/') {
            at = (at..signs.len()).find(|at| signs[*at] == '\n').unwrap_or(signs.len());
        } else if sign == '"' {
            let (text, end) = quoted(&signs, at + 1);
            found.push(Token::Text(text));
            at = end;
        } else if sign == '\'' && (signs.get(at + 1) == Some(&'\\') || signs.get(at + 2) == Some(&'\'')) {
            at = (at + 2..signs.len()).find(|at| signs[*at] == '\'').unwrap_or(signs.len()) + 1;
        } else if sign.is_alphanumeric() || sign == '_' {
            let end = (at..signs.len()).find(|at| !signs[*at].is_alphanumeric() && signs[*at] != '_');
            let end = end.unwrap_or(signs.len());
            found.push(Token::Word(signs[at..end].iter().collect()));
            at = end;
        } else {
            if !sign.is_whitespace() {
                found.push(Token::Sign(sign));
            }
            at += 1;
        }
    }
    found
}

fn quoted(signs: &[char], mut at: usize) -> (String, usize) {
    let mut text = String::new();
    while at < signs.len() && signs[at] != '"' {
        if signs[at] == '\\' {
            at += 1;
        }
        text.extend(signs.get(at));
        at += 1;
    }
    (text, at + 1)
}

fn functions(module: &str, tokens: &[Token]) -> Vec<Function> {
    let word = |place: usize| match tokens.get(place) {
        Some(Token::Word(word)) => word.as_str(),
        _ => "",
    };
    let mut imports = BTreeSet::new();
    let mut owners: Vec<(usize, String)> = Vec::new();
    let mut found = Vec::new();
    for place in 0..tokens.len() {
        owners.retain(|(end, _)| *end > place);
        match word(place) {
            "use" => {
                let line = tokens[place..].iter().take_while(|token| **token != Token::Sign(';'));
                imports.extend(line.filter_map(|token| match token {
                    Token::Word(word) => Some(word.clone()),
                    _ => None,
                }));
            }
            "impl" if owners.is_empty() => {
                let Some(open) = (place..tokens.len()).find(|at| tokens[*at] == Token::Sign('{')) else { continue };
                let header: Vec<&str> = (place..open).map(&word).filter(|word| !word.is_empty()).collect();
                let of = header.iter().position(|word| *word == "for").map_or(1, |at| at + 1);
                let owner = header[of..].iter().find(|word| word.starts_with(char::is_uppercase)).unwrap_or(&"");
                owners.push((closing(tokens, open), (*owner).to_owned()));
            }
            "fn" if !word(place + 1).is_empty() => {
                let open = (place..tokens.len()).find(|at| matches!(tokens[*at], Token::Sign('{' | ';')));
                let Some(open) = open.filter(|open| tokens[*open] == Token::Sign('{')) else { continue };
                let end = closing(tokens, open).min(tokens.len() - 1);
                let body = tokens[open..=end].to_vec();
                let is_method = tokens[place..open].contains(&Token::Word("self".to_owned()));
                let owner = owners.last().map(|(_, owner)| owner.clone());
                let name = word(place + 1).to_owned();
                let (module, imports) = (module.to_owned(), BTreeSet::new());
                found.push(Function { module, owner, name, body, is_method, imports });
            }
            _ => {}
        }
    }
    for function in &mut found {
        function.imports.clone_from(&imports);
    }
    found
}

/// Where the brace that opens at `open` closes.
fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (place, token) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Sign('{') => depth += 1,
            Token::Sign('}') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place;
        }
    }
    tokens.len()
}

/// The folder of a module, which may be a file instead.
fn place(module: &str) -> PathBuf {
    let product = module.split('/').next().unwrap_or_default();
    let of_crate = match product {
        "mns" | "oss" | "fc" => module.replacen(product, &format!("{product}/src"), 1),
        "rpc" => format!("core/src/{module}"),
        "sts" => format!("cloud/src/{module}"),
        _ => format!("network/src/{module}"),
    };
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../local").join(of_crate)
}

/// The tokens of a whole file.
pub fn file(module: &str) -> Vec<Token> {
    let folder = place(module);
    let paths = [folder.with_extension("rs"), folder.join("mod.rs")];
    let text = paths.iter().find_map(|path| std::fs::read_to_string(path).ok());
    tokens(&text.unwrap_or_else(|| panic!("there is no {module}")))
}

impl Token {
    /// The word, if it is one.
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            _ => None,
        }
    }
}
