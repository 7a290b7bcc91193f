//! The regions and zones of this cloud.

/// A region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Such as `cn-qingdao`.
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    zones: &'static str,
}

impl Region {
    /// The region with this id.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        ALL.iter().find(|region| region.id == id)
    }

    /// Its zones: `cn-qingdao-b` in China, `eu-central-1a` elsewhere.
    pub fn zones(&self) -> impl Iterator<Item = String> + '_ {
        let dash = if self.id.ends_with(|c: char| c.is_ascii_digit()) { "" } else { "-" };
        self.zones.chars().map(move |letter| format!("{}{dash}{letter}", self.id))
    }

    /// The host of its VPC endpoint. `cn-hangzhou` answers under the name without a region.
    #[must_use]
    pub fn vpc_endpoint(&self) -> String {
        match self.id {
            "cn-hangzhou" => "vpc.aliyuncs.com".to_owned(),
            id => format!("vpc.{id}.aliyuncs.com"),
        }
    }
}

/// Every region.
pub const ALL: &[Region] = &[
    region("cn-qingdao", "China (Qingdao)", "bc"),
    region("cn-beijing", "China (Beijing)", "abcdefghijkl"),
    region("cn-zhangjiakou", "China (Zhangjiakou)", "abc"),
    region("cn-huhehaote", "China (Hohhot)", "ab"),
    region("cn-wulanchabu", "China (Ulanqab)", "abc"),
    region("cn-hangzhou", "China (Hangzhou)", "bcdefghijk"),
    region("cn-shanghai", "China (Shanghai)", "abcdefglmn"),
    region("cn-nanjing", "China (Nanjing - Local Region)", "a"),
    region("cn-fuzhou", "China (Fuzhou - Local Region)", "a"),
    region("cn-shenzhen", "China (Shenzhen)", "abcdef"),
    region("cn-heyuan", "China (Heyuan)", "ab"),
    region("cn-guangzhou", "China (Guangzhou)", "ab"),
    region("cn-chengdu", "China (Chengdu)", "ab"),
    region("cn-hongkong", "China (Hong Kong)", "bcd"),
    region("ap-northeast-1", "Japan (Tokyo)", "abc"),
    region("ap-northeast-2", "South Korea (Seoul)", "ab"),
    region("ap-southeast-1", "Singapore", "abc"),
    region("ap-southeast-3", "Malaysia (Kuala Lumpur)", "abc"),
    region("ap-southeast-5", "Indonesia (Jakarta)", "abc"),
    region("ap-southeast-6", "Philippines (Manila)", "ab"),
    region("ap-southeast-7", "Thailand (Bangkok)", "ab"),
    region("us-east-1", "US (Virginia)", "ab"),
    region("us-west-1", "US (Silicon Valley)", "ab"),
    region("eu-west-1", "UK (London)", "ab"),
    region("eu-central-1", "Germany (Frankfurt)", "abc"),
    region("me-east-1", "UAE (Dubai)", "a"),
    region("me-central-1", "SAU (Riyadh)", "ab"),
];

const fn region(id: &'static str, name: &'static str, zones: &'static str) -> Region {
    Region { id, name, zones }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_named_as_their_part_of_the_world_names_them() {
        let zones = |id| Region::find(id).unwrap().zones().collect::<Vec<_>>();
        assert_eq!(zones("cn-qingdao"), ["cn-qingdao-b", "cn-qingdao-c"]);
        assert_eq!(zones("eu-west-1"), ["eu-west-1a", "eu-west-1b"]);
        assert!(Region::find("cn-atlantis").is_none());
    }
}
