//! Certificate and key, taken again when their files change, and TLS on a connection. It may read
//! the two files and speak TLS; it must never log a key, nor let a broken file end what works.
//!
//! The handshake runs inside the connection's own task, when it first reads or writes: accepting
//! never waits for one.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, TlsAcceptor};

use crate::config;
use crate::metrics::Metrics;
use crate::{clock, limits};

/// Why a certificate is not taken.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("[tls] {key}: reading {path}")]
    File {
        /// Which key names it.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What came of it.
        #[source]
        source: io::Error,
    },
    /// A file is not PEM, or of another kind.
    #[error("[tls] {key}: {path} holds no {what} in PEM form")]
    Pem {
        /// Which key names it.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What should be there.
        what: &'static str,
        /// What is wrong.
        #[source]
        source: pem::Error,
    },
    /// A file has no end.
    #[error("[tls] {key}: {path} has more than {limit} bytes; is it the right file?")]
    TooLarge {
        /// Which key names it.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// The limit, bytes.
        limit: u64,
    },
    /// The two do not belong together, or are not usable.
    #[error("[tls] cert_file {cert} and key_file {key} are no usable pair")]
    Pair {
        /// The file of the certificate.
        cert: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// What is wrong.
        #[source]
        source: rustls::Error,
    },
}

/// Times between which a certificate is valid, microseconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) not_before_us: i64,
    pub(crate) not_after_us: i64,
}

/// Which files are loaded: others have another of these.
type Stamp = [Option<(i64, i64, u64, u64)>; 2];

struct Loaded {
    stamp: Stamp,
    config: Arc<ServerConfig>,
    validity: Option<Validity>,
}

/// The certificate in force.
pub(crate) struct Certificates {
    cert: PathBuf,
    key: PathBuf,
    loaded: Mutex<Loaded>,
    handshakes: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").field("cert", &self.cert).finish_non_exhaustive()
    }
}

impl Certificates {
    /// Reads certificate and key.
    ///
    /// # Errors
    /// If they cannot be read, or are not usable.
    pub(crate) fn open(files: &config::Tls, metrics: Arc<Metrics>) -> Result<Self, TlsError> {
        let (cert, key) = (files.cert_file.clone(), files.key_file.clone());
        // Looked at before they are read: a change in between is seen at the next look.
        let stamp = stamp(&cert, &key);
        let (config, validity) = read_pair(&cert, &key)?;
        let loaded = Loaded { stamp, config, validity };
        let handshakes = Arc::new(Semaphore::new(limits::TLS_HANDSHAKES));
        let this = Self { cert, key, loaded: Mutex::new(loaded), handshakes, metrics };
        this.publish(validity);
        Ok(this)
    }

    /// How long the certificate in force is valid, if that can be read from it.
    pub(crate) fn validity(&self) -> Option<Validity> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner).validity
    }

    /// Begins TLS on a connection; `None` if too many handshakes are under way.
    pub(crate) fn secure<S>(&self, socket: S) -> Option<Secured<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let place = Arc::clone(&self.handshakes).try_acquire_owned().ok()?;
        let config = {
            let loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(&loaded.config)
        };
        let accept = TlsAcceptor::from(config).accept(socket);
        let deadline = Box::pin(tokio::time::sleep(limits::TLS_HANDSHAKE));
        let state = State::Shaking { accept: Box::new(accept), deadline, _place: place };
        Some(Secured { state, metrics: Arc::clone(&self.metrics) })
    }

    /// Looks at the files again and again; never returns.
    pub(crate) async fn watch(&self) {
        let mut next_warning = tokio::time::Instant::now();
        loop {
            self.refresh();
            if tokio::time::Instant::now() >= next_warning {
                next_warning = tokio::time::Instant::now() + limits::TLS_WARN_EVERY;
                self.warn_of_end(clock::now_us());
            }
            tokio::time::sleep(limits::TLS_CHECK).await;
        }
    }

    /// Takes certificate and key if their files are others than before. A pair that is not usable
    /// changes nothing: that of before serves until the files change again.
    pub(crate) fn refresh(&self) {
        let stamp = stamp(&self.cert, &self.key);
        {
            let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
            if stamp == loaded.stamp {
                return;
            }
            loaded.stamp = stamp;
        }
        match read_pair(&self.cert, &self.key) {
            Ok((config, validity)) => {
                let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
                loaded.config = config;
                loaded.validity = validity;
                drop(loaded);
                self.publish(validity);
                self.metrics.certificate_reloads.add(1);
                let not_after = validity.map(|v| clock::text(v.not_after_us));
                tracing::info!(not_after, "a new certificate is in force");
            }
            Err(e) => {
                self.metrics.certificate_failures.add(1);
                let why = std::error::Error::source(&e).map(ToString::to_string);
                tracing::error!(
                    error = %e,
                    why = why.unwrap_or_default(),
                    "the changed certificate is not taken, that of before stays in force; write \
                     certificate and key again"
                );
            }
        }
    }

    fn publish(&self, validity: Option<Validity>) {
        self.metrics.certificate_not_after.set(validity.map_or(0, |v| v.not_after_us / 1_000_000));
    }

    fn warn_of_end(&self, now_us: i64) {
        let Some(validity) = self.validity() else { return };
        if let Some(wrong) = validity.wrong(now_us) {
            tracing::warn!("the certificate {wrong}; put a new one into {}", self.cert.display());
        }
    }
}

