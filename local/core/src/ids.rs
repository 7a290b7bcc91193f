//! Names of things: the same seed gives the same ids, run after run.

use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const MIXED: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A source of identifiers, seeded.
///
/// Not a source of secrets for the outside world: whoever knows the seed knows every key that this cloud will issue. That is
/// what makes a run repeatable, and the cloud listens on loopback only.
#[derive(Debug)]
pub struct Ids(Mutex<fastrand::Rng>);

impl Ids {
    /// Ids that follow from `seed`. `run` counts how often the same state was opened, so that a second run on kept state
    /// does not issue the ids of the first again.
    #[must_use]
    pub fn new(seed: u64, run: u64) -> Self {
        Self(Mutex::new(fastrand::Rng::with_seed(mix(seed ^ mix(run)))))
    }

    /// `prefix-` and 20 lower-case letters and digits, as in `ri-2zeabc…`.
    #[must_use]
    pub fn resource(&self, prefix: &str) -> String {
        format!("{prefix}-{}", self.pick(LOWER, 20))
    }

    /// `prefix-` and ten lower-case letters and digits, as JD Cloud names things: `vpcpr-0abc…`.
    #[must_use]
    pub fn short(&self, prefix: &str) -> String {
        format!("{prefix}-{}", self.pick(LOWER, 10))
    }

    /// A request id as the RPC products write it: a UUID in capitals.
    #[must_use]
    pub fn request_id(&self) -> String {
        self.uuid().to_uppercase()
    }

    /// A UUID, version 4, in small letters.
    #[must_use]
    pub fn uuid(&self) -> String {
        let bytes: [u8; 16] = std::array::from_fn(|_| self.rng().u8(..));
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// `length` hexadecimal digits in capitals, as in an MNS request id.
    #[must_use]
    pub fn upper_hex(&self, length: usize) -> String {
        self.pick(b"0123456789ABCDEF", length)
    }

    /// `length` letters and digits: receipt handles, page tokens, keys.
    #[must_use]
    pub fn alphanumeric(&self, length: usize) -> String {
        self.pick(MIXED, length)
    }

    /// A number below `bound`, which must not be zero.
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        self.rng().u64(..bound)
    }

    fn pick(&self, alphabet: &[u8], length: usize) -> String {
        let mut rng = self.rng();
        (0..length).map(|_| char::from(alphabet[rng.usize(..alphabet.len())])).collect()
    }

    fn rng(&self) -> MutexGuard<'_, fastrand::Rng> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name that depends on nothing but `parts`: what the seed's resources are called in every run.
#[must_use]
pub fn derived(length: usize, parts: &[&str]) -> String {
    let mut state = parts
        .iter()
        .flat_map(|part| part.bytes().chain([0]))
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let mut name = String::with_capacity(length);
    for _ in 0..length {
        state = mix(state);
        let index = usize::try_from(state % LOWER.len() as u64).unwrap_or_default();
        let _ = name.write_char(char::from(LOWER[index]));
    }
    name
}

/// One step of SplitMix64: spreads neighbouring seeds far apart.
pub fn mix(value: u64) -> u64 {
    let z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_run_give_the_same_ids_and_the_next_run_gives_others() {
        let first = Ids::new(7, 0).resource("ri");
        assert_eq!(first, Ids::new(7, 0).resource("ri"));
        assert_ne!(first, Ids::new(7, 1).resource("ri"));
        assert_ne!(first, Ids::new(8, 0).resource("ri"));
        assert_eq!(first.len(), 23);
    }

    #[test]
    fn a_derived_name_depends_on_each_part_and_where_it_ends() {
        assert_eq!(derived(20, &["a", "b"]), derived(20, &["a", "b"]));
        assert_ne!(derived(20, &["a", "b"]), derived(20, &["ab", ""]));
    }

    #[test]
    fn a_request_id_is_a_uuid_in_capitals() {
        let id = Ids::new(1, 0).request_id();
        assert_eq!(id, id.to_uppercase());
        assert_eq!(uuid::Uuid::parse_str(&id).unwrap().get_version_num(), 4);
    }
}
