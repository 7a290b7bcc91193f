//! DescribeRouterInterfaces and DescribeRouterInterfaceAttribute.

use local_core::refuse_if;
use local_core::rpc::page::Page;
use local_core::rpc::{Params, RpcError, RpcRequest};
use serde_json::{Map, Value, json};

use super::super::place::Place;
use super::super::text;
use super::super::world::World;
use super::{Interface, RouterType};

/// What a filter looks at. Values of one key are alternatives; keys must all fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Id,
    RouterId,
    RouterType,
    Owner,
    OppositeInterfaceId,
    OppositeRouterType,
    OppositeRouterId,
    OppositeOwner,
    Status,
    Name,
}

impl Key {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "RouterInterfaceId" => Self::Id,
            "RouterId" => Self::RouterId,
            "RouterType" => Self::RouterType,
            "RouterInterfaceOwnerId" => Self::Owner,
            "OppositeInterfaceId" => Self::OppositeInterfaceId,
            "OppositeRouterType" => Self::OppositeRouterType,
            "OppositeRouterId" => Self::OppositeRouterId,
            "OppositeInterfaceOwnerId" => Self::OppositeOwner,
            "Status" => Self::Status,
            "Name" => Self::Name,
            _ => return None,
        })
    }

    fn of(self, interface: &Interface) -> &str {
        match self {
            Self::Id => &interface.id,
            Self::RouterId => &interface.router_id,
            Self::RouterType => RouterType::VRouter.word(),
            Self::Owner => &interface.account,
            Self::OppositeInterfaceId => &interface.opposite.interface_id,
            Self::OppositeRouterType => interface.opposite.router_type.map_or("", RouterType::word),
            Self::OppositeRouterId => &interface.opposite.router_id,
            Self::OppositeOwner => &interface.opposite.owner,
            Self::Status => interface.status.word(),
            Self::Name => &interface.name,
        }
    }
}

/// How many filters there may be, and how many values each.
const MOST: usize = 5;

fn read_filters(params: &Params) -> Result<Vec<(Key, Vec<String>)>, RpcError> {
    let filters = params.objects("Filter");
    refuse_if!(filters.len() > MOST, RpcError::invalid_parameter("Filter", &format!("there may be at most {MOST}")));
    filters
        .iter()
        .map(|filter| {
            let word = filter
                .get("Key")
                .ok_or_else(|| RpcError::bad("InvalidParam.NotNull", "The Key of a Filter must not be null."))?;
            let key = Key::parse(word).ok_or_else(|| {
                let message = format!("The specified Filter.Key \"{word}\" is not supported.");
                RpcError::missing("InvalidFilterKey.ValueNotSupported", message)
            })?;
            let values: Vec<String> = filter.list("Value").into_iter().map(str::to_owned).collect();
            if values.len() > MOST {
                return Err(RpcError::invalid_parameter("Filter.Value", &format!("there may be at most {MOST}")));
            }
            Ok((key, values))
        })
        .collect()
}

pub(in crate::vpc) fn list(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let page = Page::read(&request.params)?;
    let filters = read_filters(&request.params)?;
    let items = world
        .interfaces
        .at(&place)
        .map(|(_, interface)| interface)
        .filter(|interface| {
            filters
                .iter()
                .all(|(key, values)| values.is_empty() || values.iter().any(|value| value == key.of(interface)))
        })
        .map(|interface| Value::Object(world.interface_view(interface)))
        .collect();
    Ok(page.answer("RouterInterfaceSet", "RouterInterfaceType", items))
}

/// One interface at the top level. Of one that does not exist the answer is a success without an id: so Terraform knows it.
pub(in crate::vpc) fn attribute(world: &mut World, request: &RpcRequest) -> Result<Value, RpcError> {
    let place = Place::of(request);
    let id = request.params.required("InstanceId")?;
    let Some(interface) = world.interfaces.get(&place.key(id)) else {
        return Ok(json!({ "Success": true, "Code": "200", "Message": "", "RouterInterfaceId": "" }));
    };
    let mut view: Map<String, Value> = world.interface_view(interface);
    for (name, value) in [
        ("Success", Value::from(true)),
        ("Code", "200".into()),
        ("Message", "successful".into()),
        ("GmtModified", text::time(interface.modified).into()),
        ("HealthCheckStatus", "".into()),
    ] {
        view.insert(name.to_owned(), value);
    }
    Ok(Value::Object(view))
}
