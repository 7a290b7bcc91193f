//! What each product offers: its operations where its dispatch has them, and what each can refuse and begin.

use std::collections::{BTreeMap, BTreeSet};

use crate::coverage::source::{Function, Sources, Token, arm, before_match};

/// An operation of a product.
#[derive(Debug)]
pub struct Operation {
    pub name: String,
    pub writes: bool,
    pub codes: BTreeSet<String>,
    /// Names of the changes that it begins, as `delays::Wait` has them.
    pub waits: BTreeSet<String>,
}

/// A product.
#[derive(Debug)]
pub struct Product {
    pub title: &'static str,
    /// The version that RPC clients send.
    pub version: Option<&'static str>,
    pub operations: Vec<Operation>,
    /// What any call can be refused with.
    pub common: BTreeSet<String>,
}

/// What all RPC products share.
const RPC: [&str; 8] =
    ["rpc/caller", "rpc/envelope", "rpc/service", "rpc/request", "rpc/error", "rpc/params", "rpc/page", "rpc/once"];

/// Every code that the sources of a product write down, reachable or not.
pub fn written(paths: &[&str]) -> BTreeSet<String> {
    let sources = Sources::read(paths);
    let errors: BTreeMap<String, String> = sources
        .0
        .iter()
        .filter(|function| function.name == "code")
        .flat_map(|code| named_variants(&code.body))
        .collect();
    sources.0.iter().flat_map(|function| codes(&function.body, &errors)).collect()
}

/// All products, in the order of the page.
pub fn all() -> Vec<Product> {
    vec![vpc(), vpc_peer(), ecs(), slb(), nlb(), alb(), private_link(), sts(), mns(), mns_open(), oss(), fc()]
}

fn vpc() -> Product {
    let sources = with_rpc(&["vpc"]);
    let operations = table(&sources, "vpc/operations", &BTreeMap::new());
    let common = rpc_common(&sources);
    finished("Virtual private clouds, Express Connect included", Some("2016-04-28"), operations, common)
}

fn vpc_peer() -> Product {
    let sources = with_rpc(&["vpcpeer", "vpc/lookup"]);
    let operations = table(&sources, "vpcpeer/operations", &BTreeMap::new());
    let mut common = rpc_common(&sources);
    common.extend(codes(&one(&sources, "vpcpeer", "denial").body, &BTreeMap::new()));
    common.remove("Forbidden.RAM");
    finished("VPC peering connections", Some("2022-01-01"), operations, common)
}

fn ecs() -> Product {
    let sources = with_rpc(&["ecs", "vpc/lookup", "vpc/network/mod"]);
    let operations = table(&sources, "ecs/operations", &BTreeMap::new());
    let common = rpc_common(&sources);
    finished("Elastic Compute Service: groups, instances, commands", Some("2014-05-26"), operations, common)
}

fn slb() -> Product {
    let sources = with_rpc(&["clb", "vpc/address"]);
    let operations = table(&sources, "clb/operations", &BTreeMap::new());
    let common = rpc_common(&sources);
    finished("Classic load balancers (Slb)", Some("2014-05-15"), operations, common)
}

fn nlb() -> Product {
    balancer("Network load balancers (Nlb)", "2022-04-30")
}

fn alb() -> Product {
    balancer("Application load balancers (Alb)", "2020-06-16")
}

/// The two products share their rooms; a code that each spells in its own way stands at both.
fn balancer(title: &'static str, version: &'static str) -> Product {
    let sources = with_rpc(&["nlb_alb", "vpc/address"]);
    let operations = table(&sources, "nlb_alb/operations", &BTreeMap::new());
    let mut common = rpc_common(&sources);
    common.extend(codes(&one(&sources, "nlb_alb", "denial").body, &BTreeMap::new()));
    common.remove("Forbidden.RAM");
    finished(title, Some(version), operations, common)
}

