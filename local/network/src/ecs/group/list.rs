//! DescribeSecurityGroups and DescribeSecurityGroupAttribute.

use local_core::rpc::page::{Cursor, Page};
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Value, json};

use super::rule::{Direction, Rule, Source};
use super::{Group, find, members, refusal};
use crate::vpc::text::time;
use crate::vpc::{Place, World};

pub(in crate::ecs) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let ids = id_list(params, "SecurityGroupIds")?;
    let is = |name: &str, value: &str| params.get(name).is_none_or(|wanted| wanted == value);
    let prefix = place.prefix();
    let items: Vec<(String, Value)> = world
        .ecs
        .groups
        .prefixed(&prefix)
        .filter(|(_, group)| ids.as_ref().is_none_or(|ids| ids.contains(&group.id)))
        .filter(|(_, group)| is("SecurityGroupId", &group.id) && is("VpcId", &group.vpc_id))
        .filter(|(_, group)| is("SecurityGroupName", &group.name) && is("SecurityGroupType", group.kind.word()))
        .map(|(key, group)| (key.to_owned(), group_view(world, &place, group)))
        .collect();
    let mut answer = by_page_or_token(params, "SecurityGroups", "SecurityGroup", items)?;
    answer["RegionId"] = place.region.into();
    Ok(answer)
}

fn group_view(world: &World, place: &Place, group: &Group) -> Value {
    json!({
        "SecurityGroupId": group.id,
        "SecurityGroupName": group.name,
        "Description": group.description,
        "SecurityGroupType": group.kind.word(),
        "VpcId": group.vpc_id,
        "EcsCount": members(world, place, &group.id),
        "RuleCount": group.rules.len(),
        "ResourceGroupId": "",
        "ServiceManaged": false,
        "Tags": { "Tag": [] },
        "CreationTime": time(group.created),
    })
}

pub(in crate::ecs) fn attribute(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let group = find(world, &place, params)?;
    let wanted = match params.get("Direction") {
        None | Some("all") => None,
        Some("ingress") => Some(Direction::In),
        Some("egress") => Some(Direction::Out),
        Some(_) => return Err(RpcError::invalid_parameter("Direction", "it must be ingress, egress or all")),
    };
    let wants_intranet = match params.get("NicType") {
        None | Some("intranet") => true,
        Some("internet") => false,
        Some(word) => return Err(refusal::bad_nic_type(word)),
    };
    let cursor = Cursor::named("MaxResults", 10..=1000, 500, params)?;
    // Every rule here is one of the intranet. In the order in which they were made.
    let is_wanted = |rule: &&Rule| wants_intranet && wanted.is_none_or(|direction| rule.term.direction == direction);
    let rules = group.rules.iter().filter(is_wanted);
    let items = rules.enumerate().map(|(number, rule)| (format!("{number:04}"), rule_view(rule))).collect();
    let (rules, next) = cursor.cut(items);
    Ok(json!({
        "SecurityGroupId": group.id,
        "SecurityGroupName": group.name,
        "Description": group.description,
        "VpcId": group.vpc_id,
        "RegionId": place.region,
        "InnerAccessPolicy": if group.joins_members() { "Accept" } else { "Drop" },
        "Permissions": { "Permission": rules },
        "NextToken": next,
    }))
}

/// Which other groups have rules that name the given ones.
pub(in crate::ecs) fn references(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let (place, params) = (Place::of(request), &request.params);
    let ids = params.list("SecurityGroupId");
    if ids.is_empty() {
        return Err(RpcError::missing_parameter("SecurityGroupId.1"));
    }
    let mut found = Vec::new();
    for id in &ids {
        let group = world.ecs.groups.get(&place.key(id)).ok_or_else(|| refusal::not_found(id))?;
        let names = |rule: &Rule| matches!(&rule.term.source, Source::Group { id, .. } if *id == group.id);
        let naming = world.ecs.groups.iter().map(|(_, other)| other).filter(|other| other.rules.iter().any(names));
        let naming: Vec<_> =
            naming.map(|other| json!({"SecurityGroupId": other.id, "AliUid": other.account})).collect();
        if !naming.is_empty() {
            found.push(json!({
                "SecurityGroupId": group.id, "ReferencingSecurityGroups": {"ReferencingSecurityGroup": naming},
            }));
        }
    }
    Ok(json!({ "SecurityGroupReferences": {"SecurityGroupReference": found} }))
}

fn rule_view(rule: &Rule) -> Value {
    let term = &rule.term;
    let (mut range, mut range6, mut group, mut owner) = (String::new(), String::new(), "", "");
    match &term.source {
        Source::Range(net) => range = net.to_string(),
        Source::Range6(net) => range6 = net.to_string(),
        Source::Group { id, owner: of } => (group, owner) = (id, of),
    }
    let own = term.destination.as_str();
    let (source, dest) = match term.direction {
        Direction::In => ([&range, &range6, group, owner], [own, "", "", ""]),
        Direction::Out => ([own, "", "", ""], [range.as_str(), &range6, group, owner]),
    };
    json!({
        "SecurityGroupRuleId": rule.id,
        "Direction": term.direction.word(),
        "IpProtocol": term.protocol.word(),
        "PortRange": format!("{}/{}", term.ports.0, term.ports.1),
        "SourcePortRange": term.source_ports,
        "Policy": term.policy.word(),
        "Priority": term.priority.to_string(),
        "NicType": "intranet",
        "SourceCidrIp": source[0],
        "Ipv6SourceCidrIp": source[1],
        "SourceGroupId": source[2],
        "SourceGroupName": "",
        // The account's id, whatever the field's name says.
        "SourceGroupOwnerAccount": source[3],
        "SourcePrefixListId": "",
        "SourcePrefixListName": "",
        "DestCidrIp": dest[0],
        "Ipv6DestCidrIp": dest[1],
        "DestGroupId": dest[2],
        "DestGroupName": "",
        "DestGroupOwnerAccount": dest[3],
        "DestPrefixListId": "",
        "DestPrefixListName": "",
        "Description": rule.description,
        "CreateTime": time(rule.created),
    })
}

/// A parameter that holds ids as a JSON list.
pub(in crate::ecs) fn id_list(params: &Params, name: &str) -> Result<Option<Vec<String>>, RpcError> {
    let read =
        |text| serde_json::from_str(text).map_err(|_| RpcError::invalid_parameter(name, "it must be a JSON list"));
    params.get(name).map(read).transpose()
}

/// A listing that pages by number, or by token where the request asks for it.
pub(in crate::ecs) fn by_page_or_token(
    params: &Params,
    outer: &str,
    inner: &str,
    items: Vec<(String, Value)>,
) -> Result<Value, RpcError> {
    if params.get("MaxResults").is_none() && params.get("NextToken").is_none() {
        let items = items.into_iter().map(|(_, item)| item).collect();
        return Ok(Page::up_to(100, params)?.answer(outer, inner, items));
    }
    let total = items.len();
    let (page, next) = Cursor::named("MaxResults", 1..=100, 10, params)?.cut(items);
    Ok(json!({ outer: { inner: page }, "NextToken": next, "TotalCount": total }))
}
