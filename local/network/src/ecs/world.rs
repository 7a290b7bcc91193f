//! The tables of the product. They are part of the one world of the network.

use std::collections::BTreeSet;

use jiff::Timestamp;
use local_core::delays::Delays;
use local_core::shared::Shared;
use local_core::table::{Changes, StorageError, Table};

use super::assistant::{Invocation, Runs};
use super::group::Group;
use super::instance::Instance;
use super::settings::Settings;
use crate::vpc::world::Settling;

/// Everything the product knows.
#[derive(Debug)]
pub(crate) struct Ecs {
    pub settings: Settings,
    pub(super) groups: Table<Group>,
    pub instances: Settling<Instance>,
    pub(super) invocations: Table<Invocation>,
    pub(super) runs: Runs,
    /// The ports on which instances answer, for those that were told which.
    pub(super) open_ports: Table<BTreeSet<u16>>,
}

impl Ecs {
    pub(crate) fn load(shared: &Shared) -> Result<Self, StorageError> {
        Ok(Self {
            settings: Settings::default(),
            groups: Table::load(&shared.storage, "ecs_groups")?,
            instances: Settling::load(shared, "ecs_instances")?,
            invocations: Table::load(&shared.storage, "ecs_invocations")?,
            runs: Runs::load(shared)?,
            open_ports: Table::load(&shared.storage, "ecs_open_ports")?,
        })
    }

    /// When the next command begins or ends on its instance.
    pub(crate) fn next_run(&self, delays: &Delays) -> Option<Timestamp> {
        self.runs.next(delays)
    }

    /// The tables, to be written.
    pub(crate) fn changes(&mut self) -> Vec<&mut dyn Changes> {
        vec![
            &mut self.groups,
            &mut self.instances.rows,
            &mut self.invocations,
            &mut self.runs.rows,
            &mut self.open_ports,
        ]
    }
}