fn private_link() -> Product {
    let sources = with_rpc(&["privatelink", "vpc/address"]);
    let operations = table(&sources, "privatelink/operations", &BTreeMap::new());
    let mut common = rpc_common(&sources);
    common.extend(codes(&one(&sources, "privatelink/refusal", "of_this_product").body, &BTreeMap::new()));
    common.extend(codes(&one(&sources, "privatelink/product", "check").body, &BTreeMap::new()));
    common.extend(codes(&one(&sources, "privatelink/refusal", "no_region").body, &BTreeMap::new()));
    common.remove("Forbidden.RAM");
    finished("Private links: services, endpoints, connections", Some("2020-04-15"), operations, common)
}

fn mns_open() -> Product {
    let sources = with_rpc(&["mns"]);
    let operations = table(&sources, "mns/open", &variants(&sources, "mns/error"));
    let common = rpc_common(&sources);
    finished("Message Service, the control plane (Mns-open)", Some("2022-01-19"), operations, common)
}

fn sts() -> Product {
    let sources = with_rpc(&["sts"]);
    let find = one(&sources, "sts", "find");
    let call = one(&sources, "sts", "call");
    let names = find.body.iter().filter_map(|token| if let Token::Text(name) = token { Some(name) } else { None });
    let operations = names.map(|name| {
        let root = arm(&call.body, name).unwrap_or_else(|| panic!("sts does not answer {name}"));
        operation(&sources, call, name, false, root, &BTreeMap::new())
    });
    let operations = operations.collect();
    let mut common = rpc_common(&sources);
    common.extend(codes(&one(&sources, "sts", "denial").body, &BTreeMap::new()));
    common.remove("Forbidden.RAM");
    finished("Security Token Service", Some("2015-04-01"), operations, common)
}

fn mns() -> Product {
    let sources = Sources::read(&["mns"]);
    let errors = variants(&sources, "mns/error");
    let bodies = [
        one(&sources, "mns/queue_requests", "perform"),
        one(&sources, "mns/topic_requests", "perform_on_topic"),
        one(&sources, "mns/service", "answer"),
    ];
    let is_write = &one(&sources, "mns/operation", "is_write").body;
    let operations = by_action(&sources, "mns/operation", &bodies, &errors, |variant| !mentions(is_write, variant));
    let common = common(&sources, &["mns/caller", "mns/operation", "mns/service"], &errors);
    finished("Message Service (SMQ), the XML API", None, operations, common)
}

fn oss() -> Product {
    let sources = Sources::read(&["oss"]);
    let errors = variants(&sources, "oss/error");
    let bodies = [one(&sources, "oss/service", "perform")];
    let is_write = &one(&sources, "oss/target", "is_write").body;
    let operations = by_action(&sources, "oss/target", &bodies, &errors, |variant| mentions(is_write, variant));
    let mut common = common(&sources, &["oss/caller", "oss/target", "oss/service"], &errors);
    common.extend(at_first(&sources, bodies[0], &errors));
    finished("Object Storage Service", None, operations, common)
}

fn fc() -> Product {
    let sources = with_rpc(&["fc"]);
    let none = BTreeMap::new();
    let bodies = [one(&sources, "fc/api", "perform")];
    let mut operations = by_action(&sources, "fc/api", &bodies, &none, |variant| variant == "Invoke");
    let http = one(&sources, "fc/web", "http_trigger");
    operations.push(operation(&sources, http, "(HTTP trigger)", true, &http.body, &none));
    let mut common = rpc_common(&sources);
    common.remove("Forbidden.RAM");
    common.extend(codes(&one(&sources, "fc/api", "handle").body, &none));
    common.extend(codes(&one(&sources, "fc/api", "ordered").body, &none));
    common.extend(codes(&one(&sources, "fc/api", "not_found").body, &none));
    finished("Function Compute, the management API and HTTP triggers", None, operations, common)
}

fn with_rpc(paths: &[&str]) -> Sources {
    Sources::read(&[paths, &RPC].concat())
}

fn one<'a>(sources: &'a Sources, module: &'a str, name: &'a str) -> &'a Function {
    sources.named(module, name).next().unwrap_or_else(|| panic!("{module} has no function {name}"))
}

