//! How the routes of a VPC differ from what the record promises. Pure.
//!
//! Whatever would keep the step from setting things right is told as something for a person, in a kind that holds a repair
//! back.

use connection::finding::{Finding, FindingKind};
use connection::words::Side;
use ipnet::IpNet;
use jdcloud::vpc::{NextHopType, RouteRule, RouteRuleSpec};

use super::vpc_tables::{EVERYTHING, NEW, Routes, inventory};

impl Routes<'_> {
    /// Every difference on one side, whose half is `hop`.
    #[must_use]
    pub fn findings(&self, side: Side, hop: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        for target in self.targets() {
            if self.view.table(target).is_none() {
                findings.push(self.missing_table(side, target));
                continue;
            }
            let wanted = self.wanted_rules(hop);
            for wanted in &wanted {
                findings.extend(self.route(side, target, wanted));
            }
            findings.extend(self.shadows(side, target, hop, &wanted));
        }
        self.subnets(side, &mut findings);
        let wanted = self.made_table().map(|table| &table.route_table_id);
        for table in self.own_tables() {
            let id = &table.route_table_id;
            if Some(id) != wanted {
                let found = Finding::left(FindingKind::TableLeft, side, id);
                findings.push(if self.is_held(id) { found.for_a_person() } else { found });
            }
        }
        findings
    }

    fn missing_table(&self, side: Side, target: &str) -> Finding {
        if target != NEW {
            return Finding::missing(FindingKind::TableMissing, side, target).for_a_person();
        }
        let recorded = self.outputs.jd.as_ref().and_then(|jd| jd.route_table_id.as_deref());
        Finding::missing(FindingKind::TableMissing, side, recorded.unwrap_or(NEW))
    }

    fn route(&self, side: Side, target: &str, wanted: &RouteRuleSpec) -> Option<Finding> {
        let resource = format!("{} in {target}", wanted.address_prefix);
        let differs = |actual: String| {
            let difference = ("nextHopId", wanted.next_hop_id.as_str(), actual);
            Finding::differs(FindingKind::RouteOtherNextHop, side, &resource, difference)
        };
        let same = || self.rules(target).iter().filter(|rule| rule.address_prefix == wanted.address_prefix);
        if let Some(theirs) = same().find(|rule| self.is_in_the_way(rule)) {
            return Some(differs(format!("{} (somebody else's {})", inventory(theirs), theirs.rule_id)).for_a_person());
        }
        let does = |rule: &&RouteRule| {
            rule.next_hop_type == wanted.next_hop_type && rule.next_hop_id.as_ref() == Some(&wanted.next_hop_id)
        };
        match same().find(does).or_else(|| same().find(|rule| self.owns(rule))) {
            None => Some(Finding::missing(FindingKind::RouteMissing, side, resource)),
            Some(rule) if does(&rule) => None,
            Some(rule) => Some(differs(inventory(rule))),
        }
    }

    /// Whether a rule to a range that the connection leads somewhere may not stand beside its own: see
    /// [`obstacles`](Self::obstacles). By which rule others lead to the internet is their business.
    fn is_in_the_way(&self, rule: &RouteRule) -> bool {
        let leads_out = rule.address_prefix == EVERYTHING && rule.next_hop_type == NextHopType::Internet;
        !self.owns(rule) && !leads_out
    }

    /// The narrower rules that take a part of what is meant for the other side elsewhere.
    fn shadows(&self, side: Side, target: &str, hop: &str, wanted: &[RouteRuleSpec]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for rule in self.rules(target) {
            let Some(IpNet::V4(to)) = rule.address_prefix.net() else { continue };
            let leads_there = rule.next_hop_id.as_deref() == Some(hop);
            if leads_there || wanted.iter().any(|wanted| wanted.address_prefix == rule.address_prefix) {
                continue;
            }
            let ranges = self.desired.ranges.iter();
            for range in ranges.filter(|range| range.contains(&to) && range.prefix_len() < to.prefix_len()) {
                let (kind, actual) = match self.maker(rule) {
                    Some(maker) => {
                        (FindingKind::RouteNarrowed, format!("{}, of connection {}", inventory(rule), maker.connection))
                    }
                    None => (FindingKind::RouteShadowed, inventory(rule)),
                };
                let (field, resource) = (to.to_string(), format!("{range} in {target}"));
                let found = Finding::differs(kind, side, resource, (field.as_str(), hop, actual));
                findings.push(if self.owns(rule) { found } else { found.for_a_person() });
            }
        }
        findings
    }

    fn subnets(&self, side: Side, findings: &mut Vec<Finding>) {
        let can_be_bound = self.obstacles().is_empty();
        for id in &self.desired.subnets {
            let Some(subnet) = self.view.subnet(id) else {
                findings.push(Finding::missing(FindingKind::SubnetMissing, side, id).for_a_person());
                continue;
            };
            let now = self.view.table_of(subnet).map_or("none", |table| table.route_table_id.as_str());
            match self.targets().first() {
                Some(target) if *target != now => {
                    let difference = ("routeTableId", *target, now);
                    let found = Finding::differs(FindingKind::TableUnbound, side, id, difference);
                    findings.push(if can_be_bound { found } else { found.for_a_person() });
                }
                Some(_) | None => {}
            }
        }
    }
}
