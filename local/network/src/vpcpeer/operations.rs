//! Every operation of the product, in one table.

use crate::vpc::operation::{Operation, read, write};

use super::{answer, change, create, list};

/// All of them. The service is central: only creating must name a region.
pub(super) static ALL: &[Operation] = &[
    write("CreateVpcPeerConnection", create::create).once(),
    write("AcceptVpcPeerConnection", answer::accept).region_optional().once(),
    write("RejectVpcPeerConnection", answer::reject).region_optional().once(),
    write("ModifyVpcPeerConnection", change::modify).region_optional().once(),
    write("DeleteVpcPeerConnection", change::delete).region_optional().once(),
    read("GetVpcPeerConnectionAttribute", list::attribute).region_optional(),
    read("ListVpcPeerConnections", list::list).region_optional(),
];
