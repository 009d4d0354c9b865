//! Certificates over real connections on loopback.

use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use rcgen::{CertificateParams, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::*;
use crate::fitness::Fitness;
use crate::listen::{Caps, Connection, Door, connections};

/// A folder with certificate and key.
pub(crate) struct Files {
    dir: tempfile::TempDir,
}

impl Files {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn config(&self) -> config::Tls {
        let file = |name| self.dir.path().join(name);
        config::Tls { cert_file: file("cert.pem"), key_file: file("key.pem") }
    }

    /// Writes a new certificate for `localhost`; gives what a client trusts.
    pub(crate) fn renew(&self) -> CertificateDer<'static> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 2, 3);
        params.not_after = rcgen::date_time_ymd(2090, 4, 5);
        let cert = params.self_signed(&key).unwrap();
        let files = self.config();
        std::fs::write(files.cert_file, cert.pem()).unwrap();
        std::fs::write(files.key_file, key.serialize_pem()).unwrap();
        cert.der().clone()
    }
}

struct House {
    address: SocketAddr,
    certificates: Arc<Certificates>,
    metrics: Arc<Metrics>,
}

/// Answers each byte with the next one, on every connection.
fn house(files: &Files) -> House {
    let metrics = Metrics::new(Fitness::new());
    let open = Certificates::open(&files.config(), Arc::clone(&metrics)).unwrap();
    let certificates = Arc::new(open);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let listener = TcpListener::from_std(listener).unwrap();
    let address = listener.local_addr().unwrap();
    let caps = Caps { all: 4096, per_address: 4096 };
    let tls = Some(Arc::clone(&certificates));
    let door = Door { caps, tls, metrics: Arc::clone(&metrics) };
    tokio::spawn(async move {
        let mut accepted = std::pin::pin!(connections(listener, door));
        while let Some(Ok(connection)) = accepted.next().await {
            tokio::spawn(echo(connection));
        }
    });
    House { address, certificates, metrics }
}

async fn echo(mut connection: Connection<TcpStream>) {
    while let Ok(byte) = connection.read_u8().await {
        if connection.write_u8(byte.wrapping_add(1)).await.is_err() {
            return;
        }
        connection.flush().await.unwrap();
    }
}

type Client = client::TlsStream<TcpStream>;

async fn connect(house: &House, trusted: &CertificateDer<'static>) -> io::Result<Client> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let socket = TcpStream::connect(house.address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, socket).await
}

async fn says(client: &mut Client, byte: u8) {
    client.write_u8(byte).await.unwrap();
    client.flush().await.unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(5), client.read_u8()).await;
    assert_eq!(answer.unwrap().unwrap(), byte.wrapping_add(1));
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_what_is_open_goes_on() {
    let files = Files::new();
    let first = files.renew();
    let house = house(&files);
    let mut old = connect(&house, &first).await.unwrap();
    says(&mut old, 1).await;

    let second = files.renew();
    house.certificates.refresh();
    let mut new = connect(&house, &second).await.unwrap();
    says(&mut new, 2).await;
    says(&mut old, 3).await;
    assert!(connect(&house, &first).await.is_err(), "that of before is not shown any more");
    assert_eq!(house.metrics.certificate_reloads.get(), 1);
    house.certificates.refresh();
    assert_eq!(house.metrics.certificate_reloads.get(), 1, "only once");
}

