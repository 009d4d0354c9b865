//! GETs from one address, bounded in time and size. No redirect is followed: what an address sends
//! elsewhere is for a person to look at.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::path::Path;

use http::{Response, StatusCode, header};
use ureq::Agent;

use super::manifest::Entry;
use super::{MirrorError, Result};
use crate::limits;

/// An address.
#[derive(Debug)]
pub(super) struct Http {
    base: String,
    agent: Agent,
}

/// What a GET gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fetched {
    /// All of it.
    Body(Vec<u8>),
    /// It is what the caller has.
    Unchanged,
}

/// How far a file came.
#[derive(Debug)]
pub(super) struct Part {
    /// Bytes that were written.
    pub(super) bytes: u64,
    /// Or why there are not more.
    pub(super) ended: std::result::Result<(), String>,
}

impl Http {
    pub(super) fn new(from: &str) -> Result<Self> {
        let flag = |why: &str| MirrorError::Flag {
            flag: "--from",
            why: format!("{why}; write the address of an API, such as https://HOST/"),
        };
        let base = from.trim_end_matches('/');
        let base = base.strip_suffix("/v1/datasets").unwrap_or(base);
        let uri: http::Uri = base.parse().map_err(|_| flag("this is no address"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(flag("an address begins with http:// or https://"));
        }
        if uri.authority().is_some_and(|a| a.as_str().contains('@')) || uri.query().is_some() {
            return Err(flag("no name, password or query belongs into the address"));
        }
        let config = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(concat!("naap-mirror/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(limits::MIRROR_CONNECT_WITHIN))
            .timeout_recv_response(Some(limits::MIRROR_ANSWER_WITHIN))
            .timeout_recv_body(Some(limits::MIRROR_BODY_WITHIN))
            .build();
        Ok(Self { base: format!("{base}/v1/datasets"), agent: config.into() })
    }

    /// The address of something below the list of datasets.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Waits a little before a further try, and longer before a later one.
    pub(super) fn wait(&self, tries: u32) {
        let pause = limits::MIRROR_PAUSE * tries;
        tokio::runtime::Handle::current().block_on(tokio::time::sleep(pause));
    }

    /// GETs something small; `known` is the hash of what the caller has.
    pub(super) fn get(&self, url: &str, known: Option<&str>, limit: u64) -> Result<Fetched> {
        let mut tries = 0;
        loop {
            tries += 1;
            let why = match self.try_get(url, known, limit)? {
                Ok(fetched) => return Ok(fetched),
                Err(why) => why,
            };
            if tries >= limits::MIRROR_TRIES {
                return Err(MirrorError::Unreachable { url: url.to_owned(), why });
            }
            self.wait(tries);
        }
    }

    /// The inner error is worth a further try.
    fn try_get(
        &self,
        url: &str,
        known: Option<&str>,
        limit: u64,
    ) -> Result<std::result::Result<Fetched, String>> {
        let mut request = self.agent.get(url);
        if let Some(hash) = known {
            request = request.header(header::IF_NONE_MATCH, format!("\"{hash}\""));
        }
        let mut response = match request.call() {
            Ok(response) => response,
            Err(e) => return Ok(Err(e.to_string())),
        };
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED => return Ok(Ok(Fetched::Unchanged)),
            status if worth_a_try(status) => return Ok(Err(format!("it answers {status}"))),
            _ => return Err(refused(url, &response)),
        }
        match response.body_mut().with_config().limit(limit).read_to_vec() {
            Ok(text) => Ok(Ok(Fetched::Body(text))),
            Err(ureq::Error::BodyExceedsLimit(_)) => {
                let why = format!("it has more than {limit} bytes");
                Err(MirrorError::Wrong { url: url.to_owned(), why })
            }
            Err(e) => Ok(Err(e.to_string())),
        }
    }

    /// Appends what is missing of a file to its part, which has `offset` bytes.
    pub(super) fn part(&self, url: &str, part: &Path, offset: u64, entry: &Entry) -> Result<Part> {
        let mut request = self.agent.get(url);
        if offset > 0 {
            request = request
                .header(header::RANGE, format!("bytes={offset}-"))
                .header(header::IF_RANGE, format!("\"{}\"", entry.sha256));
        }
        let cut = |bytes, why: String| Ok(Part { bytes, ended: Err(why) });
        let mut response = match request.call() {
            Ok(response) => response,
            Err(e) => return cut(0, e.to_string()),
        };
        let begins = match response.status() {
            StatusCode::OK => 0,
            StatusCode::PARTIAL_CONTENT if continues(&response, offset, entry.bytes) => offset,
            StatusCode::PARTIAL_CONTENT => {
                let why = "it answers another part than was asked for".to_owned();
                return Err(MirrorError::Wrong { url: url.to_owned(), why });
            }
            status if worth_a_try(status) => return cut(0, format!("it answers {status}")),
            _ => return Err(refused(url, &response)),
        };
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .append(true)
            .open(part)
            .map_err(MirrorError::file("open", part))?;
        if begins != offset {
            file.set_len(begins).map_err(MirrorError::file("shorten", part))?;
        }
        // One byte more than there should be tells that it is not what it should be.
        let mut body = response.body_mut().as_reader().take(entry.bytes - begins + 1);
        let mut buffer = vec![0; 64 << 10];
        let mut bytes = 0;
        let ended = loop {
            match body.read(&mut buffer) {
                Ok(0) => break Ok(()),
                Ok(n) => {
                    let piece = buffer.get(..n).unwrap_or_default();
                    file.write_all(piece).map_err(MirrorError::file("write", part))?;
                    bytes += n as u64;
                }
                Err(e) => break Err(e.to_string()),
            }
        };
        file.sync_all().map_err(MirrorError::file("write", part))?;
        let short = begins + bytes < entry.bytes;
        let ended = ended.and_then(|()| match short {
            true => Err("it ended early".to_owned()),
            false => Ok(()),
        });
        Ok(Part { bytes, ended })
    }
}

/// A server that is busy may answer later.
fn worth_a_try(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

/// Whether a part begins where it should, and is of a file as long as it should be.
fn continues<T>(response: &Response<T>, offset: u64, bytes: u64) -> bool {
    let range = response.headers().get(header::CONTENT_RANGE).and_then(|v| v.to_str().ok());
    range == Some(&format!("bytes {offset}-{}/{bytes}", bytes.saturating_sub(1)))
}

fn refused<T>(url: &str, response: &Response<T>) -> MirrorError {
    let status = response.status();
    let to = response.headers().get(header::LOCATION).and_then(|v| v.to_str().ok());
    let advice = match (status.is_redirection(), to) {
        (true, Some(to)) => {
            let to: String = to.chars().filter(|c| !c.is_control()).take(200).collect();
            format!(" and sends to {to}; no redirect is followed, name that address with --from")
        }
        _ if status == StatusCode::NOT_FOUND => {
            ": it is not there, or datasets are not published at this address; check --from, and run again".to_owned()
        }
        _ => "; ask the operator of that address".to_owned(),
    };
    MirrorError::Refused { url: url.to_owned(), status: status.as_u16(), advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_of_an_api() {
        let url = |from: &str| Http::new(from).map(|h| h.url("/jobs"));
        assert_eq!(url("http://a:1/").unwrap(), "http://a:1/v1/datasets/jobs");
        assert_eq!(url("https://a/naap").unwrap(), "https://a/naap/v1/datasets/jobs");
        assert_eq!(url("https://a/v1/datasets/").unwrap(), "https://a/v1/datasets/jobs");
        for bad in ["", "a", "ftp://a", "http://u:p@a/", "http://a/?q=1", "http://"] {
            let error = url(bad).unwrap_err();
            assert!(error.to_string().contains("--from"), "{bad}: {error}");
            assert_eq!(error.exit_code(), 2);
            assert!(!error.to_string().contains("u:p"), "no password is repeated");
        }
    }

    #[test]
    fn a_part_continues_only_where_it_was_asked_for() {
        let answer = |range: &str| {
            Response::builder().header(header::CONTENT_RANGE, range).body(()).unwrap()
        };
        assert!(continues(&answer("bytes 4-9/10"), 4, 10));
        for other in ["bytes 0-9/10", "bytes 4-8/10", "bytes 4-9/11", "bytes 4-9/*", "4-9/10"] {
            assert!(!continues(&answer(other), 4, 10), "{other}");
        }
    }
}
