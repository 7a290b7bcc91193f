//! The OpenAPI 3.1 document, made of the table of routes.

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::problem::{Problem, ProblemKind};
use crate::route::{Body, COMMON, Route, path_schema, routes};

const SCHEMAS: &str = "#/components/schemas/";
/// What a schema is called that a request has in another form than an answer, as where a field has a default.
const OF_REQUEST: &str = "Input";

/// The OpenAPI 3.1 document.
#[must_use]
pub fn document() -> Value {
    let settings =
        || SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = "/components/schemas".into());
    let (mut requests, mut answers) =
        (settings().for_deserialize().into_generator(), settings().for_serialize().into_generator());
    let mut paths = Map::new();
    for route in routes() {
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        item[route.method.as_str().to_ascii_lowercase()] = operation(route, &mut requests, &mut answers);
    }
    answers.subschema_for::<Problem>();
    let (requests, mut schemas) = (requests.take_definitions(true), answers.take_definitions(true));
    let differs = |(name, schema): &(&String, &Value)| schemas.get(*name).is_some_and(|known| known != *schema);
    let differing = requests.iter().filter(differs).map(|(name, _)| name.clone()).collect();
    // Whatever leads to a schema that differs differs too. Those that no answer has keep their name.
    let (own, alone): (BTreeSet<String>, BTreeSet<String>) =
        leading_to(differing, &requests).into_iter().partition(|name| schemas.contains_key(name));
    for (name, schema) in requests {
        let name = if own.contains(&name) { format!("{name}{OF_REQUEST}") } else { name };
        schemas.insert(name, schema);
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Causeway",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Joins private networks that belong to different owners. Post a connection and follow it until it is active. A path that exists answers 405 with Allow to any other method. A gateway in front of the webhook may answer with a status of its own, such as 502, and then without problem+json.",
        },
        "security": [{"standardWebhooks": []}, {"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "standardWebhooks": {
                    "type": "apiKey", "in": "header", "name": "webhook-signature",
                    "description": "Standard Webhooks: webhook-id, webhook-timestamp and webhook-signature (v1). The id ends with `_` and the hexadecimal SHA-256 of method, space, path and query; without that it is taken for POST / only. The same id again is the same request again and gets the same answer.",
                },
                "bearer": {"type": "http", "scheme": "bearer"},
            },
            "schemas": schemas,
        },
    });
    point_requests_to_their_own(&mut document, &own, &alone);
    close(&mut document["components"]["schemas"]);
    document
}

fn operation(route: &Route, requests: &mut SchemaGenerator, answers: &mut SchemaGenerator) -> Value {
    let mut operation = json!({
        "operationId": route.id, "summary": route.summary,
        "parameters": parameters(route, requests), "responses": responses(route, answers),
    });
    let role = if route.is_open { String::new() } else { format!("Takes the role {}.", route.needs.roles()) };
    let description =
        [route.description, &role].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
    if !description.is_empty() {
        operation["description"] = json!(description);
    }
    if let Some(Body { is_required, schema }) = route.body {
        let schema = schema(requests);
        operation["requestBody"] =
            json!({"required": is_required, "content": {"application/json": {"schema": schema}}});
    }
    if route.is_open {
        operation["security"] = json!([]);
    }
    operation
}

fn parameters(route: &Route, generator: &mut SchemaGenerator) -> Vec<Value> {
    let names = route.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let mut all: Vec<Value> = names
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": path_schema(name, generator)}))
        .collect();
    all.extend(route.parameters.iter().map(|parameter| {
        let schema = (parameter.schema)(generator);
        json!({"name": parameter.name, "in": parameter.place, "description": parameter.description, "schema": schema})
    }));
    all
}

fn responses(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut all = Map::new();
    for answer in &route.answers {
        let schema = answer.schema.map_or_else(document_schema, |schema| schema(generator));
        let mut response =
            json!({"description": answer.description, "content": {"application/json": {"schema": schema}}});
        // A dry run has neither. A request that was answered before has no Location.
        for (name, what, is_there) in [
            ("Location", "Leads to what was begun", answer.has_location),
            ("ETag", "The hash, in double quotes", answer.has_etag),
        ] {
            if is_there {
                response["headers"][name] = json!({"description": what, "schema": {"type": "string"}});
            }
        }
        all.insert(answer.status.to_string(), response);
    }
    let of_open: &[ProblemKind] = &[ProblemKind::BadParameter, ProblemKind::TooManyRequests];
    let common = if route.is_open { of_open } else { COMMON };
    let mut kinds: Vec<ProblemKind> = route.problems.iter().chain(common).copied().collect();
    if !route.has_dry_run() {
        kinds.push(ProblemKind::NoDryRun);
    }
    let statuses: BTreeSet<u16> = kinds.iter().map(|kind| kind.status()).collect();
    for status in statuses {
        let of_status = kinds.iter().filter(|kind| kind.status() == status);
        let titles: Vec<String> = of_status.map(|kind| format!("{} ({})", kind.title(), kind.slug())).collect();
        let schema = json!({"$ref": format!("{SCHEMAS}Problem")});
        let mut response =
            json!({"description": titles.join("; "), "content": {"application/problem+json": {"schema": schema}}});
        let header = match status {
            401 => Some(("WWW-Authenticate", json!({"type": "string"}))),
            412 => Some(("ETag", json!({"type": "string"}))),
            429 | 503 => Some(("Retry-After", json!({"type": "integer", "minimum": 1}))),
            _ => None,
        };
        if let Some((name, schema)) = header {
            response["headers"] = json!({name: {"schema": schema}});
        }
        all.insert(status.to_string(), response);
    }
    Value::Object(all)
}

