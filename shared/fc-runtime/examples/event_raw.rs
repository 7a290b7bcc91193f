//! An event function that takes the bytes as they come, for events that are not JSON.
//!
//! ```sh
//! FC_SERVER_HOST=127.0.0.1 cargo run --example event_raw
//! curl --data-binary @picture.png http://127.0.0.1:9000/invoke
//! ```

use fc_runtime::{Error, Event, Raw, service_fn};
use serde::Serialize;

#[derive(Debug, PartialEq, Serialize)]
struct Kind {
    bytes: usize,
    kind: &'static str,
}

async fn handler(event: Event<Raw>) -> Result<Kind, Error> {
    let kind = match &event.payload[..] {
        [0x89, b'P', b'N', b'G', ..] => "png",
        [0xff, 0xd8, 0xff, ..] => "jpeg",
        _ => return Err("neither a PNG nor a JPEG".into()),
    };
    Ok(Kind { bytes: event.payload.len(), kind })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    fc_runtime::logging::init();
    fc_runtime::run(service_fn(handler)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use fc_runtime::Context;

    #[tokio::test]
    async fn a_picture_is_told_by_its_first_bytes() {
        let event = |bytes: &'static [u8]| Event::new(Raw(bytes.into()), Context::default());
        assert_eq!(handler(event(b"\x89PNG..")).await.unwrap(), Kind { bytes: 6, kind: "png" });
        assert!(handler(event(b"text")).await.is_err());
    }
}