/// What is common to all operations is said once.
fn finished(
    title: &'static str,
    version: Option<&'static str>,
    mut operations: Vec<Operation>,
    common: BTreeSet<String>,
) -> Product {
    for operation in &mut operations {
        operation.codes.retain(|code| !common.contains(code));
    }
    Product { title, version, operations, common }
}

fn operation(
    sources: &Sources,
    at: &Function,
    name: &str,
    writes: bool,
    root: &[Token],
    errors: &BTreeMap<String, String>,
) -> Operation {
    let bodies = sources.reach(at, root);
    Operation {
        name: name.to_owned(),
        writes,
        codes: bodies.iter().flat_map(|body| codes(body, errors)).collect(),
        waits: bodies.iter().flat_map(|body| waits(body)).collect(),
    }
}

/// The operations of a dispatch table: `read(.., "Name", place::function)`, `write(..)`.
fn table(sources: &Sources, module: &str, errors: &BTreeMap<String, String>) -> Vec<Operation> {
    let tokens = crate::coverage::source::file(module);
    let mut found = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        let Some(kind @ ("read" | "write")) = token.word() else { continue };
        let Some(end) = tokens[place..].iter().position(|token| *token == Token::Sign(')')) else { continue };
        let entry = &tokens[place..place + end + 1];
        let [.., Token::Word(of), Token::Sign(':'), Token::Sign(':'), Token::Word(function), _] = entry else {
            continue;
        };
        let Some(name) = entry.iter().find_map(|token| if let Token::Text(name) = token { Some(name) } else { None })
        else {
            continue;
        };
        let is_it = |known: &&Function| {
            let place = if of.starts_with(char::is_uppercase) {
                known.owner.as_deref()
            } else {
                known.module.rsplit('/').next()
            };
            known.name == *function && place == Some(of)
                || known.name == *function && known.module.contains(&format!("/{of}/")) && known.owner.is_none()
        };
        let run = sources.0.iter().find(is_it).unwrap_or_else(|| panic!("{module}: {name} has no {of}::{function}"));
        let mut operation = operation(sources, run, name, kind == "write", &run.body, errors);
        // What is said of the entry behind it, up to the next one.
        let rest = &tokens[place + end..];
        let next = rest.iter().position(|token| matches!(token.word(), Some("read" | "write"))).unwrap_or(rest.len());
        if rest[..next].iter().any(|token| token.word() == Some("once")) {
            operation.codes.extend(common(sources, &["rpc/once"], errors));
        }
        found.push(operation);
    }
    found
}

/// The operations of an enum whose `action` names each, and which the bodies answer in arms.
fn by_action(
    sources: &Sources,
    module: &str,
    bodies: &[&Function],
    errors: &BTreeMap<String, String>,
    writes: impl Fn(&str) -> bool,
) -> Vec<Operation> {
    let mut found: Vec<Operation> = Vec::new();
    for (variant, name) in named_variants(&one(sources, module, "action").body) {
        let answered = bodies.iter().find_map(|function| Some((*function, arm(&function.body, &variant)?)));
        let (at, root) = answered.unwrap_or_else(|| panic!("{module}: nobody answers {variant}"));
        found.push(operation(sources, at, &name, writes(&variant), root, errors));
    }
    found
}

/// `Self::Variant .. => "Name"` in a body.
fn named_variants(body: &[Token]) -> Vec<(String, String)> {
    let mut variant = None;
    let mut found = Vec::new();
    for (place, token) in body.iter().enumerate() {
        match token {
            Token::Word(word) if word.starts_with(char::is_uppercase) && word != "Self" && word != "None" => {
                variant = Some(word.clone());
            }
            Token::Text(name) if place > 0 && body[place - 1] == Token::Sign('>') => {
                found.extend(variant.take().map(|variant| (variant, name.clone())));
            }
            _ => {}
        }
    }
    found
}

/// The code of each variant of a product's error enum.
fn variants(sources: &Sources, module: &str) -> BTreeMap<String, String> {
    named_variants(&one(sources, module, "code").body).into_iter().collect()
}