/// The schema of this document: that of OpenAPI itself.
fn document_schema() -> Schema {
    schemars::json_schema!({"$ref": "https://spec.openapis.org/oas/3.1/schema/2022-10-07"})
}

/// `own`, and every schema of `all` that leads to one of them.
fn leading_to(mut own: BTreeSet<String>, all: &Map<String, Value>) -> BTreeSet<String> {
    loop {
        let more: Vec<String> = all
            .iter()
            .filter(|(name, schema)| !own.contains(*name) && references(schema).iter().any(|name| own.contains(name)))
            .map(|(name, _)| name.clone())
            .collect();
        if more.is_empty() {
            return own;
        }
        own.extend(more);
    }
}

/// The names of the schemas that a value refers to.
fn references(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    visit(value, &mut |value| {
        let name = value.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix(SCHEMAS));
        found.extend(name.map(str::to_owned));
    });
    found
}

fn visit<'a>(value: &'a Value, see: &mut impl FnMut(&'a Value)) {
    see(value);
    match value {
        Value::Object(fields) => fields.values().for_each(|field| visit(field, see)),
        Value::Array(items) => items.iter().for_each(|item| visit(item, see)),
        _ => {}
    }
}

fn visit_mut(value: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            change(fields);
            fields.values_mut().for_each(|field| visit_mut(field, change));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| visit_mut(item, change)),
        _ => {}
    }
}

/// Requests refer to those schemas that they have in another form by the name of that form.
fn point_requests_to_their_own(document: &mut Value, own: &BTreeSet<String>, alone: &BTreeSet<String>) {
    let mut redirect = |fields: &mut Map<String, Value>| {
        if let Some(Value::String(reference)) = fields.get_mut("$ref")
            && reference.strip_prefix(SCHEMAS).is_some_and(|name| own.contains(name))
        {
            reference.push_str(OF_REQUEST);
        }
    };
    for item in document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
            visit_mut(&mut operation["parameters"], &mut redirect);
            if let Some(body) = operation.get_mut("requestBody") {
                visit_mut(body, &mut redirect);
            }
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
        if alone.contains(name) || name.strip_suffix(OF_REQUEST).is_some_and(|name| own.contains(name)) {
            visit_mut(schema, &mut redirect);
        }
    }
}

/// Closes every object: what it does not name it does not have. A schema that is only a part of others stays open, and those
/// are closed as a whole.
fn close(schemas: &mut Value) {
    let parts = parts(schemas);
    for (name, schema) in schemas.as_object_mut().into_iter().flatten() {
        close_one(schema, parts.contains(name));
    }
}

/// The names of the schemas that are a part of others.
fn parts(schemas: &Value) -> BTreeSet<String> {
    let mut parts = BTreeSet::new();
    visit(schemas, &mut |value| {
        if let Some(fields) = value.as_object().filter(|fields| fields.contains_key("properties")) {
            let of_same = parts_of(fields).map(|part| &part["$ref"]).chain(fields.get("$ref"));
            parts.extend(of_same.filter_map(|name| name.as_str()?.strip_prefix(SCHEMAS).map(str::to_owned)));
        }
    });
    parts
}

/// The schemas that say more of the very same object.
fn parts_of(fields: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|key| fields.get(key)).filter_map(Value::as_array).flatten()
}

fn close_one(schema: &mut Value, is_part: bool) {
    let Value::Object(fields) = schema else { return };
    let is_object = fields.contains_key("properties") || fields.get("type").is_some_and(|kind| kind == "object");
    let has_parts =
        fields.contains_key("$ref") || ["allOf", "anyOf", "oneOf"].iter().any(|key| fields.contains_key(*key));
    if is_object && is_part {
        fields
            .remove("additionalProperties")
            .filter(|more| *more != false)
            .map(|more| fields.insert("additionalProperties".to_owned(), more));
    } else if is_object && has_parts {
        fields.remove("additionalProperties");
        fields.insert("unevaluatedProperties".to_owned(), json!(false));
    } else if is_object && !fields.contains_key("additionalProperties") && !fields.contains_key("unevaluatedProperties")
    {
        fields.insert("additionalProperties".to_owned(), json!(false));
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        for part in fields.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            close_one(part, is_part || is_object);
        }
    }
    for field in fields.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        close_one(field, false);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = fields.get_mut(key) {
            close_one(inner, false);
        }
    }
}

#[cfg(test)]
mod tests;
