//! Load: many connections, each of which sends its next request when the answer to the last one is whole.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What one turn of load came to.
#[derive(Debug, Clone, Default)]
pub struct Turn {
    /// How long each request took, in microseconds.
    pub latencies: Vec<f64>,
    /// How long the turn took.
    pub elapsed: Duration,
}

impl Turn {
    /// Requests in a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }
}

/// Sends `request` over `connections` for as long as `time`, and checks that every answer ends with `answer`.
///
/// # Errors
/// When the server hangs up or answers otherwise.
pub async fn turn(
    address: SocketAddr,
    request: &'static [u8],
    answer: &'static [u8],
    connections: usize,
    time: Duration,
) -> io::Result<Turn> {
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::to(address).await?);
    }
    let start = Instant::now();
    let mut senders = JoinSet::new();
    for mut connection in open {
        senders.spawn(async move {
            let mut latencies = Vec::new();
            let mut before = Instant::now();
            while before.duration_since(start) < time {
                connection.exchange(request, answer).await?;
                let after = Instant::now();
                latencies.push(after.duration_since(before).as_secs_f64() * 1e6);
                before = after;
            }
            io::Result::Ok(latencies)
        });
    }
    let mut turn = Turn::default();
    while let Some(sent) = senders.join_next().await {
        turn.latencies.extend(sent??);
    }
    turn.elapsed = start.elapsed();
    Ok(turn)
}

/// One connection that is kept open.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub async fn to(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(4096) })
    }

    /// Sends a request and reads its answer to the end.
    ///
    /// # Errors
    /// When the server hangs up, or the answer is no 200 that ends with `answer`.
    pub async fn exchange(&mut self, request: &[u8], answer: &[u8]) -> io::Result<()> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        while !is_whole(&self.buffer) {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        if self.buffer.starts_with(b"HTTP/1.1 200 ") && self.buffer.ends_with(answer) {
            return Ok(());
        }
        Err(io::Error::other(format!("answered with {}", String::from_utf8_lossy(&self.buffer))))
    }
}

/// Whether an answer with a `content-length`, as all peers send it, has come to its end.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let length = answer[..end].split(|byte| *byte == b'\n').find_map(|line| {
        let (name, value) = std::str::from_utf8(line).ok()?.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    length.is_some_and(|length| answer.len() >= end + 4 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_as_many_bytes_came_as_it_says() {
        assert!(is_whole(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"));
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab"));
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n"));
    }
}
