//! What a client sees, and what the log says, when a handler or a client breaks the rules of HTTP.
//!
//! The client is FC, or whoever calls a function that runs elsewhere. A call that *fails* is answered with 500 by an HTTP function
//! and with 404 otherwise, has `x-fc-status: 404`, and ends with the line `FC Invoke End RequestId: …, Error: Unhandled function
//! error`. A connection is *closed* after what stands before; everywhere else it stays open for the next call. Where the log says
//! nothing, it has the marker lines of a call that ended well. The words quoted here are written through `tracing`; where no
//! subscriber is set, they stand among the marker lines.
//!
//! # Handlers
//!
//! | what a handler does | what the client sees | what the log says |
//! | --- | --- | --- |
//! | sends headers about the connection (`connection` and those it names, `keep-alive`, `proxy-connection`, `te`, `transfer-encoding`, `upgrade`) | the answer without them | nothing |
//! | announces a `trailer` for a body without chunks | the answer without it | nothing |
//! | sends whole bytes with a wrong `content-length` | the bytes with their own length | nothing |
//! | streams as many bytes as its `content-length` says | the bytes with that length | nothing |
//! | streams without a `content-length` | chunks | nothing |
//! | streams with a `content-length` that is no number, or with two that differ | `500` | `InvalidAnswer: the handler's answer cannot be sent: …content-length` |
//! | streams a body that knows another length than its `content-length` says | `500` | `InvalidAnswer: the handler's answer cannot be sent: its content-length is 5 and its body has 4 bytes` |
//! | streams fewer bytes than was said | an answer cut off, closed | `InvalidAnswer: the body ended 2 bytes before the 5 of its content-length` |
//! | streams more bytes than was said | an answer cut off, closed | `InvalidAnswer: the body goes on after the 3 bytes of its content-length` |
//! | streams and fails | an answer cut off, closed | `[ERROR] Error: the source is gone` |
//! | streams and panics | an answer cut off, closed | `[ERROR] Panic: at 1` |
//! | streams faster than its client reads | the bytes; the stream waits for them to be read | nothing |
//! | sends a body with 204 or 304 | the head alone | nothing |
//! | sends a body to a HEAD | the head alone, with the `content-length` of the body | nothing |
//! | answers with a status below 200 | `500` | `InvalidAnswer: the handler's answer cannot be sent: 1… announces an answer and is none` |
//! | answers a CONNECT with 2xx | `500` | `InvalidAnswer: the handler's answer cannot be sent: 200 OK would open a tunnel, which this runtime cannot` |
//! | answers in another version of HTTP | the answer in HTTP/1.1 | nothing |
//! | answers and leaves the request's body unread | the answer; closed if more than 32 MB, or two seconds' worth, are left | nothing |
//! | returns a number for an event that JSON lacks, infinite or NaN | `404` | `serde_json::error::Error: rate: JSON has no number NaN` |
//!
//! An answer that is cut off may lack its head too: what was not yet on the wire is not sent.
//!
//! # Clients
//!
//! | what a client does | what it sees | what the log says |
//! | --- | --- | --- |
//! | sends up to 1688 headers, which FC's 8 KB hold | the answer | nothing |
//! | sends more headers, or a head of more than 400 KB | `431`, closed | `[WARN] refused a request that HTTP does not allow, and closed its connection: message head is too large` |
//! | asks for a target of more than 64 KB | `414`, closed | `[WARN] refused a request that HTTP does not allow, and closed its connection: URI too long` |
//! | sends a request line that cannot be read, or a version that is neither 1.0 nor 1.1 | `400`, closed | `[WARN] refused a request that HTTP does not allow, and closed its connection: invalid` |
//! | sends a header with a NUL, a folded one, one without a colon, or one with a space before it | `400`, closed | `[WARN] refused a request that HTTP does not allow, and closed its connection: invalid HTTP header parsed` |
//! | sends a `content-length` that is no number, two that differ, a `transfer-encoding` that does not end with `chunked`, or one in HTTP/1.0 | `400`, closed | `[WARN] refused a request that HTTP does not allow, and closed its connection: …parsed` |
//! | speaks HTTP/2 | closed | `[WARN] refused a request that HTTP does not allow, and closed its connection: invalid HTTP version parsed (found HTTP2 preface)` |
//! | sends both `content-length` and `transfer-encoding` | the answer to the chunks, closed | nothing |
//! | sends a body of more than 32 MB | `413`, closed | `BodyError: the body is longer than 33554432 bytes` |
//! | sends chunks that are none | `400`, closed; the handler of an HTTP function gets an error as it reads | `BodyError: the body could not be read to its end; …Invalid chunk size` |
//! | shuts its side within a body | `400`, closed | `BodyError: the body could not be read to its end; ` |
//! | shuts its side within a head | closed | `[WARN] a client left before its request was whole, or answered: ` |
//! | shuts its side after its requests | the answers that come within two seconds, closed | nothing |
//! | sends a head in pieces, as slowly as it likes | the answer | nothing |
//! | sends `expect: 100-continue` | 100 once the handler reads the body, then the answer | nothing |
//! | sends `expect: 100-continue` to a handler that does not read the body | the answer without 100, closed | nothing |
//! | expects anything else | the answer; the handler sees the header | nothing |
//! | speaks HTTP/1.0 | the answer in HTTP/1.0, closed | nothing |
//! | speaks HTTP/1.0 with `connection: keep-alive` | the answer with the same header; closed after a stream without a length | nothing |
//! | sends requests ahead | the answers in their order | nothing |
//! | sends what cannot be read after other requests | the answers of those, `400`, closed | `[WARN] refused a request that HTTP does not allow, and closed its connection: ` |
//! | asks for an `upgrade` | an ordinary answer | nothing |
//! | leaves before its answer | | `[WARN] the call was dropped before its answer was complete: the caller left, or the runtime stopped` two seconds later |
//! | leaves within a streamed answer | | `[WARN] the call was dropped before its answer was complete: the caller left, or the runtime stopped` two seconds later |
//! | connects and leaves without a word | | nothing |
//!
//! A request that is refused never becomes a call: it has no request id, no marker lines and no `x-fc-status`. In HTTP/1.0 the end of a
//! stream without a length is the end of the connection, so such a client cannot tell an answer that is cut off.
