//! Every answer of the webhook is held to its OpenAPI document.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use api::problem::TYPE_BASE;
use api::route::Router;
use http::{Method, StatusCode};
use jsonschema::Validator;
use serde_json::Value;

static ROUTER: LazyLock<Router> = LazyLock::new(Router::new);
static DOCUMENT: LazyLock<Value> = LazyLock::new(api::openapi::document);
static VALIDATORS: LazyLock<Mutex<BTreeMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Holds one answer to the document.
///
/// # Panics
/// When the operation does not answer with this status, or not with such a body.
pub fn holds(method: &Method, target: &str, status: StatusCode, body: &Value) {
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    let is_problem = body["type"].as_str().is_some_and(|kind| kind.starts_with(TYPE_BASE));
    // What stands before the webhook answers in its own way when a process died.
    if status.as_u16() >= 400 && !is_problem {
        return;
    }
    let what = format!("{method} {target}: {} {body:#}", status.as_u16());
    let schema = match ROUTER.find(method, path) {
        Ok((route, _)) if route.is_open => return,
        Ok((route, _)) => {
            let media = if is_problem { "application/problem+json" } else { "application/json" };
            let item = &DOCUMENT["paths"][route.path][route.method.as_str().to_ascii_lowercase()];
            &item["responses"][status.as_str()]["content"][media]["schema"]
        }
        // No operation: nothing but a problem is answered.
        Err(_) => return assert!(is_problem, "{what}"),
    };
    assert!(schema.is_object(), "the operation does not say that it answers so: {what}");
    let errors: Vec<_> =
        validator(schema).iter_errors(body).map(|error| format!("{} {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?} {what}");
}

fn validator(schema: &Value) -> Arc<Validator> {
    let mut known = VALIDATORS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let build = || {
        let mut whole = serde_json::json!({"components": DOCUMENT["components"]});
        whole
            .as_object_mut()
            .into_iter()
            .for_each(|fields| fields.extend(schema.as_object().cloned().unwrap_or_default()));
        let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012);
        Arc::new(options.build(&whole).expect("the schemas of the document are schemas"))
    };
    known.entry(schema.to_string()).or_insert_with(build).clone()
}
