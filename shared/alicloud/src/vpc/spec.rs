//! Bandwidth classes of router interfaces.

use cloud_wire::words;

words! {
    /// The bandwidth class of a router interface. Not every class exists between every two regions.
    Spec {
        /// 2 Mbit/s.
        Mini2 = "Mini.2",
        /// 5 Mbit/s.
        Mini5 = "Mini.5",
        /// 10 Mbit/s.
        Small1 = "Small.1",
        /// 20 Mbit/s.
        Small2 = "Small.2",
        /// 50 Mbit/s.
        Small5 = "Small.5",
        /// 100 Mbit/s.
        Middle1 = "Middle.1",
        /// 200 Mbit/s.
        Middle2 = "Middle.2",
        /// 500 Mbit/s.
        Middle5 = "Middle.5",
        /// 1 Gbit/s.
        Large1 = "Large.1",
        /// 2 Gbit/s.
        Large2 = "Large.2",
        /// 5 Gbit/s.
        Large5 = "Large.5",
        /// 10 Gbit/s.
        Xlarge1 = "Xlarge.1",
        /// No bandwidth of its own: what an acceptor must have.
        Negative = "Negative",
    }
}

impl Spec {
    /// The bandwidth in Mbit/s; `None` for an acceptor, or a class this version does not know.
    #[must_use]
    pub const fn mbps(&self) -> Option<u32> {
        Some(match self {
            Self::Mini2 => 2,
            Self::Mini5 => 5,
            Self::Small1 => 10,
            Self::Small2 => 20,
            Self::Small5 => 50,
            Self::Middle1 => 100,
            Self::Middle2 => 200,
            Self::Middle5 => 500,
            Self::Large1 => 1000,
            Self::Large2 => 2000,
            Self::Large5 => 5000,
            Self::Xlarge1 => 10_000,
            Self::Negative | Self::Unknown(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_reads_back_as_itself_and_is_wider_than_the_one_before() {
        let mut last = 0;
        for spec in Spec::KNOWN {
            assert_eq!(&Spec::from(spec.as_str()), spec);
            if *spec != Spec::Negative {
                assert!(spec.mbps().unwrap() > last, "{spec}");
                last = spec.mbps().unwrap();
            }
        }
        assert_eq!(last, 10_000);
    }

    #[test]
    fn a_new_class_is_kept_as_it_came() {
        let spec: Spec = serde_json::from_str("\"Xlarge.2\"").unwrap();
        assert_eq!(spec, Spec::Unknown("Xlarge.2".to_owned()));
        assert_eq!((spec.as_str(), spec.mbps()), ("Xlarge.2", None));
    }
}
