//! The API's own description.

use connection::spec::Spec;
use serde_json::{Value, json};

/// The OpenAPI 3.1 document.
#[must_use]
pub fn document() -> Value {
    let mut spec = Spec::json_schema();
    let mut schemas = spec
        .as_object_mut()
        .and_then(|schema| schema.remove("$defs"))
        .and_then(|definitions| definitions.as_object().cloned())
        .unwrap_or_default();
    schemas.insert("Spec".to_owned(), spec);
    schemas.insert("Problem".to_owned(), problem());
    schemas.insert("Connection".to_owned(), connection());
    schemas.insert("Summary".to_owned(), summary());
    let schemas = relocated(Value::Object(schemas));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Causeway",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Joins private networks that belong to different owners. Post a connection and follow it until it is active.",
        },
        "security": [{"standardWebhooks": []}, {"bearer": []}],
        "paths": {
            "/v1/connections": {
                "post": {
                    "operationId": "createConnection",
                    "summary": "Ask for a connection",
                    "description": "Everything is checked before anything is made. The answer comes at once; follow the Location.",
                    "parameters": [{
                        "name": "Idempotency-Key", "in": "header", "required": false,
                        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
                        "description": "Makes a repeated request harmless: the same key and body give the same connection; the same key with another body is refused.",
                    }],
                    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Spec"}}}},
                    "responses": responses(&[("202", "Accepted; Location leads to the connection", "Summary"), ("400", "The body does not read", "Problem"), ("409", "The name is taken", "Problem"), ("413", "The body is too large", "Problem"), ("422", "It cannot be done; errors lists every reason", "Problem")]),
                },
                "get": {
                    "operationId": "listConnections",
                    "summary": "List connections by name",
                    "parameters": [
                        {"name": "after", "in": "query", "schema": {"type": "string"}, "description": "List only names after this one"},
                        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}},
                    ],
                    "responses": responses(&[("200", "A page; next names the last one if there are more", "Page")]),
                },
            },
            "/v1/connections/{name}": {
                "parameters": [name_parameter()],
                "get": {
                    "operationId": "getConnection", "summary": "Show one connection with its history",
                    "responses": responses(&[("200", "The connection", "Connection"), ("404", "There is no such connection", "Problem")]),
                },
                "delete": {
                    "operationId": "removeConnection", "summary": "Undo everything that was made for the connection",
                    "responses": responses(&[("202", "Removal begins, or is under way or done already", "Summary"), ("404", "There is no such connection", "Problem")]),
                },
            },
            "/v1/connections/{name}/retry": {
                "parameters": [name_parameter()],
                "post": {
                    "operationId": "retryConnection", "summary": "Go on with a failed, stuck or rolled-back connection",
                    "responses": responses(&[("202", "It goes on", "Summary"), ("404", "There is no such connection", "Problem"), ("409", "There is nothing to retry", "Problem")]),
                },
            },
            "/openapi.json": {"get": {"operationId": "openApi", "summary": "This document", "security": [], "responses": {"200": {"description": "OpenAPI 3.1"}}}},
        },
        "components": {
            "securitySchemes": {
                "standardWebhooks": {"type": "apiKey", "in": "header", "name": "webhook-signature", "description": "Standard Webhooks: webhook-id, webhook-timestamp and webhook-signature (v1). Each id counts once."},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
            "schemas": schemas,
        },
    })
}

fn name_parameter() -> Value {
    json!({"name": "name", "in": "path", "required": true, "schema": {"$ref": "#/components/schemas/ConnectionName"}})
}

fn responses(rows: &[(&str, &str, &str)]) -> Value {
    let common = [
        ("401", "Not authenticated, or seen before", "Problem"),
        ("429", "Too many requests", "Problem"),
        ("503", "Something behind the webhook does not answer; try again", "Problem"),
    ];
    let all = rows.iter().chain(&common).map(|(status, description, schema)| {
        let media = if *schema == "Problem" { "application/problem+json" } else { "application/json" };
        let schema = match *schema {
            "Page" => json!({"type": "object", "required": ["connections"], "properties": {
                "connections": {"type": "array", "items": {"$ref": "#/components/schemas/Summary"}},
                "next": {"type": "string"},
            }}),
            named => json!({"$ref": format!("#/components/schemas/{named}")}),
        };
        ((*status).to_owned(), json!({"description": description, "content": {media: {"schema": schema}}}))
    });
    Value::Object(all.collect())
}

fn problem() -> Value {
    json!({
        "type": "object", "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"},
            "errors": {"type": "array", "items": {"type": "object", "required": ["pointer", "detail"], "properties": {
                "pointer": {"type": "string", "description": "JSON pointer to the field"}, "detail": {"type": "string"},
            }}},
        },
    })
}

fn phase() -> Value {
    json!({"type": "string", "enum": ["applying", "active", "rolling-back", "rolled-back", "removing", "removed", "failed", "stuck"]})
}

fn summary() -> Value {
    json!({
        "type": "object", "required": ["name", "kind", "phase", "step", "generation", "created_at", "updated_at"],
        "properties": {
            "name": {"type": "string"}, "kind": {"type": "string"}, "phase": phase(), "step": {"type": "string"},
            "generation": {"type": "integer"},
            "created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"},
            "waiting": {"type": "object", "properties": {"why": {"type": "string"}, "times": {"type": "integer"}}},
        },
    })
}

fn connection() -> Value {
    json!({
        "allOf": [{"$ref": "#/components/schemas/Summary"}, {"type": "object", "properties": {
            "spec": {"$ref": "#/components/schemas/Spec"},
            "sides": {"type": "object", "description": "By side: account, network, and the ids of what was made"},
            "history": {"type": "array", "items": {"type": "object"}},
            "stop": {"type": "object", "description": "While failed or stuck: step, side, what, call (action, code, request_id), advice, since, age_seconds, to_go_on, to_give_up"},
            "cause": {"type": "object", "description": "Why it was rolled back; like stop"},
        }}],
    })
}

/// Points the references of the generated schema to where OpenAPI keeps schemas.
fn relocated(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            for (key, field) in fields.iter_mut() {
                match field {
                    Value::String(text) if key == "$ref" => *text = text.replace("#/$defs/", "#/components/schemas/"),
                    _ => *field = relocated(field.take()),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = relocated(item.take())),
        _ => {}
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_to_a_schema_that_is_there() {
        let document = document();
        let mut open = vec![&document];
        let mut references = 0;
        while let Some(value) = open.pop() {
            match value {
                Value::Object(fields) => {
                    if let Some(Value::String(reference)) = fields.get("$ref") {
                        let pointer = reference.trim_start_matches('#');
                        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
                        references += 1;
                    }
                    open.extend(fields.values());
                }
                Value::Array(items) => open.extend(items),
                _ => {}
            }
        }
        assert!(references > 10);
    }
}
