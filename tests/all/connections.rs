//! docs/connections.md says what the JSON Schema says, and its examples are connections.
//!
//! The tables between the page's two markers are written from the schema: `CAUSEWAY_WRITE=1 cargo test -p causeway-tests
//! --test all connections::`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use connection::spec::Spec;
use connection::words::Kind;
use serde_json::Value;

const BEGIN: &str = "<!-- fields -->\n";
const END: &str = "<!-- /fields -->\n";

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/connections.md")
}

fn page() -> String {
    std::fs::read_to_string(path()).expect("the page is there")
}

/// The tables, as the schema has them.
fn tables() -> String {
    let schema = Spec::json_schema();
    let mut out = String::new();
    table(&mut out, "Every connection", &schema, &schema);
    let kinds = schema["oneOf"].as_array().expect("the schema tells kinds apart");
    for kind in kinds {
        let name = kind["properties"]["kind"]["const"].as_str().expect("a kind has a name");
        table(&mut out, &format!("Kind `{name}`"), kind, &schema);
    }
    table(&mut out, "A side (`initiator`, `acceptor`)", &schema["$defs"]["VpcSide"], &schema);
    table(&mut out, "A rule of `security_groups`", &schema["$defs"]["GroupRule"], &schema);
    table(&mut out, "A side on JD Cloud", &schema["$defs"]["JdSide"], &schema);
    table(&mut out, "A rule of `security_groups` on JD Cloud", &schema["$defs"]["JdGroupRule"], &schema);
    for (title, definition) in [
        ("`consumer` of a private link", "ConsumerSide"),
        ("A zone of `zones`", "EndpointZone"),
        ("`provider` of a private link", "ProviderSide"),
        ("`load_balancer.create`", "CreateBalancer"),
        ("`load_balancer.existing`", "ExistingBalancer"),
        ("`listener` of a load balancer", "ListenerSpec"),
        ("`health_check` of a load balancer", "HealthCheckSpec"),
        ("A server of `backends`", "Backend"),
        ("`service` of the provider", "ServiceSpec"),
        ("`probe` of a private link", "Probe"),
    ] {
        table(&mut out, title, &schema["$defs"][definition], &schema);
    }
    out
}

fn table(out: &mut String, title: &str, object: &Value, schema: &Value) {
    let required: Vec<&Value> = object["required"].as_array().into_iter().flatten().collect();
    write!(out, "\n### {title}\n\n| field | | what |\n| --- | --- | --- |\n").expect("a string takes it");
    for (name, field) in object["properties"].as_object().expect("an object has fields") {
        let must = if required.iter().any(|one| *one == name) { "required" } else { "" };
        let what = if name == "kind" { "This word.".to_owned() } else { in_words(field, schema) };
        writeln!(out, "| `{name}` | {must} | {what} |").expect("a string takes it");
    }
}

/// A field's description and the words that it takes.
fn in_words(field: &Value, schema: &Value) -> String {
    let described = field["description"].as_str().unwrap_or_default();
    let target = resolved(field, schema);
    let mut text = if described.is_empty() { target["description"].as_str().unwrap_or_default() } else { described }
        .replace('\n', " ");
    let choices = ["oneOf", "anyOf"].into_iter().filter_map(|list| target[list].as_array()).flatten();
    for choice in choices {
        let said = choice["description"].as_str().unwrap_or_default().replace('\n', " ");
        if let Some(word) = choice["const"].as_str() {
            write!(text, " `{word}`: {said}").expect("a string takes it");
        } else if choice["type"] == "array" {
            write!(text, " A list of ids: {}", said.to_lowercase()).expect("a string takes it");
        } else if let Some(inner) = choice["properties"].as_object() {
            for (name, object) in inner {
                let fields = object["properties"].as_object().into_iter().flatten();
                let fields: Vec<_> =
                    fields.map(|(name, field)| format!("`{name}` ({})", in_words(field, schema))).collect();
                // What has a name of its own has a table of its own.
                let fields = if fields.is_empty() { String::new() } else { format!(" Fields: {}.", fields.join(", ")) };
                write!(text, " `{{\"{name}\": {{…}}}}`: {said}{fields}").expect("a string takes it");
            }
        }
    }
    text
}

/// What a field refers to; a field that may be null counts as what it is otherwise.
fn resolved<'a>(field: &'a Value, schema: &'a Value) -> &'a Value {
    let alternatives = field["anyOf"].as_array().into_iter().flatten();
    let mut references = std::iter::once(field).chain(alternatives).filter_map(|one| one["$ref"].as_str());
    let name = references.next().and_then(|reference| reference.strip_prefix("#/$defs/"));
    name.map_or(field, |name| &schema["$defs"][name])
}

/// The page with its tables as they should be.
fn renewed(page: &str) -> String {
    let (head, rest) = page.split_once(BEGIN).expect("the page has its first marker");
    let (_, tail) = rest.split_once(END).expect("the page has its second marker");
    format!("{head}{BEGIN}{}\n{END}{tail}", tables())
}

/// The blocks of JSON on the page.
fn examples(page: &str) -> Vec<Value> {
    let blocks = page.split("```json\n").skip(1).filter_map(|rest| rest.split_once("\n```"));
    blocks.map(|(text, _)| serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))).collect()
}

#[test]
fn the_tables_of_the_page_are_the_schema() {
    let page = page();
    let renewed = renewed(&page);
    if std::env::var_os("CAUSEWAY_WRITE").is_some() {
        std::fs::write(path(), renewed).expect("the page can be written");
    } else {
        assert!(page == renewed, "stale: CAUSEWAY_WRITE=1 cargo test -p causeway-tests --test all connections::");
    }
}

#[test]
fn every_example_of_the_page_is_a_connection_and_every_kind_has_one() {
    let mut kinds = Vec::new();
    for example in examples(&page()) {
        let spec = Spec::from_value(example.clone()).unwrap_or_else(|problems| panic!("{problems:?}: {example:#}"));
        kinds.push(spec.kind());
    }
    assert!(Kind::ALL.iter().all(|kind| kinds.contains(kind)), "{kinds:?}");
}

#[test]
fn a_field_that_is_missing_on_the_page_is_found() {
    let page = page();
    let without = page.replacen("| `adopt_routes` |", "| `adopt` |", 1);
    assert!(without != page && renewed(&without) != without);
}
