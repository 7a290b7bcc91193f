//! What a VPC shows of its routes, what is wanted of it, and whose is what. Pure.

use connection::mark::Mark;
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::words::ConnectionName;
use engine::step::SideContext;
use ipnet::{IpNet, Ipv4Net};
use jdcloud::vpc::{Cidr, NextHopType, RouteRule, RouteRuleSpec, RouteTable, RouteTableType, Subnet};

/// A table that is not there yet.
pub const NEW: &str = "the table that the connection makes";
/// Everything.
pub const EVERYTHING: Cidr = Cidr::Net(IpNet::V4(Ipv4Net::new_assert(std::net::Ipv4Addr::UNSPECIFIED, 0)));

/// The route tables, the subnets and the peerings of one VPC.
#[derive(Debug, Clone, Default)]
pub struct VpcTables {
    /// Every table, with its rules.
    pub tables: Vec<RouteTable>,
    /// Every subnet.
    pub subnets: Vec<Subnet>,
    /// The id of every half of a peering. A rule outlives the half that it leads to.
    pub halves: Vec<String>,
}

impl VpcTables {
    /// A table by its id.
    #[must_use]
    pub fn table(&self, id: &str) -> Option<&RouteTable> {
        self.tables.iter().find(|table| table.route_table_id == id)
    }

    /// A subnet by its id.
    #[must_use]
    pub fn subnet(&self, id: &str) -> Option<&Subnet> {
        self.subnets.iter().find(|subnet| subnet.subnet_id == id)
    }

    /// The table that a subnet is bound to; the default one where the cloud does not say.
    #[must_use]
    pub fn table_of(&self, subnet: &Subnet) -> Option<&RouteTable> {
        let is_default = |table: &&RouteTable| table.route_table_type == Some(RouteTableType::Default);
        match &subnet.route_table_id {
            Some(id) => self.table(id),
            None => self.tables.iter().find(is_default),
        }
    }

    /// Whether a rule leads to a half that is gone: nobody can make such a rule again.
    #[must_use]
    pub fn is_dead(&self, rule: &RouteRule) -> bool {
        let stands = |hop: &String| self.halves.contains(hop);
        rule.next_hop_type == NextHopType::VpcPeering && !rule.next_hop_id.as_ref().is_some_and(stands)
    }

    /// The subnets that are bound to a table.
    pub fn bound_to(&self, table: &str) -> impl Iterator<Item = &str> {
        let is_bound = move |subnet: &&Subnet| self.table_of(subnet).is_some_and(|of| of.route_table_id == table);
        self.subnets.iter().filter(is_bound).map(|subnet| subnet.subnet_id.as_str())
    }
}

/// What is wanted of the routes of one VPC.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desired {
    /// The ranges of the other side.
    pub ranges: Vec<Ipv4Net>,
    /// The tables that get the rules; none where one is made.
    pub tables: Vec<String>,
    /// Whether a table is made.
    pub makes_table: bool,
    /// The subnets that are bound to that one table.
    pub subnets: Vec<String>,
    /// Whether it also leads to the internet.
    pub internet: bool,
    /// The connections whose routes may overlap.
    pub overlaps_with: Vec<ConnectionName>,
}

impl Desired {
    /// What the record wants of a side.
    ///
    /// # Errors
    /// When the connection's kind is another.
    pub fn of(side: &SideContext<'_>) -> Result<Self, NotDone> {
        let given = side.jd_sides()?.0;
        Ok(Self {
            ranges: side.peer().network.cidr_blocks.clone(),
            tables: side.network().route_tables.clone(),
            makes_table: given.has_table_made(),
            subnets: given.subnet_ids.iter().map(ToString::to_string).collect(),
            internet: given.internet_route,
            overlaps_with: given.overlaps_with.clone(),
        })
    }

    /// Whether a subnet that is bound to a table shall stay so.
    #[must_use]
    pub fn needs_bound(&self, subnet: &str, table: &str) -> bool {
        let is_meant = self.subnets.is_empty() || self.subnets.iter().any(|wanted| wanted == subnet);
        is_meant && self.tables.iter().any(|wanted| wanted == table)
    }
}

/// One VPC's routes: what is shown, what is wanted, what was made.
#[derive(Debug, Clone)]
pub struct Routes<'a> {
    /// What is shown.
    pub view: &'a VpcTables,
    /// What is wanted now; nothing when all is to go.
    pub desired: &'a Desired,
    /// The connection's mark; none before it is accepted.
    pub mark: Option<Mark>,
    /// What was made, by the record.
    pub outputs: &'a Outputs,
    /// Tables, other than those of the connection, to which it may have bound subnets.
    pub lent: Vec<String>,
    /// Subnets that stay bound for the sake of other connections.
    pub left: Vec<String>,
}

impl<'a> Routes<'a> {
    /// Whether a rule is this connection's: by its recorded id, or by the mark in its description.
    #[must_use]
    pub fn owns(&self, rule: &RouteRule) -> bool {
        self.outputs.routes.iter().any(|route| route.route_entry_id == rule.rule_id)
            || self.is_marked(rule.description.as_deref())
    }

