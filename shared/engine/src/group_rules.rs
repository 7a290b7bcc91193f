//! What the security groups of one side shall let in, as rules of the cloud. Pure.
//!
//! A rule of the spec becomes one rule for each range of the other side, or a single one that names a group of the other
//! side. Whether a cloud takes the second form is known only once it was asked: such a rule may therefore have a second
//! choice.
//!
//! The consumer of a private link lets its clients in to the endpoint, and nobody else's range matters.

use alicloud::AccountId;
use alicloud::ecs::{IpProtocol, Permission, PortRange, RuleSource, SecurityRule};
use ipnet::{IpNet, Ipv4Net};

use crate::kind::private_link::clients;
use crate::step::SideContext;
use connection::not_done::NotDone;
use connection::spec::{GroupRule, Place, Protocol, SideSpec, Source};

/// What one rule of the spec asks of its group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredRules {
    /// The security group.
    pub group: String,
    /// The rules that do it.
    pub rules: Vec<SecurityRule>,
    /// The rules that may do it instead, where the cloud rules out the first ones; empty where nothing may.
    pub instead: Vec<SecurityRule>,
}

impl RequiredRules {
    /// The rules by which it is done: the first choice if it stands whole, else the second if that one does, else none.
    #[must_use]
    pub fn done_by(&self, permissions: &[Permission]) -> Option<&[SecurityRule]> {
        let stand = |rules: &[SecurityRule]| !rules.is_empty() && rules.iter().all(|rule| stands(rule, permissions));
        if stand(&self.rules) {
            Some(&self.rules)
        } else if stand(&self.instead) {
            Some(&self.instead)
        } else {
            None
        }
    }

    /// Whether it names a group of the other side.
    #[must_use]
    pub fn names_a_group(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule.source, RuleSource::Group { .. }))
    }
}

/// Whether a group has this very rule, whoever made it.
#[must_use]
pub fn stands(rule: &SecurityRule, permissions: &[Permission]) -> bool {
    permissions.iter().any(|permission| rule.is(permission))
}

/// What the spec asks of the security groups of a side. The rules carry the connection's mark.
///
/// # Errors
/// When a rule names a group of the other side although that lies in another region.
pub fn asked(side: &SideContext<'_>) -> Result<Vec<RequiredRules>, NotDone> {
    let given = match side.record().spec.side(side.side()) {
        SideSpec::Vpc(given) => given,
        SideSpec::Consumer(_) => return clients::asked(side),
        SideSpec::Provider(_) => return Ok(Vec::new()),
        SideSpec::Jd(_) => return Err(side.foreign()),
    };
    let peer = Peer {
        ranges: &side.peer().network.cidr_blocks,
        account_id: &side.peer().account_id,
        place: side.peer_place(),
    };
    let description = side.mark().description().to_owned();
    given.security_groups.iter().map(|rule| peer.ask(rule, side.place(), &description)).collect()
}

/// What of the other side matters to a rule.
struct Peer<'a> {
    ranges: &'a [Ipv4Net],
    account_id: &'a str,
    place: Place<'a>,
}

impl Peer<'_> {
    fn ask(&self, wanted: &GroupRule, place: Place<'_>, description: &str) -> Result<RequiredRules, NotDone> {
        let rule = |source| SecurityRule {
            priority: wanted.priority,
            description: Some(description.to_owned()),
            ..SecurityRule::accept(protocol(wanted.protocol), PortRange::from(wanted.port_range().as_str()), source)
        };
        let by_range = || self.ranges.iter().map(|range| rule(RuleSource::Cidr(IpNet::V4(*range)))).collect::<Vec<_>>();
        let group = wanted.security_group_id.to_string();
        match &wanted.source {
            Source::Cidr => Ok(RequiredRules { group, rules: by_range(), instead: Vec::new() }),
            Source::Group { security_group_id, fall_back_to_cidr } => {
                if place.region_id != self.place.region_id {
                    return Err(NotDone::failed(
                        format!(
                            "a rule of {group} names the group {security_group_id}, but the sides lie in {} and {}: a rule \
                             can name a group of its own region only",
                            place.region_id, self.place.region_id
                        ),
                        "put the spec again with source cidr for this rule",
                    ));
                }
                let source = RuleSource::Group { id: security_group_id.to_string(), owner: Some(self.account()?) };
                let instead = if *fall_back_to_cidr { by_range() } else { Vec::new() };
                Ok(RequiredRules { group, rules: vec![rule(source)], instead })
            }
        }
    }

    fn account(&self) -> Result<AccountId, NotDone> {
        self.account_id.parse().map_err(|error| {
            NotDone::failed(
                format!("the id of account {} cannot be used: {error}", self.place.account),
                "correct config/accounts.json of the store, then remove the connection and post it again",
            )
        })
    }
}

