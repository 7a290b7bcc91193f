//! Whether there is room for what would be made.

use fn_authorize_security_group::on_jdcloud::groups;
use futures::future::join_all;
use ipnet::Ipv4Net;
use jdcloud::Kind;
use jdcloud::vpc::{Quota, QuotaType};

use super::super::PreflightError;
use super::{Found, tables};

/// Something that would be made, and where that is counted.
struct Need {
    field: &'static str,
    kind: QuotaType,
    parent: String,
    more: usize,
    /// What the parent counts by now does not matter: it is another one of its kind that is to be made.
    afresh: bool,
    what: &'static str,
}

/// Every quota that would be exceeded on a side.
pub(super) async fn exceeded(
    found: &Found<'_>,
    peer: &[Ipv4Net],
    route_tables: &[String],
) -> Result<Vec<PreflightError>, PreflightError> {
    let needs = needs(found, peer, route_tables);
    let asked = needs.iter().map(|need| found.vpc.describe_quota(&need.kind, Some(&need.parent)));
    let mut errors = Vec::new();
    for (need, quota) in needs.iter().zip(join_all(asked).await) {
        let quota = match quota {
            Ok(quota) if need.afresh => Quota { count: Some(0), ..quota },
            Ok(quota) => quota,
            // Not every revision of the product knows every kind of quota. What is exceeded shows when it is made.
            Err(error) if matches!(error.kind(), Kind::Refused | Kind::Gone) => continue,
            Err(error) => return Err(PreflightError::of(found.at(need.field), error)),
        };
        if !quota.has_room_for(u64::try_from(need.more).unwrap_or(u64::MAX)) {
            let (limit, count) = (quota.max_limit.unwrap_or_default(), quota.count.unwrap_or_default());
            let detail = format!(
                "{} more {} would be needed; {} has {count} of {limit}; remove what nobody needs, or ask for more by a ticket",
                need.more, need.what, need.parent
            );
            errors.push(PreflightError::at(found.at(need.field), detail));
        }
    }
    Ok(errors)
}

fn needs(found: &Found<'_>, peer: &[Ipv4Net], route_tables: &[String]) -> Vec<Need> {
    let vpc = found.given.vpc_id.to_string();
    let (desired, outputs, mark) = (tables::desired(found, peer, route_tables), found.outputs(), found.mark());
    let routes = tables::routes(found, &desired, &outputs);
    let mut needs = Vec::new();
    if !found.has_half() {
        let (kind, what) = (QuotaType::VpcPeering, "peering");
        needs.push(Need { field: "vpc_id", kind, parent: vpc.clone(), more: 1, afresh: false, what });
    }
    let wanted = routes.wanted_rules("").len();
    if desired.makes_table && routes.made_table().is_none() {
        let (kind, what) = (QuotaType::RouteTable, "route table");
        needs.push(Need { field: "subnet_ids", kind, parent: vpc, more: 1, afresh: false, what });
        // What a new table may hold, one that stands tells.
        if let Some((_, table)) = routes.movers().first() {
            let (kind, what) = (QuotaType::StaticRoute, "rules of a new route table");
            let (parent, more) = (table.route_table_id.clone(), wanted + routes.copies().len());
            needs.push(Need { field: "subnet_ids", kind, parent, more, afresh: true, what });
        }
    } else {
        for target in routes.targets() {
            let own = routes.rules(target).iter().filter(|rule| routes.owns(rule)).count();
            let more = (wanted + routes.copies().len()).saturating_sub(own);
            let (kind, what) = (QuotaType::StaticRoute, "rules");
            let parent = target.to_owned();
            needs.push(Need { field: "vpc_id", kind, parent, more, afresh: false, what });
        }
    }
    let wanted = groups::wanted(found.given, peer, mark.as_ref());
    for (group, rules) in found.groups.missing(&wanted) {
        let (kind, what) = (QuotaType::SecurityGroupRule, "rules");
        needs.push(Need { field: "security_groups", kind, parent: group, more: rules.len(), afresh: false, what });
    }
    needs.retain(|need| need.more > 0);
    needs
}
