//! What `ping` printed. Pure.
//!
//! Two families are read: iputils, which most distributions have, and busybox, whose words BSD and inetutils share. Both end
//! in a line that counts packets and, if any came back, one with the times in milliseconds:
//!
//! ```text
//! 5 packets transmitted, 4 received, 20% packet loss, time 4005ms
//! rtt min/avg/max/mdev = 0.045/0.060/0.080/0.010 ms
//! 5 packets transmitted, 4 packets received, 20% packet loss
//! round-trip min/avg/max = 0.045/0.060/0.080 ms
//! ```

/// The count at the end of a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Packets sent; at least one.
    pub sent: u32,
    /// Packets that came back, none counted twice.
    pub received: u32,
    /// The mean round-trip time, in microseconds.
    pub mean_rtt_us: Option<u64>,
}

impl Statistics {
    /// Reads the output of a ping. `None` when it holds no count, or one of no packets.
    #[must_use]
    pub fn read(output: &str) -> Option<Self> {
        let (sent, received) = output.lines().rev().find_map(count)?;
        let mean_rtt_us = output.lines().rev().find_map(mean);
        (sent > 0).then_some(Self { sent, received: received.min(sent), mean_rtt_us })
    }

    /// Packets lost, in percent: 0 only if none was, 100 only if all were.
    #[must_use]
    pub fn loss_percent(&self) -> u8 {
        let lost = u64::from(self.sent - self.received);
        let percent = match lost * 100 / u64::from(self.sent) {
            0 if lost > 0 => 1,
            percent => percent,
        };
        u8::try_from(percent).expect("no more packets are lost than were sent")
    }
}

/// Packets sent and received.
fn count(line: &str) -> Option<(u32, u32)> {
    let (sent, rest) = line.split_once(" packets transmitted,")?;
    let received = rest.split(',').find_map(|part| part.trim().strip_suffix("received"))?;
    let received = received.trim().trim_end_matches("packets").trim();
    Some((sent.trim().parse().ok()?, received.parse().ok()?))
}

/// The second of the times, in microseconds.
fn mean(line: &str) -> Option<u64> {
    let (names, times) = line.split_once('=')?;
    if !names.contains("min/avg/max") {
        return None;
    }
    microseconds(times.split('/').nth(1)?.trim())
}

/// Milliseconds with at most three decimals that count, such as `12.0345`.
fn microseconds(milliseconds: &str) -> Option<u64> {
    let (whole, part) = milliseconds.split_once('.').unwrap_or((milliseconds, ""));
    let digits = part.bytes().all(|byte| byte.is_ascii_digit());
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    let (whole, part): (u64, u64) = (whole.parse().ok()?, part.parse().ok()?);
    digits.then(|| whole.saturating_mul(1000).saturating_add(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    const IPUTILS: &str = "PING 172.16.0.5 (172.16.0.5) 56(84) bytes of data.\n\
        64 bytes from 172.16.0.5: icmp_seq=1 ttl=64 time=26.1 ms\n\
        64 bytes from 172.16.0.5: icmp_seq=2 ttl=64 time=25.9 ms\n\n\
        --- 172.16.0.5 ping statistics ---\n\
        5 packets transmitted, 5 received, 0% packet loss, time 4005ms\n\
        rtt min/avg/max/mdev = 25.912/26.034/26.151/0.098 ms\n";

    fn read(output: &str) -> Option<(u32, u32, u8, Option<u64>)> {
        let read = Statistics::read(output)?;
        Some((read.sent, read.received, read.loss_percent(), read.mean_rtt_us))
    }

    #[test]
    fn iputils_says_how_many_came_back_and_how_fast() {
        assert_eq!(read(IPUTILS), Some((5, 5, 0, Some(26_034))));
    }

    #[test]
    fn a_pipe_behind_the_times_does_no_harm() {
        let output = "5 packets transmitted, 2 received, 60% packet loss, time 4090ms\n\
            rtt min/avg/max/mdev = 0.045/1040.5/2080.9/3.1 ms, pipe 2";
        assert_eq!(read(output), Some((5, 2, 60, Some(1_040_500))));
    }

    #[test]
    fn when_nothing_comes_back_there_are_no_times() {
        let output = "PING 172.16.0.5 (172.16.0.5) 56(84) bytes of data.\n\n--- 172.16.0.5 ping statistics ---\n\
            5 packets transmitted, 0 received, 100% packet loss, time 4099ms\n\n";
        assert_eq!(read(output), Some((5, 0, 100, None)));
    }

    #[test]
    fn errors_and_duplicates_in_between_are_passed_over() {
        let errors = "From 192.168.0.7 icmp_seq=1 Destination Host Unreachable\n\
            5 packets transmitted, 0 received, +5 errors, 100% packet loss, time 4082ms\npipe 4";
        assert_eq!(read(errors), Some((5, 0, 100, None)));
        let duplicates = "5 packets transmitted, 5 received, +2 duplicates, 0% packet loss, time 4004ms";
        assert_eq!(read(duplicates), Some((5, 5, 0, None)));
    }

    #[test]
    fn busybox_repeats_the_word_packets() {
        let output = "PING 172.16.0.5 (172.16.0.5): 56 data bytes\n64 bytes from 172.16.0.5: seq=0 ttl=64 time=0.093 ms\n\n\
            --- 172.16.0.5 ping statistics ---\n5 packets transmitted, 4 packets received, 20% packet loss\n\
            round-trip min/avg/max = 0.050/0.073/0.093 ms\n";
        assert_eq!(read(output), Some((5, 4, 20, Some(73))));
        let lost = "5 packets transmitted, 0 packets received, 100% packet loss\n";
        assert_eq!(read(lost), Some((5, 0, 100, None)));
        let duplicates = "5 packets transmitted, 5 packets received, 3 duplicates, 0% packet loss";
        assert_eq!(read(duplicates), Some((5, 5, 0, None)));
    }

    #[test]
    fn bsd_and_inetutils_count_with_a_decimal_point_and_a_deviation() {
        let output = "5 packets transmitted, 5 packets received, 0.0% packet loss\n\
            round-trip min/avg/max/stddev = 25.912/26/26.151/0.098 ms";
        assert_eq!(read(output), Some((5, 5, 0, Some(26_000))));
    }

    #[test]
    fn partial_loss_is_never_rounded_to_none_or_all() {
        let of = |sent, received| Statistics { sent, received, mean_rtt_us: None }.loss_percent();
        assert_eq!([of(1000, 999), of(1000, 1), of(3, 2), of(5, 5), of(5, 0)], [1, 99, 33, 0, 100]);
    }

    #[test]
    fn what_holds_no_count_is_not_understood() {
        for output in [
            "",
            "sh: ping: command not found",
            "ping: connect: Network is unreachable",
            "PING 172.16.0.5 (172.16.0.5) 56(84) bytes of data.\n64 bytes from 172.16.0.5: icmp_seq=1 ttl=64 time=26.1 ms",
            "x packets transmitted, y received",
            "0 packets transmitted, 0 received",
        ] {
            assert_eq!(read(output), None, "{output}");
        }
    }
}