#[tokio::test]
async fn a_broken_certificate_or_a_strange_key_leaves_that_of_before() {
    let files = Files::new();
    let first = files.renew();
    let house = house(&files);
    let config = files.config();
    let good = std::fs::read(&config.cert_file).unwrap();
    let key = std::fs::read(&config.key_file).unwrap();
    let strange = KeyPair::generate().unwrap().serialize_pem();
    for (i, (cert, key)) in [
        (b"garbage".to_vec(), key.clone()),
        (Vec::new(), key.clone()),
        (good.clone(), strange.into_bytes()),
        (good.clone(), b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_vec()),
        (vec![b'x'; 1 << 20], key.clone()),
    ]
    .into_iter()
    .enumerate()
    {
        std::fs::write(&config.cert_file, cert).unwrap();
        std::fs::write(&config.key_file, key).unwrap();
        house.certificates.refresh();
        assert_eq!(house.metrics.certificate_failures.get(), i as u64 + 1);
        let mut client = connect(&house, &first).await.unwrap();
        says(&mut client, 7).await;
        Certificates::open(&config, Arc::clone(&house.metrics)).unwrap_err();
    }
    std::fs::write(&config.cert_file, good).unwrap();
    std::fs::remove_file(&config.key_file).unwrap();
    house.certificates.refresh();
    connect(&house, &first).await.unwrap();
    let missing = Certificates::open(&config, Arc::clone(&house.metrics)).unwrap_err().to_string();
    assert!(missing.contains("key_file") && missing.contains("key.pem"), "{missing}");
    // What is mended is taken.
    let third = files.renew();
    house.certificates.refresh();
    connect(&house, &third).await.unwrap();
}

#[tokio::test]
async fn who_never_ends_the_handshake_is_closed_and_delays_nobody() {
    let files = Files::new();
    let trusted = files.renew();
    let house = house(&files);
    let mut silent = Vec::new();
    for _ in 0..50 {
        let mut socket = TcpStream::connect(house.address).await.unwrap();
        // The beginning of a ClientHello.
        socket.write_all(&[22, 3, 1, 2]).await.unwrap();
        silent.push(socket);
    }
    let start = tokio::time::Instant::now();
    let mut client = connect(&house, &trusted).await.unwrap();
    says(&mut client, 9).await;
    assert!(start.elapsed() < limits::TLS_HANDSHAKE, "{:?}", start.elapsed());
    for mut socket in silent {
        let mut rest = Vec::new();
        let closed = socket.read_to_end(&mut rest);
        drop(tokio::time::timeout(2 * limits::TLS_HANDSHAKE, closed).await.unwrap());
    }
    assert_eq!(house.metrics.handshake_failures.get(), 50);
    says(&mut client, 10).await;
}

#[tokio::test]
async fn handshakes_at_a_time_are_bounded() {
    let files = Files::new();
    files.renew();
    let metrics = Metrics::new(Fitness::new());
    let certificates = Certificates::open(&files.config(), metrics).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut held = Vec::new();
    for _ in 0..3 {
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (socket, _) = listener.accept().await.unwrap();
        held.push((client, certificates.secure(socket).unwrap()));
    }
    let rest = certificates.handshakes.available_permits();
    assert_eq!(rest, limits::TLS_HANDSHAKES - 3);
    let all = Arc::clone(&certificates.handshakes);
    let _all = all.try_acquire_many(u32::try_from(rest).unwrap()).unwrap();
    let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (socket, _) = listener.accept().await.unwrap();
    assert!(certificates.secure(socket).is_none());
}

#[test]
fn the_validity_is_read_and_its_end_is_told_in_time() {
    let files = Files::new();
    let der = files.renew();
    let read = validity(&der).unwrap();
    assert_eq!(clock::text(read.not_before_us), "2020-02-03T00:00:00Z");
    assert_eq!(clock::text(read.not_after_us), "2090-04-05T00:00:00Z");
    let wrong = |us| read.wrong(us);
    assert_eq!(wrong(read.not_after_us - limits::TLS_WARN_US), None);
    assert!(wrong(read.not_before_us - 1).unwrap().contains("not valid before"));
    assert!(wrong(read.not_after_us - 1).unwrap().contains("until 2090"));
    assert!(wrong(read.not_after_us).unwrap().contains("any more"));
    for cut in 0..der.len() {
        // Whatever is torn off, it is no panic.
        let _: Option<Validity> = validity(&der[..cut]);
    }
}
