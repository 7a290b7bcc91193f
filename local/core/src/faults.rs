//! Faults on demand: what goes wrong, where, and how often.
//!
//! Two ways to say it. Rules are data: they can be set in code or over the gateway (`PUT /_local/faults`), fire by count or
//! by seeded chance, and print as JSON. A [`FaultPlan`] is code, for a simulation that decides each time anew.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::calls::{CallInfo, Product};
use crate::ids::mix;

/// What goes wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Fault {
    /// Refused for too many requests (`Throttling.User`); nothing happens.
    Throttle,
    /// `InternalError`, HTTP 500; nothing happens.
    ServerError,
    /// `ServiceUnavailable`, HTTP 503; nothing happens.
    Unavailable,
    /// Refused with this code; nothing happens.
    Refuse {
        /// HTTP status.
        status: u16,
        /// The error code to answer with.
        code: String,
    },
    /// The request is carried out, and the connection breaks instead of an answer.
    LoseAnswer,
    /// The connection breaks; nothing happens.
    DropBefore,
    /// Carried out and answered, after this much cloud time.
    Slow {
        /// Cloud time in milliseconds.
        milliseconds: u64,
    },
}

/// What becomes of a message on its way from a queue to a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// How many times it is delivered, at least once.
    pub copies: u32,
    /// How much later than it could, in cloud time.
    #[serde(default)]
    pub delay: Duration,
}

impl Default for Delivery {
    fn default() -> Self {
        Self { copies: 1, delay: Duration::ZERO }
    }
}

/// Put into a response's extensions by a product, this makes the gateway break the connection instead of answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swallow;

/// Decides in code. Anything not overridden goes well.
pub trait FaultPlan: Send + Sync {
    /// What goes wrong with this request. Asked once a request, after the caller is known and before anything happens.
    fn on_request(&self, call: &CallInfo) -> Option<Fault> {
        let _ = call;
        None
    }

    /// What becomes of this delivery of `message` from `queue`. Asked once a delivery.
    fn on_delivery(&self, queue: &str, message: &str) -> Delivery {
        let _ = (queue, message);
        Delivery::default()
    }
}

/// Which requests a rule is about, and how often it strikes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultRule {
    /// Only this product.
    pub product: Option<Product>,
    /// Only this operation; a final `*` stands for any ending.
    pub action: Option<String>,
    /// Only this account.
    pub account: Option<String>,
    /// Only this region.
    pub region: Option<String>,
    /// How many fitting requests pass before the rule begins to strike.
    pub skip: u64,
    /// How many times it strikes; without end when absent.
    pub times: Option<u64>,
    /// The chance that it strikes at a fitting request, 0 to 1; decided by the cloud's seed.
    pub probability: f64,
    /// What happens.
    pub fault: Fault,
}

impl Default for FaultRule {
    fn default() -> Self {
        Self {
            product: None,
            action: None,
            account: None,
            region: None,
            skip: 0,
            times: None,
            probability: 1.0,
            fault: Fault::ServerError,
        }
    }
}

impl FaultRule {
    /// `fault` once, at the next call of `action`.
    #[must_use]
    pub fn once(action: &str, fault: Fault) -> Self {
        Self { action: Some(action.to_owned()), times: Some(1), fault, ..Self::default() }
    }

    fn fits(&self, call: &CallInfo) -> bool {
        let same = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        self.product.is_none_or(|product| product == call.product)
            && self.action.as_deref().is_none_or(|pattern| matches(pattern, &call.action))
            && same(&self.account, &call.account)
            && same(&self.region, &call.region)
    }
}

/// Which deliveries a rule is about, and what becomes of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveryRule {
    /// Only messages of this queue; a final `*` stands for any ending.
    pub queue: Option<String>,
    /// How many deliveries it strikes; without end when absent.
    pub times: Option<u64>,
    /// The chance that it strikes, 0 to 1.
    pub probability: f64,
    /// How many times the message is delivered.
    pub copies: u32,
    /// How much later, in milliseconds of cloud time.
    pub delay_milliseconds: u64,
}

impl Default for DeliveryRule {
    fn default() -> Self {
        Self { queue: None, times: None, probability: 1.0, copies: 1, delay_milliseconds: 0 }
    }
}

/// All rules, as `/_local/faults` reads and writes them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultRules {
    /// About requests; the first that strikes decides.
    pub requests: Vec<FaultRule>,
    /// About deliveries; the first that strikes decides.
    pub deliveries: Vec<DeliveryRule>,
}

struct State {
    rules: FaultRules,
    /// Fitting requests seen and strikes made, rule by rule.
    request_counts: Vec<Counts>,
    delivery_counts: Vec<Counts>,
    plan: Option<Arc<dyn FaultPlan>>,
    rng: fastrand::Rng,
}

#[derive(Default, Clone, Copy)]
struct Counts {
    seen: u64,
    struck: u64,
}

/// The faults in force.
pub struct Faults(Mutex<State>);

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Faults").field(&self.rules()).finish()
    }
}