impl Validity {
    /// What is wrong with it at a time, or soon will be.
    pub(crate) fn wrong(self, now_us: i64) -> Option<String> {
        let (from, to) = (clock::text(self.not_before_us), clock::text(self.not_after_us));
        if now_us < self.not_before_us {
            return Some(format!("is not valid before {from}"));
        }
        if now_us >= self.not_after_us {
            return Some(format!("is not valid any more since {to}"));
        }
        (self.not_after_us - now_us < limits::TLS_WARN_US).then(|| format!("is valid until {to}"))
    }
}

fn stamp(cert: &Path, key: &Path) -> Stamp {
    [cert, key].map(|path| {
        let m = std::fs::metadata(path).ok()?;
        Some((m.mtime(), m.mtime_nsec(), m.size(), m.ino()))
    })
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, TlsError> {
    let failed = |source| TlsError::File { key, path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(limits::TLS_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limits::TLS_FILE_BYTES {
        let (path, limit) = (path.to_owned(), limits::TLS_FILE_BYTES);
        return Err(TlsError::TooLarge { key, path, limit });
    }
    Ok(bytes)
}

fn read_pair(cert: &Path, key: &Path) -> Result<(Arc<ServerConfig>, Option<Validity>), TlsError> {
    let text = read("cert_file", cert)?;
    let bad = |key, path: &Path, what| {
        let path = path.to_owned();
        move |source| TlsError::Pem { key, path, what, source }
    };
    let chain = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
    let chain =
        chain.and_then(|c| if c.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(c) });
    let chain = chain.map_err(bad("cert_file", cert, "certificate"))?;
    let secret = PrivateKeyDer::from_pem_slice(&read("key_file", key)?).map_err(bad(
        "key_file",
        key,
        "private key",
    ))?;
    let validity = chain.first().and_then(|c| validity(c));
    let pair = |source| TlsError::Pair { cert: cert.to_owned(), key: key.to_owned(), source };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(pair)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(pair)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok((Arc::new(config), validity))
}

/// Reads the validity out of a certificate: RFC 5280, section 4.1. `None` where it is not found.
fn validity(der: &[u8]) -> Option<Validity> {
    const SEQUENCE: u8 = 0x30;
    const VERSION: u8 = 0xa0;
    let (_, certificate, _) = element(der)?;
    let (tag, mut fields, _) = element(certificate)?;
    if tag != SEQUENCE {
        return None;
    }
    // version (optional), serialNumber, signature, issuer, validity.
    if element(fields)?.0 == VERSION {
        fields = element(fields)?.2;
    }
    for _ in 0..3 {
        fields = element(fields)?.2;
    }
    let (_, times, _) = element(fields)?;
    let (tag, from, rest) = element(times)?;
    let not_before_us = time_us(tag, from)?;
    let (tag, to, _) = element(rest)?;
    Some(Validity { not_before_us, not_after_us: time_us(tag, to)? })
}

/// The first element of DER: tag, content, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let (bytes, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if bytes.is_empty() || bytes.len() > 4 {
            return None;
        }
        length = bytes.iter().fold(0, |n, b| n << 8 | usize::from(*b));
        rest = after;
    }
    let (content, after) = rest.split_at_checked(length)?;
    Some((tag, content, after))
}

fn time_us(tag: u8, text: &[u8]) -> Option<i64> {
    const UTC_TIME: u8 = 0x17;
    let text = std::str::from_utf8(text).ok()?;
    // Two digits of a year stand for 1950 to 2049.
    let text = match tag {
        UTC_TIME if text.get(..2)?.parse::<u8>().ok()? >= 50 => format!("19{text}"),
        UTC_TIME => format!("20{text}"),
        _ => text.to_owned(),
    };
    let time = chrono::NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok()?;
    Some(time.and_utc().timestamp_micros())
}

enum State<S> {
    Shaking { accept: Box<Accept<S>>, deadline: Pin<Box<Sleep>>, _place: OwnedSemaphorePermit },
    Open(Box<TlsStream<S>>),
    Failed,
}

/// A connection under TLS; its handshake is made when it is first read or written.
pub(crate) struct Secured<S> {
    state: State<S>,
    metrics: Arc<Metrics>,
}

impl<S> std::fmt::Debug for Secured<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secured")
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Secured<S> {
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&mut TlsStream<S>>> {
        if let State::Shaking { accept, deadline, .. } = &mut self.state {
            let done = match Pin::new(accept).poll(cx) {
                Poll::Ready(done) => done,
                Poll::Pending => {
                    ready!(deadline.as_mut().poll(cx));
                    Err(io::ErrorKind::TimedOut.into())
                }
            };
            match done {
                Ok(stream) => self.state = State::Open(Box::new(stream)),
                Err(e) => {
                    self.state = State::Failed;
                    self.metrics.handshake_failures.add(1);
                    return Poll::Ready(Err(e));
                }
            }
        }
        match &mut self.state {
            State::Open(stream) => Poll::Ready(Ok(stream)),
            _ => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Secured<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = ready!(self.poll_open(cx))?;
        Pin::new(stream).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Secured<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let stream = ready!(self.poll_open(cx))?;
        Pin::new(stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = ready!(self.poll_open(cx))?;
        Pin::new(stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.state {
            State::Open(stream) => Pin::new(stream).poll_shutdown(cx),
            // There is nobody to say goodbye to; dropping it closes the socket.
            _ => Poll::Ready(Ok(())),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let stream = ready!(self.poll_open(cx))?;
        Pin::new(stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

#[cfg(test)]
pub(crate) mod tests;