fn protocol(wanted: Protocol) -> IpProtocol {
    match wanted {
        Protocol::All => IpProtocol::All,
        Protocol::Tcp => IpProtocol::Tcp,
        Protocol::Udp => IpProtocol::Udp,
        Protocol::Icmp => IpProtocol::Icmp,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use connection::spec::VpcSide;

    fn place(region: &str) -> VpcSide {
        serde_json::from_value(json!({"account": "b", "region_id": region, "vpc_id": "vpc-b"})).unwrap()
    }

    fn ask(source: serde_json::Value, peer_region: &str) -> Result<RequiredRules, NotDone> {
        let rule =
            serde_json::from_value(json!({"security_group_id": "sg-1", "protocol": "icmp", "source": source})).unwrap();
        let ranges = ["172.16.0.0/16".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let (own, peer) = (place("cn-beijing"), place(peer_region));
        Peer { ranges: &ranges, account_id: "1002", place: peer.place() }.ask(&rule, own.place(), "the mark")
    }

    fn inventory(source: serde_json::Value) -> Permission {
        let mut permission = json!({
            "IpProtocol": "icmp", "PortRange": "-1/-1", "Policy": "Accept", "Priority": "1", "Direction": "ingress",
        });
        permission.as_object_mut().unwrap().extend(source.as_object().unwrap().clone());
        serde_json::from_value(permission).unwrap()
    }

    #[test]
    fn by_range_there_is_a_rule_for_each_range_of_the_other_side_and_each_is_marked() {
        let asked = ask(json!("cidr"), "cn-qingdao").unwrap();
        let sources: Vec<_> = asked.rules.iter().map(|rule| rule.source.clone()).collect();
        let range = |text: &str| RuleSource::Cidr(text.parse().unwrap());
        assert_eq!(sources, [range("172.16.0.0/16"), range("10.0.0.0/8")]);
        assert!(asked.rules.iter().all(|rule| rule.description.as_deref() == Some("the mark")));
        assert!(asked.instead.is_empty());
    }

    #[test]
    fn by_group_the_rule_names_the_other_sides_account() {
        let asked = ask(json!({"group": {"security_group_id": "sg-9"}}), "cn-beijing").unwrap();
        let source = RuleSource::Group { id: "sg-9".to_owned(), owner: Some("1002".parse().unwrap()) };
        assert_eq!((&asked.rules[0].source, asked.rules.len(), asked.instead.len()), (&source, 1, 0));
    }

    #[test]
    fn a_group_of_another_region_is_refused_before_the_cloud_is_asked() {
        let refused = ask(json!({"group": {"security_group_id": "sg-9", "fall_back_to_cidr": true}}), "cn-qingdao");
        let Err(NotDone::Failed(failure)) = refused else { panic!("{refused:?}") };
        assert!(failure.what.contains("cn-beijing and cn-qingdao"), "{}", failure.what);
    }

    #[test]
    fn the_second_choice_counts_only_where_it_stands_whole() {
        let source = json!({"group": {"security_group_id": "sg-9", "fall_back_to_cidr": true}});
        let asked = ask(source, "cn-beijing").unwrap();
        let one = inventory(json!({"SourceCidrIp": "172.16.0.0/16"}));
        let other = inventory(json!({"SourceCidrIp": "10.0.0.0/8"}));
        let by_group = inventory(json!({"SourceGroupId": "sg-9", "SourceGroupOwnerAccount": "1002"}));
        assert_eq!(asked.done_by(std::slice::from_ref(&one)), None);
        assert_eq!(asked.done_by(&[one.clone(), other.clone()]), Some(&asked.instead[..]));
        assert_eq!(asked.done_by(&[one, other, by_group]), Some(&asked.rules[..]));
    }
}