impl Faults {
    /// No faults yet; chances will be decided by `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(State {
            rules: FaultRules::default(),
            request_counts: Vec::new(),
            delivery_counts: Vec::new(),
            plan: None,
            rng: fastrand::Rng::with_seed(mix(seed ^ 0xfa17)),
        }))
    }

    /// What goes wrong with this request, if anything. A product asks once a request, as soon as it knows the caller, and
    /// before anything happens. The plan is asked first, then the rules.
    #[must_use]
    pub fn on_request(&self, call: &CallInfo) -> Option<Fault> {
        let plan = self.state().plan.clone();
        if let Some(fault) = plan.and_then(|plan| plan.on_request(call)) {
            return Some(fault);
        }
        let State { rules, request_counts, rng, .. } = &mut *self.state();
        rules.requests.iter().zip(request_counts).find_map(|(rule, counts)| {
            let strikes = rule.fits(call) && counts.strike(rule.skip, rule.times, rule.probability, rng);
            strikes.then(|| rule.fault.clone())
        })
    }

    /// What becomes of this delivery. A trigger asks once a delivery.
    #[must_use]
    pub fn on_delivery(&self, queue: &str, message: &str) -> Delivery {
        let plan = self.state().plan.clone();
        if let Some(plan) = plan {
            let delivery = plan.on_delivery(queue, message);
            if delivery != Delivery::default() {
                return delivery;
            }
        }
        let State { rules, delivery_counts, rng, .. } = &mut *self.state();
        let struck = rules.deliveries.iter().zip(delivery_counts).find_map(|(rule, counts)| {
            let fits = rule.queue.as_deref().is_none_or(|pattern| matches(pattern, queue));
            (fits && counts.strike(0, rule.times, rule.probability, rng)).then_some(rule)
        });
        struck.map_or_else(Delivery::default, |rule| Delivery {
            copies: rule.copies.max(1),
            delay: Duration::from_millis(rule.delay_milliseconds),
        })
    }

    /// Adds one rule about requests.
    pub fn add(&self, rule: FaultRule) {
        let mut state = self.state();
        state.rules.requests.push(rule);
        state.request_counts.push(Counts::default());
    }

    /// Puts `rules` in place of all there are; counting starts afresh.
    pub fn replace(&self, rules: FaultRules) {
        let mut state = self.state();
        state.request_counts = vec![Counts::default(); rules.requests.len()];
        state.delivery_counts = vec![Counts::default(); rules.deliveries.len()];
        state.rules = rules;
    }

    /// Takes every rule and the plan away.
    pub fn clear(&self) {
        self.replace(FaultRules::default());
        self.state().plan = None;
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> FaultRules {
        self.state().rules.clone()
    }

    /// Lets `plan` decide before the rules do.
    pub fn set_plan(&self, plan: Arc<dyn FaultPlan>) {
        self.state().plan = Some(plan);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn strike(&mut self, skip: u64, times: Option<u64>, probability: f64, rng: &mut fastrand::Rng) -> bool {
        self.seen += 1;
        let exhausted = times.is_some_and(|times| self.struck >= times);
        if self.seen <= skip || exhausted || (probability < 1.0 && rng.f64() >= probability) {
            return false;
        }
        self.struck += 1;
        true
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == text, |start| text.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(action: &str) -> CallInfo {
        CallInfo { product: Product::Vpc, action: action.into(), account: "1".into(), region: "cn-beijing".into() }
    }

    #[test]
    fn a_rule_strikes_after_its_skips_and_no_more_than_its_times() {
        let faults = Faults::new(1);
        faults.add(FaultRule { skip: 1, times: Some(2), action: Some("Create*".into()), ..FaultRule::default() });
        let struck: Vec<bool> = (0..5).map(|_| faults.on_request(&call("CreateRouteEntry")).is_some()).collect();
        assert_eq!(struck, [false, true, true, false, false]);
        assert_eq!(faults.on_request(&call("DeleteRouteEntry")), None);
    }

    #[test]
    fn chance_follows_the_seed() {
        let run = |seed| {
            let faults = Faults::new(seed);
            faults.add(FaultRule { probability: 0.5, ..FaultRule::default() });
            (0..64).map(|_| faults.on_request(&call("A")).is_some()).collect::<Vec<_>>()
        };
        assert_eq!(run(3), run(3));
        assert_ne!(run(3), run(4));
    }

    #[test]
    fn a_plan_is_asked_first_and_clearing_takes_it_away() {
        struct Always;
        impl FaultPlan for Always {
            fn on_request(&self, _: &CallInfo) -> Option<Fault> {
                Some(Fault::Throttle)
            }
            fn on_delivery(&self, _: &str, _: &str) -> Delivery {
                Delivery { copies: 2, delay: Duration::ZERO }
            }
        }
        let faults = Faults::new(1);
        faults.set_plan(Arc::new(Always));
        assert_eq!(faults.on_request(&call("A")), Some(Fault::Throttle));
        assert_eq!(faults.on_delivery("q", "m").copies, 2);
        faults.clear();
        assert_eq!(faults.on_request(&call("A")), None);
        assert_eq!(faults.on_delivery("q", "m"), Delivery::default());
    }

    #[test]
    fn rules_read_from_json_with_their_defaults_and_refuse_unknown_words() {
        let rules: FaultRules = serde_json::from_str(
            r#"{"requests":[{"action":"ConnectRouterInterface","times":1,"fault":{"kind":"lose_answer"}}]}"#,
        )
        .unwrap();
        assert_eq!(rules.requests[0], FaultRule::once("ConnectRouterInterface", Fault::LoseAnswer));
        assert!(serde_json::from_str::<FaultRules>(r#"{"request":[]}"#).is_err());
    }
}