fn common(sources: &Sources, modules: &[&str], errors: &BTreeMap<String, String>) -> BTreeSet<String> {
    let functions = sources.0.iter().filter(|function| modules.contains(&function.module.as_str()));
    let mut found: BTreeSet<String> = functions.flat_map(|function| codes(&function.body, errors)).collect();
    found.extend(errors.get("Internal").cloned());
    found
}

fn rpc_common(sources: &Sources) -> BTreeSet<String> {
    let mut found = common(sources, &["rpc/caller", "rpc/envelope", "rpc/service", "rpc/request"], &BTreeMap::new());
    for named in ["unknown_region", "unknown_action", "from"] {
        found.extend(sources.named("rpc/error", named).flat_map(|function| codes(&function.body, &BTreeMap::new())));
    }
    found
}

/// What a function that chooses among operations can refuse before it does.
fn at_first(sources: &Sources, at: &Function, errors: &BTreeMap<String, String>) -> BTreeSet<String> {
    sources.reach(at, before_match(&at.body)).iter().flat_map(|body| codes(body, errors)).collect()
}

fn mentions(body: &[Token], word: &str) -> bool {
    body.contains(&Token::Word(word.to_owned()))
}

/// The error codes that a body writes down: as the first argument of what makes a refusal, behind a status, as the value of
/// a block, or as a variant of the product's error enum.
fn codes(body: &[Token], errors: &BTreeMap<String, String>) -> BTreeSet<String> {
    const MAKERS: [&str; 8] =
        ["bad", "missing", "forbidden", "denied", "wrong_status", "refuse", "refuse_token", "in_use"];
    // Other words are values of blocks too.
    const OF_BLOCKS: [&str; 4] = ["Forbidden", "Incorrect", "Invalid", "NoPermission"];
    let before = |place: usize, back: usize| place.checked_sub(back).and_then(|place| body.get(place));
    let word = |place: usize, back: usize| before(place, back).and_then(Token::word).unwrap_or_default();
    let is = |place: usize, back: usize, sign: char| before(place, back) == Some(&Token::Sign(sign));
    let mut found = BTreeSet::new();
    for (place, token) in body.iter().enumerate() {
        match token {
            Token::Text(text) if looks_like_code(text) => {
                let is_first = is(place, 1, '(') && MAKERS.contains(&word(place, 2));
                let after_status = is(place, 1, ',') && (2..7).any(|back| word(place, back) == "StatusCode");
                let is_block = is(place, 1, '{') && OF_BLOCKS.iter().any(|begin| text.starts_with(begin));
                if is_first || after_status || is_block {
                    found.insert(text.clone());
                }
            }
            Token::Text(text) if is(place, 2, '!') && MAKERS.contains(&word(place, 5)) => {
                let (head, _) = text.split_once('{').unwrap_or((text, ""));
                if looks_like_code(head.trim_end_matches('.')) && head.ends_with('.') {
                    found.insert(format!("{head}*"));
                }
            }
            Token::Word(variant) if is(place, 1, ':') && matches!(word(place, 3), "MnsError" | "OssError") => {
                found.extend(errors.get(variant).cloned());
            }
            _ => {}
        }
    }
    found
}

fn looks_like_code(text: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|sign: char| sign.is_ascii_uppercase())
            && part.bytes().all(|sign| sign.is_ascii_alphanumeric())
    };
    text.split('.').all(part)
}

/// The changes that a body begins: `begin(Wait::X)`, or `Some(Wait::X)` that is no pattern.
fn waits(body: &[Token]) -> Vec<String> {
    let is = |place: usize, word: &str| body.get(place) == Some(&Token::Word(word.to_owned()));
    let sign = |place: usize, sign: char| body.get(place) == Some(&Token::Sign(sign));
    let mut found = Vec::new();
    for place in 2..body.len().saturating_sub(4) {
        if is(place, "Wait") && sign(place + 1, ':') && sign(place - 1, '(') {
            let Token::Word(name) = &body[place + 3] else { continue };
            let is_pattern = sign(place + 5, '=') && sign(place + 6, '>');
            if is(place - 2, "begin") || is(place - 2, "Some") && !is_pattern {
                found.push(name.clone());
            }
        }
    }
    found
}
