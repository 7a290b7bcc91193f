//! The page behind a link in a notice: the owner of an account reads what is asked for, and agrees or refuses.
//!
//! The link is the credential, and good for nothing else: one owner, one account, one connection as it was asked for, until the
//! owner's time is over ([`notice::consent_link`]). Opening the page changes nothing, since programs open links, too. The page has
//! no scripts, and nothing else may show it in a frame.

use std::sync::Arc;

use api::connections::Summary;
use api::consents::{Consent, ConsentRequest, SayConsent};
use bytes::Bytes;
use cloud_signing::webhook::Secret;
use connection::caller::Callers;
use connection::words::{AccountAlias, CallerName, ConnectionName};
use engine::services::Services;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use maud::{DOCTYPE, Markup, html};
use notice::consent_link::ConsentLink;

use crate::access::Principal;
use crate::consents;
use crate::gate::{Gate, unavailable};
use crate::problem_json::Refusal;

/// Nothing is loaded, nothing runs, and no other page may stand around this one or learn its address.
const HEADERS: [(&str, &str); 6] = [
    ("content-type", "text/html; charset=utf-8"),
    (
        "content-security-policy",
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("x-robots-tag", "noindex"),
];
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;\
background:#fff}pre{background:#f3f3f3;padding:1rem;overflow:auto}label{display:block;margin:1rem 0 .25rem}\
textarea{width:100%;box-sizing:border-box;font:inherit}button{font:inherit;padding:.5rem 1rem;margin:1rem 1rem 0 0}\
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}pre{background:#262626}}";

/// Answers a request to the page.
pub async fn answer(gate: &Gate, key: &Secret, services: &Services, request: &Request<Bytes>) -> Response<Bytes> {
    match respond(gate, key, services, request).await {
        Ok((title, content)) => page(StatusCode::OK, title, &content),
        Err(refusal) => {
            let problem = refusal.problem();
            let content = html! {
                p { (problem.detail) }
                @for error in &problem.errors { p { (error.detail) } }
            };
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
            page(status, "That did not work", &content)
        }
    }
}

async fn respond(
    gate: &Gate,
    key: &Secret,
    services: &Services,
    request: &Request<Bytes>,
) -> Result<(&'static str, Markup), Refusal> {
    let now = services.io.clock.now();
    gate.stranger(now)?;
    let link = ConsentLink::read(request.uri().query().unwrap_or_default(), key, now)
        .map_err(|bad| Refusal::forbidden(bad.to_string()))?;
    let spoken = Spoken::of(&link).ok_or_else(|| Refusal::forbidden("the link names nothing that can be"))?;
    let callers = gate.callers(services).await?.unwrap_or_else(|| Arc::new(Callers::none()));
    let owner = Principal::by_link(spoken.owner.clone(), callers, now)?;
    if *request.method() == Method::GET {
        return Ok(("Do you agree?", shown(services, &owner, &spoken).await?));
    }
    let said = said(&link, request.body())?;
    let body = serde_json::to_vec(&said).unwrap_or_default();
    tracing::info!(owner = %spoken.owner, connection = %spoken.connection, decision = ?said.decision, "said by a link");
    let answer = consents::say(services, &owner, &spoken.connection, &spoken.account, false, &body).await?;
    Ok(("Thank you", done(&spoken, said.decision, &answer)))
}

/// What a link speaks about, read.
struct Spoken {
    connection: ConnectionName,
    account: AccountAlias,
    owner: CallerName,
    of: String,
}

impl Spoken {
    fn of(link: &ConsentLink) -> Option<Self> {
        Some(Self {
            connection: link.connection.parse().ok()?,
            account: link.account.parse().ok()?,
            owner: link.owner.parse().ok()?,
            of: link.of.clone(),
        })
    }

    fn fits(&self, request: &ConsentRequest) -> bool {
        request.account == self.account && request.owner == self.owner && request.of == self.of
    }
}

/// What is asked for, and the form; or that nobody asks any more.
async fn shown(services: &Services, owner: &Principal, spoken: &Spoken) -> Result<Markup, Refusal> {
    let stored = services.store.read(&spoken.connection).await.map_err(unavailable)?;
    let asked = stored.filter(|stored| owner.sees_connection(services, &stored.record));
    let waiting = asked.iter().flat_map(|stored| ConsentRequest::of(&stored.record)).find(|one| spoken.fits(one));
    let Some(asked) = waiting else {
        return Ok(html! {
            p { "Nothing waits for " (spoken.owner) " here any more: connection " (spoken.connection) " was agreed to, refused, \
                 taken back or changed since. A change has a notice of its own." }
        });
    };
    let spec = serde_json::to_string_pretty(&asked.spec).unwrap_or_default();
    let what = if asked.is_change { "to change connection " } else { "for the new connection " };
    Ok(html! {
        p { strong { (asked.asked_by) } " asks " strong { (asked.owner) } " " (what) strong { (asked.connection) }
            " with account " strong { (asked.account) } ". Nothing is made before you agree; the time for it ends at "
            (asked.until) "." }
        @for (side, ranges) in &asked.ranges {
            p { "Ranges of the " (side) ": " @if ranges.is_empty() { "none" } @else { (ranges.join(", ")) } }
        }
        pre { (spec) }
        form method="post" { button name="decision" value="agree" { "Agree" } }
        form method="post" {
            label for="reason" { "Or refuse. Whoever asked is told why:" }
            textarea id="reason" name="reason" rows="2" required maxlength=(api::consents::LONGEST_REASON) {}
            button name="decision" value="refuse" { "Refuse" }
        }
    })
}

/// What the form says, in the words of the API.
fn said(link: &ConsentLink, form: &[u8]) -> Result<SayConsent, Refusal> {
    let value = |wanted: &str| form_urlencoded::parse(form).find(|(name, _)| name == wanted).map(|(_, value)| value);
    let decision = match value("decision").as_deref() {
        Some("agree") => Consent::Agree,
        Some("refuse") => Consent::Refuse,
        _ => return Err(Refusal::malformed("the form says neither agree nor refuse; open the link again", Vec::new())),
    };
    let reason = value("reason").filter(|_| decision == Consent::Refuse);
    // Browsers send line ends as two characters, and a reason is one line.
    let reason = reason.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    Ok(SayConsent { decision, reason, of: Some(link.of.clone()), dry_run: false })
}

fn done(spoken: &Spoken, decision: Consent, answer: &Response<Bytes>) -> Markup {
    let summary: Option<Summary> = serde_json::from_slice(answer.body()).ok();
    let said = match decision {
        Consent::Agree => " agreed to connection ",
        Consent::Refuse => " refused connection ",
    };
    html! {
        p { strong { (spoken.owner) } (said) strong { (spoken.connection) } " with account " strong { (spoken.account) } "." }
        @if let Some(summary) = summary { p { "The connection is " (summary.phase) " now." } }
    }
}

fn page(status: StatusCode, title: &str, content: &Markup) -> Response<Bytes> {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) " - Causeway" }
                style { (maud::PreEscaped(STYLE)) }
            }
            body { h1 { (title) } (content) }
        }
    };
    let mut response = Response::new(Bytes::from(document.into_string()));
    *response.status_mut() = status;
    for (name, value) in HEADERS {
        response.headers_mut().insert(header::HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}
