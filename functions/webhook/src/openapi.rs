//! The API's own description.

use approval::policy::Policy;
use connection::finding::FindingKind;
use connection::finding::Severity;
use connection::record::Phase;
use connection::spec::Spec;
use connection::words::Kind;
use notice::delivery::Status;
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
    schemas.insert("Plan".to_owned(), plan());
    let mut policy = Policy::json_schema();
    if let Some(Value::Object(definitions)) = policy.as_object_mut().and_then(|schema| schema.remove("$defs")) {
        schemas.extend(definitions);
    }
    schemas.insert("ApprovalPolicy".to_owned(), policy);
    schemas.insert("StoredPolicy".to_owned(), stored_policy());
    schemas.insert("Decision".to_owned(), decision());
    schemas.insert("Decisions".to_owned(), decisions());
    schemas.insert("DecisionLog".to_owned(), decision_log());
    schemas.insert("DriftCheck".to_owned(), drift_check());
    schemas.insert("Drift".to_owned(), drift());
    schemas.insert("Notice".to_owned(), notice());
    schemas.insert("Notices".to_owned(), notices());
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
                    "parameters": [dry_run_parameter(), {
                        "name": "Idempotency-Key", "in": "header", "required": false,
                        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
                        "description": "Makes a repeated request harmless: the same key and body give the same connection; the same key with another body is refused.",
                    }],
                    "requestBody": spec_body(),
                    "responses": responses(&[("200", "What would be made, for a dry run", "Plan"), ("202", "Accepted; Location leads to the connection", "Summary"), ("400", "The body does not read", "Problem"), ("409", "The name is taken", "Problem"), ("413", "The body is too large", "Problem"), ("422", "It cannot be done; errors lists every reason", "Problem")]),
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
                "put": {
                    "operationId": "changeConnection", "summary": "Put another spec in the place of the connection's",
                    "description": "The connection moves to its next generation with the least change. Where the VPCs lie cannot change; the kind only from router-interface to vpc-peering with migrate: true.",
                    "parameters": [dry_run_parameter()],
                    "requestBody": spec_body(),
                    "responses": responses(&[("200", "What would change, for a dry run", "Plan"), ("202", "The change begins, or there is nothing to change", "Summary"), ("400", "The body does not read", "Problem"), ("404", "There is no such connection", "Problem"), ("409", "Its state does not allow a change now", "Problem"), ("422", "It cannot be done; errors lists every reason", "Problem")]),
                },
                "delete": {
                    "operationId": "removeConnection", "summary": "Undo everything that was made for the connection",
                    "parameters": [dry_run_parameter()],
                    "responses": responses(&[("200", "What would be undone, for a dry run", "Plan"), ("202", "Removal begins, or is under way or done already", "Summary"), ("404", "There is no such connection", "Problem")]),
                },
            },
            "/v1/connections/{name}/retry": wish("retryConnection", "Go on with a failed, stuck or rolled-back connection"),
            "/v1/connections/{name}/pause": wish("pauseConnection", "Switch an active connection off and keep everything that was made"),
            "/v1/connections/{name}/resume": wish("resumeConnection", "Switch a paused connection on again; of a failed, stuck or rolled-back one, go on"),
            "/v1/connections/{name}/abandon": wish("abandonConnection", "Give up a failed or stuck connection; what was made stays, and the name is free"),
            "/v1/approvals": {"get": {
                "operationId": "listApprovals",
                "summary": "What was decided of endpoints, what waits, and what would be cut",
                "parameters": [
                    {"name": "after", "in": "query", "schema": {"type": "string"}, "description": "List only endpoints after this one: SERVICE/ENDPOINT, as next gives it"},
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}},
                ],
                "responses": responses(&[("200", "A page", "Decisions"), ("400", "A parameter does not read", "Problem")]),
            }},
            "/v1/approvals/{service}/{endpoint}": {
                "parameters": [endpoint_parameter("service"), endpoint_parameter("endpoint")],
                "get": {
                    "operationId": "getApproval", "summary": "The whole log of one endpoint",
                    "responses": responses(&[("200", "The log", "DecisionLog"), ("404", "There is no such endpoint", "Problem")]),
                },
                "post": {
                    "operationId": "decide", "summary": "Say what shall become of an endpoint",
                    "description": "Recorded with the name of the secret or token that lets the request in. A rejection is never overruled by the policy; an approval is, by rules that reject.",
                    "requestBody": {"required": true, "content": {"application/json": {"schema": {
                        "type": "object", "required": ["decision", "reason"], "additionalProperties": false,
                        "properties": {
                            "decision": {"type": "string", "enum": ["approve", "reject", "hold"]},
                            "reason": {"type": "string", "minLength": 1, "maxLength": 500},
                        },
                    }}}},
                    "responses": responses(&[("202", "Recorded, and on its way", "Decision"), ("400", "The body does not read", "Problem"), ("404", "There is no such endpoint", "Problem")]),
                },
            },
            "/v1/approval-policy": {
                "get": {
                    "operationId": "getApprovalPolicy", "summary": "The policy in force",
                    "responses": responses(&[("200", "The policy", "StoredPolicy"), ("404", "There is none yet", "Problem")]),
                },
                "put": {
                    "operationId": "putApprovalPolicy", "summary": "Put a policy in force",
                    "description": "Every version is kept. One that does not read changes nothing.",
                    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ApprovalPolicy"}}}},
                    "responses": responses(&[("200", "It is in force", "StoredPolicy"), ("400", "It does not read; errors says where", "Problem")]),
                },
            },
            "/v1/drift-checks": {"post": {
                "operationId": "beginDriftCheck", "summary": "Compare connections with the cloud",
                "description": "Of one connection, of those that carry all of these labels, or of everything. Only reads; follow the Location.",
                "requestBody": {"required": false, "content": {"application/json": {"schema": {
                    "type": "object", "additionalProperties": false, "maxProperties": 1,
                    "properties": {
                        "connection": {"$ref": "#/components/schemas/ConnectionName"},
                        "labels": {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}},
                    },
                }}}},
                "responses": responses(&[("202", "It is under way", "DriftCheck"), ("400", "The body does not read", "Problem"), ("404", "There is no such connection", "Problem")]),
            }},
            "/v1/drift-checks/{id}": {
                "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
                "get": {
                    "operationId": "getDriftCheck", "summary": "How far a check is, or what it came to",
                    "responses": responses(&[("200", "The check", "DriftCheck"), ("404", "There is no such check; they stay for a day", "Problem")]),
                },
            },
            "/v1/drift": {"get": {
                "operationId": "listDrift", "summary": "What differs from what was promised, by connection and account",
                "parameters": [
                    {"name": "connection", "in": "query", "schema": {"$ref": "#/components/schemas/ConnectionName"}},
                    {"name": "severity", "in": "query", "schema": {"type": "string", "enum": Severity::ALL}, "description": "Only what is at least as bad"},
                    {"name": "after", "in": "query", "schema": {"type": "string"}, "description": "As next gives it"},
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}},
                ],
                "responses": responses(&[("200", "A page; next leads to more", "Drift"), ("400", "A parameter does not read", "Problem")]),
            }},
            "/v1/drift/{name}/repair": {
                "parameters": [name_parameter(), dry_run_parameter()],
                "post": {
                    "operationId": "repairDrift", "summary": "Approve the plan of a connection's repair",
                    "description": "Recorded with the name of the secret or token that lets the request in. Refused while changes are frozen, and when what was found is so no more.",
                    "responses": responses(&[("200", "What would be done, for a dry run", "Plan"), ("202", "It is on its way", "Summary"), ("404", "There is no such connection", "Problem"), ("409", "There is no plan that fits", "Problem")]),
                },
            },
            "/v1/notices": {"get": {
                "operationId": "listNotices", "summary": "What people were told, the newest first",
                "description": "Events of the last 90 days, with how far each has got with each sink. A page may be short, or empty, and yet have a next one.",
                "parameters": [
                    {"name": "status", "in": "query", "schema": notice_status(), "description": "Only deliveries that are so"},
                    {"name": "sink", "in": "query", "schema": {"type": "string"}, "description": "Only deliveries to this sink"},
                    {"name": "after", "in": "query", "schema": {"type": "string"}, "description": "As next gives it"},
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}},
                ],
                "responses": responses(&[("200", "A page; next leads to older ones", "Notices"), ("400", "A parameter does not read", "Problem")]),
            }},
            "/v1/notices/{id}": {
                "parameters": [event_parameter()],
                "get": {
                    "operationId": "getNotice", "summary": "One event, with all its deliveries",
                    "responses": responses(&[("200", "The event", "Notice"), ("404", "There is no such event", "Problem")]),
                },
            },
            "/v1/notices/{id}/redeliver": {
                "parameters": [event_parameter(), {"name": "sink", "in": "query", "schema": {"type": "string"}, "description": "Only to this sink; to all that it was given up for unless named"}],
                "post": {
                    "operationId": "redeliverNotice", "summary": "Send an event again that was given up",
                    "description": "Begins anew with the sinks that it was given up for, under the same id. Recorded with the name of the secret or token that lets the request in. What is on its way is left alone.",
                    "responses": responses(&[("202", "It is on its way", "Notice"), ("400", "A parameter does not read", "Problem"), ("404", "There is no such event, or it was never meant for this sink", "Problem"), ("409", "Nothing of it was given up, or nobody could be told", "Problem")]),
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

fn endpoint_parameter(name: &str) -> Value {
    json!({"name": name, "in": "path", "required": true, "schema": {"type": "string", "pattern": "^[A-Za-z0-9-]{1,64}$"}})
}

fn stored_policy() -> Value {
    json!({
        "type": "object", "required": ["revision", "hash", "put_by", "put_at", "policy"],
        "properties": {
            "revision": {"type": "integer"}, "hash": {"type": "string"}, "put_by": {"type": "string"},
            "put_at": {"type": "string", "format": "date-time"},
            "policy": {"$ref": "#/components/schemas/ApprovalPolicy"},
        },
    })
}

fn decision() -> Value {
    json!({
        "type": "object", "required": ["service_id", "endpoint_id", "sequence", "at", "actor", "event", "standing", "hash"],
        "properties": {
            "service_id": {"type": "string"}, "endpoint_id": {"type": "string"},
            "sequence": {"type": "integer"}, "at": {"type": "string", "format": "date-time"},
            "actor": {"description": "policy, or a person by name"},
            "event": {"type": "object", "description": "what: decided, said, intended, asked, done, failed or dropped; with verdict or word"},
            "standing": {"type": "object", "description": "What the log comes to"},
            "hash": {"type": "string"},
        },
    })
}

fn decisions() -> Value {
    let many = |what: &str| json!({"type": "array", "items": {"type": "object"}, "description": what});
    json!({
        "type": "object", "required": ["decisions"],
        "properties": {
            "decisions": {"type": "array", "items": {"$ref": "#/components/schemas/Decision"}},
            "next": {"type": "string"},
            "swept_at": {"type": ["string", "null"], "format": "date-time", "description": "On the first page: when the sweep looked last"},
            "policy": {"type": ["object", "null"], "description": "On the first page: hash and mode of the policy it went by"},
            "waiting": many("On the first page: endpoints that are not connected, and why"),
            "findings": many("On the first page: connected endpoints that no longer pass, will not for long, or were never decided on; cut_after says when one may be cut"),
            "troubles": {"type": "array", "items": {"type": "string"}, "description": "On the first page: what kept the sweep from seeing or doing more"},
        },
    })
}

fn decision_log() -> Value {
    json!({
        "type": "object", "required": ["service_id", "endpoint_id", "entries", "broken"],
        "properties": {
            "service_id": {"type": "string"}, "endpoint_id": {"type": "string"},
            "entries": {"type": "array", "items": {"$ref": "#/components/schemas/Decision"}},
            "broken": {"type": ["string", "null"], "description": "What is wrong with the log, if anything"},
            "waiting": {"type": "object"}, "finding": {"type": "object"},
        },
    })
}

fn drift_check() -> Value {
    let number = |what: &str| json!({"type": "integer", "description": what});
    json!({
        "type": "object", "required": ["id", "scope", "asked_by", "at", "status"],
        "properties": {
            "id": {"type": "string"}, "scope": {"description": "all, or an object with labels or connection"},
            "asked_by": {"type": "string"}, "at": {"type": "string", "format": "date-time"},
            "status": {"type": "string", "enum": ["under-way", "ended"]},
            "connections": number("How many are compared"),
            "skipped": {"type": "array", "items": {"type": "object"}, "description": "Those that are not, and why"},
            "accounts": number("How many are looked at"), "accounts_looked_at": number("How many were"),
            "batches": number("Messages of comparing"),
            "ended_at": {"type": "string", "format": "date-time"},
            "requests": number("Page requests it took"), "pages": number("Page requests there have to be"),
            "passed_over": {"type": "array", "items": {"type": "object"}, "description": "Those that changed while it ran"},
            "result": {"type": "object", "description": "compared, open, opened, cleared, unknown, proposed, repaired"},
        },
    })
}

fn drift() -> Value {
    let finding = json!({
        "type": "object",
        "required": ["id", "kind", "severity", "side", "resource", "field", "expected", "actual", "mendable", "since", "last_seen"],
        "properties": {
            "id": {"type": "string", "description": "The same as long as it is about the same field of the same thing"},
            "kind": {"type": "string", "enum": FindingKind::ALL}, "severity": {"type": "string", "enum": Severity::ALL},
            "step": {"type": ["string", "null"]}, "side": {"type": "string"}, "resource": {"type": "string"},
            "field": {"type": "string", "description": "Empty for the resource as a whole"},
            "expected": {"type": "string"}, "actual": {"type": "string"},
            "mendable": {"type": "boolean", "description": "Whether a step can set it right by itself"},
            "since": {"type": "string", "format": "date-time"}, "last_seen": {"type": "string", "format": "date-time"},
            "ignored": {"type": "object", "description": "The rule that ignores it: reason and until"},
        },
    });
    json!({
        "type": "object", "required": ["drift"],
        "properties": {
            "drift": {"type": "array", "items": {"type": "object", "required": ["subject", "checked_at", "worst", "findings", "unknown"], "properties": {
                "subject": {"type": "object", "description": "connection, or account for what nobody owns"},
                "checked_at": {"type": "string", "format": "date-time"}, "worst": {"type": ["string", "null"], "description": "cosmetic, degraded or down; null where nothing was found and something could not be looked at"},
                "findings": {"type": "array", "items": finding},
                "unknown": {"type": "array", "items": {"type": "object"}, "description": "What could not be looked at, and why"},
                "proposal": {"type": "object", "description": "A plan that waits for approval: at, step, anew, findings, plan, obstacles, to_approve"},
                "phase": phase(),
                "not_repaired": {"type": "string", "description": "Of a connection: why nothing is begun now, and what would change that"},
            }}},
            "next": {"type": "string"},
            "trouble": {"type": "string", "description": "What is wrong with config/drift.json, if anything"},
        },
    })
}

fn event_parameter() -> Value {
    json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^[a-z0-9-]{1,128}$"}})
}

fn notice_status() -> Value {
    json!({"type": "string", "enum": Status::ALL.map(Status::as_str)})
}

fn notice() -> Value {
    let delivery = json!({
        "type": "object", "required": ["sink", "status", "attempts", "heard"],
        "properties": {
            "sink": {"type": "string"}, "status": notice_status(), "attempts": {"type": "integer"},
            "heard": {"type": ["string", "null"], "description": "What the sink said last, if that was not yes"},
            "due": {"type": "string", "format": "date-time", "description": "While it waits: when it is tried next"},
            "under_way_until": {"type": "string", "format": "date-time", "description": "While it is tried: from when on that counts as unanswered"},
            "at": {"type": "string", "format": "date-time", "description": "Since when it is delivered or dead"},
            "why": {"type": "string", "description": "Why it was given up: gone, refused, no-answer or no-such-sink"},
            "again": {"type": "array", "items": {"type": "object"}, "description": "Who had it sent again: by, at, why it had been given up, attempts"},
        },
    });
    json!({
        "type": "object", "required": ["id", "type", "subject", "time", "severity", "summary", "status", "deliveries"],
        "properties": {
            "id": {"type": "string"}, "type": {"type": "string"}, "subject": {"type": "string"},
            "time": {"type": "string", "format": "date-time"}, "severity": {"type": "string"}, "summary": {"type": "string"},
            "status": {"type": "string", "description": "With all its sinks together: dead, waiting, delivered, or unwanted"},
            "deliveries": {"type": "array", "items": delivery},
            "data": {"type": "object", "description": "Of one event: all that is known of it"},
        },
    })
}

fn notices() -> Value {
    json!({
        "type": "object", "required": ["notices"],
        "properties": {
            "notices": {"type": "array", "items": {"$ref": "#/components/schemas/Notice"}},
            "next": {"type": "string"},
        },
    })
}

fn dry_run_parameter() -> Value {
    json!({
        "name": "dry_run", "in": "query", "schema": {"type": "boolean", "default": false},
        "description": "Only tell what would happen. The same as dry_run in the body.",
    })
}

/// A spec, beside which the body may say that it is only a dry run.
fn spec_body() -> Value {
    json!({"required": true, "content": {"application/json": {"schema": {
        "allOf": [{"$ref": "#/components/schemas/Spec"}],
        "properties": {"dry_run": {"type": "boolean", "default": false}},
    }}}})
}

fn wish(operation: &str, summary: &str) -> Value {
    json!({
        "parameters": [name_parameter(), dry_run_parameter()],
        "post": {
            "operationId": operation, "summary": summary,
            "responses": responses(&[("200", "What would be done, for a dry run", "Plan"), ("202", "It is on its way", "Summary"), ("404", "There is no such connection", "Problem"), ("409", "Its state does not allow this", "Problem")]),
        },
    })
}

fn plan() -> Value {
    json!({
        "type": "object", "required": ["dry_run", "name", "kind", "phase", "plan", "obstacles"],
        "properties": {
            "dry_run": {"const": true}, "name": {"type": "string"}, "kind": kind(),
            "phase": phase(),
            "plan": {"type": "array", "items": {"type": "object", "required": ["step", "side", "resource", "what"], "properties": {
                "step": {"type": "string"}, "side": {"type": "string"},
                "call": {"type": "string", "description": "Absent where nothing need be called"},
                "resource": {"type": "string"}, "what": {"type": "string"},
                "verdict": {"type": "string", "description": "What the cloud's own dry run says, where it has one"},
            }}},
            "obstacles": {"type": "array", "items": {"type": "object"}, "description": "What would stop it: step, side, what, call, advice"},
        },
    })
}

fn kind() -> Value {
    json!({"type": "string", "enum": Kind::ALL})
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
    json!({"type": "string", "enum": Phase::ALL})
}

fn summary() -> Value {
    json!({
        "type": "object", "required": ["name", "kind", "phase", "step", "generation", "places", "created_at", "updated_at"],
        "properties": {
            "name": {"type": "string"}, "kind": kind(), "phase": phase(), "step": {"type": "string"},
            "generation": {"type": "integer"},
            "created_at": {"type": "string", "format": "date-time"}, "updated_at": {"type": "string", "format": "date-time"},
            "places": {"type": "object", "description": "By side: account, region_id, vpc_id"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "waiting": {"type": "object", "properties": {"why": {"type": "string"}, "times": {"type": "integer"}}},
            "failure": {"type": "object", "description": "While failed or stuck: step, side, what, call (action, code, request_id), advice, since, age_seconds, to_go_on, to_give_up, to_leave_as_it_is"},
        },
    })
}

fn connection() -> Value {
    json!({
        "allOf": [{"$ref": "#/components/schemas/Summary"}, {"type": "object", "properties": {
            "spec": {"$ref": "#/components/schemas/Spec"},
            "sides": {"type": "object", "description": "By side: account, network, and the ids of what was made"},
            "history": {"type": "array", "items": {"type": "object"}},
            "cause": {"type": "object", "description": "Why it was rolled back, or a change taken back; like stop"},
            "former_spec": {"$ref": "#/components/schemas/Spec"},
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
