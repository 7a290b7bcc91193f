//! Every call this crate makes, as an enum: errors name it, the table of codes matches on it.

use std::fmt;

pub use cloud_error::Effect;

macro_rules! calls {
    ($($effect:ident { $($call:ident = $name:literal),+ $(,)? })+) => {
        /// One call of the VPC product. Displays as the cloud's own name for it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Call {
            $($(#[doc = concat!("`", $name, "`")] $call,)+)+
        }

        impl Call {
            /// What it does to the cloud.
            #[must_use]
            pub const fn effect(self) -> Effect {
                match self { $($(Self::$call)|+ => Effect::$effect,)+ }
            }

            /// The cloud's name for it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$call => $name,)+)+ }
            }
        }
    };
}

calls! {
    Reads {
        DescribeVpc = "describeVpc",
        DescribeVpcs = "describeVpcs",
        DescribeSubnets = "describeSubnets",
        DescribeRouteTable = "describeRouteTable",
        DescribeRouteTables = "describeRouteTables",
        DescribeVpcPeering = "describeVpcPeering",
        DescribeVpcPeerings = "describeVpcPeerings",
        DescribeNetworkSecurityGroup = "describeNetworkSecurityGroup",
        DescribeNetworkSecurityGroups = "describeNetworkSecurityGroups",
        DescribeQuota = "describeQuota",
    }
    Creates {
        CreateRouteTable = "createRouteTable",
        AddRouteTableRules = "addRouteTableRules",
        CreateVpcPeering = "createVpcPeering",
        AddNetworkSecurityGroupRules = "addNetworkSecurityGroupRules",
    }
    Changes {
        AssociateRouteTable = "associateRouteTable",
        DisassociateRouteTable = "disassociateRouteTable",
        ModifyNetworkSecurityGroupRules = "modifyNetworkSecurityGroupRules",
    }
    Deletes {
        RemoveRouteTableRules = "removeRouteTableRules",
        DeleteRouteTable = "deleteRouteTable",
        DeleteVpcPeering = "deleteVpcPeering",
        RemoveNetworkSecurityGroupRules = "removeNetworkSecurityGroupRules",
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
