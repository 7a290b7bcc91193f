//! How the routes of a VPC differ from what the record promises. Pure.

use connection::step::{Finding, FindingKind};
use connection::words::Side;
use jdcloud::vpc::{RouteRule, RouteRuleSpec};

use super::view::{EVERYTHING, NEW, Routes, shown};

impl Routes<'_> {
    /// Every difference on one side, whose half is `hop`.
    #[must_use]
    pub fn findings(&self, side: Side, hop: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        for target in self.targets() {
            if self.view.table(target).is_none() {
                let recorded = self.made.jd.as_ref().and_then(|jd| jd.route_table_id.as_deref());
                let id = if target == NEW { recorded.unwrap_or(NEW) } else { target };
                findings.push(Finding::missing(FindingKind::TableMissing, side, id));
                continue;
            }
            for wanted in self.wanted_rules(hop) {
                let resource = format!("{} in {target}", wanted.address_prefix);
                match self.nearest(target, &wanted) {
                    None => findings.push(Finding::missing(FindingKind::RouteMissing, side, resource)),
                    Some(rule) if self.does(rule, &wanted) => {}
                    Some(rule) => {
                        let difference = ("nextHopId", wanted.next_hop_id.as_str(), shown(rule));
                        findings.push(Finding::differs(FindingKind::RouteOtherNextHop, side, resource, difference));
                    }
                }
            }
        }
        for id in &self.wish.subnets {
            let Some(subnet) = self.view.subnet(id) else {
                findings.push(Finding::missing(FindingKind::SubnetMissing, side, id).for_a_person());
                continue;
            };
            let now = self.view.table_of(subnet).map_or("none", |table| table.route_table_id.as_str());
            match self.targets().first() {
                Some(target) if *target != now => {
                    findings.push(Finding::differs(
                        FindingKind::TableUnbound,
                        side,
                        id,
                        ("routeTableId", *target, now),
                    ));
                }
                Some(_) | None => {}
            }
        }
        let wanted = self.made_table().map(|table| &table.route_table_id);
        for table in self.own_tables() {
            if Some(&table.route_table_id) != wanted {
                findings.push(Finding::left(FindingKind::TableLeft, side, &table.route_table_id));
            }
        }
        findings
    }

    /// The rule that does what is wanted, or else one of this connection for the same range.
    fn nearest(&self, target: &str, wanted: &RouteRuleSpec) -> Option<&RouteRule> {
        let rules = || self.rules(target).iter().filter(|rule| rule.address_prefix == wanted.address_prefix);
        rules().find(|rule| self.does(rule, wanted)).or_else(|| rules().find(|rule| self.owns(rule)))
    }

    fn does(&self, rule: &RouteRule, wanted: &RouteRuleSpec) -> bool {
        let leads =
            rule.next_hop_type == wanted.next_hop_type && rule.next_hop_id.as_ref() == Some(&wanted.next_hop_id);
        leads
            && rule.address_prefix == wanted.address_prefix
            && (self.owns(rule) || wanted.address_prefix == EVERYTHING)
    }
}