    /// Whether the connection made a table.
    #[must_use]
    pub fn owns_table(&self, table: &RouteTable) -> bool {
        let recorded = self.outputs.jd.as_ref().and_then(|jd| jd.route_table_id.as_ref());
        recorded == Some(&table.route_table_id) || self.is_marked(table.description.as_deref())
    }

    fn is_marked(&self, description: Option<&str>) -> bool {
        description.zip(self.mark.as_ref()).is_some_and(|(text, mark)| mark.is_on(text))
    }

    /// Whether the connection may have bound a subnet to this table.
    #[must_use]
    pub fn may_have_bound_to(&self, table: &RouteTable) -> bool {
        self.owns_table(table) || self.lent.contains(&table.route_table_id)
    }

    /// The table that a subnet used before the connection bound it to another.
    #[must_use]
    pub fn table_before(&self, subnet: &str) -> Option<&'a str> {
        self.outputs.jd.as_ref()?.bindings.get(subnet).map(String::as_str)
    }

    /// Whether another connection made a table, and deletes it when it goes.
    #[must_use]
    pub fn is_of_another(&self, table: &RouteTable) -> bool {
        !self.owns_table(table) && table.description.as_deref().is_some_and(Mark::is_of_any)
    }

    /// The tables that the connection made. There is more than one only where a process died, or two ran side by side: the
    /// recorded one comes first, then those with subnets.
    #[must_use]
    pub fn own_tables(&self) -> Vec<&'a RouteTable> {
        let mut own: Vec<_> = self.view.tables.iter().filter(|table| self.owns_table(table)).collect();
        let recorded = self.outputs.jd.as_ref().and_then(|jd| jd.route_table_id.as_ref());
        own.sort_by_key(|table| {
            let id = &table.route_table_id;
            (recorded != Some(id), self.view.bound_to(id).next().is_none(), id)
        });
        own
    }

    /// The table that was made and is wanted.
    #[must_use]
    pub fn made_table(&self) -> Option<&'a RouteTable> {
        if self.desired.makes_table { self.own_tables().first().copied() } else { None }
    }

    /// The tables that get the rules. The one that is to be made is called [`NEW`].
    #[must_use]
    pub fn targets(&self) -> Vec<&'a str> {
        if self.desired.makes_table {
            return vec![self.made_table().map_or(NEW, |table| table.route_table_id.as_str())];
        }
        self.desired.tables.iter().map(String::as_str).collect()
    }

    /// The rules that stand in a table.
    #[must_use]
    pub fn rules(&self, table: &str) -> &'a [RouteRule] {
        self.view.table(table).map(|table| table.rules.as_slice()).unwrap_or_default()
    }

    /// The subnets that are to be bound, each with the table that it uses now.
    #[must_use]
    pub fn movers(&self) -> Vec<(&'a str, &'a RouteTable)> {
        let targets = self.targets();
        let Some(target) = targets.first() else { return Vec::new() };
        let wanted = self.desired.subnets.iter().filter_map(|id| {
            let table = self.view.table_of(self.view.subnet(id)?)?;
            (table.route_table_id != *target).then_some((id.as_str(), table))
        });
        wanted.collect()
    }

    /// The rules of a table that are neither the VPC's own nor the connection's: what its subnets need.
    pub fn needed(&self, table: &'a RouteTable) -> impl Iterator<Item = &'a RouteRule> {
        table.rules.iter().filter(|rule| rule.next_hop_type != NextHopType::Local && !self.owns(rule))
    }

    /// The rules that subnets which are to be bound need in the table that is made.
    #[must_use]
    pub fn copies(&self) -> Vec<RouteRuleSpec> {
        let mut copies: Vec<RouteRuleSpec> = Vec::new();
        if self.desired.makes_table {
            for (_, table) in self.movers() {
                let of_table = self.needed(table).filter_map(RouteRuleSpec::copy_of);
                let new: Vec<_> = of_table.filter(|copy| !copies.iter().any(|known| same(known, copy))).collect();
                copies.extend(new);
            }
        }
        copies
    }
}

fn same(one: &RouteRuleSpec, other: &RouteRuleSpec) -> bool {
    key(one) == key(other)
}

fn key(rule: &RouteRuleSpec) -> (&NextHopType, &str, &Cidr, Option<u32>) {
    (&rule.next_hop_type, &rule.next_hop_id, &rule.address_prefix, rule.priority)
}

/// A range as rules write it.
#[must_use]
pub fn cidr(range: Ipv4Net) -> Cidr {
    Cidr::Net(IpNet::V4(range))
}

/// A rule for people: where to, and by what.
#[must_use]
pub fn inventory(rule: &RouteRule) -> String {
    format!("{} by {}", rule.address_prefix, rule.next_hop_id.as_deref().unwrap_or(rule.next_hop_type.as_str()))
}
