//! Limits, and switches for what no source says of the real cloud.

/// Which groups of others a rule may name (docs/reference/vpc-connection-apis.md, section 4: the sources disagree).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupReferences {
    /// Those of the same region, as the tutorial does it.
    SameRegion,
    /// Those of the same VPC only, as the error tables have it.
    SameVpc,
}

/// How this cloud behaves where accounts differ or the documentation is silent (docs/reference/vpc-connection-apis.md,
/// section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Rules of one security group.
    pub rules_per_group: usize,
    /// Rules of a basic security group that name another group.
    pub references_per_group: usize,
    /// Which groups of others a rule may name.
    pub group_references: GroupReferences,
    /// Whether a rule that is there already is refused, as the text of 2019 says, or passed over.
    pub refuse_repeated_rules: bool,
    /// Whether members of an advanced security group may go where no outbound rule says otherwise, as those of a basic one
    /// may. The documentation does not say.
    pub advanced_groups_let_out: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rules_per_group: 200,
            references_per_group: 20,
            group_references: GroupReferences::SameRegion,
            refuse_repeated_rules: false,
            advanced_groups_let_out: true,
        }
    }
}
