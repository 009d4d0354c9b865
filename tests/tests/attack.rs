//! Hostile clients of every kind at once, and a collector without descriptors: a good node is served,
//! memory stays bounded, and nothing spins.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use naap_schema::proto::ingest_client::IngestClient;
use naap_schema::proto::push_request::Message;
use naap_schema::proto::{Frame, Hello, PushRequest};
use naap_schema::{SCHEMA_VERSION, frame};
use naap_tests::proxy::Proxy;
use naap_tests::rows::{host, now_us};
use naap_tests::{Options, Pusher, Stack, eventually};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tonic::transport::Endpoint;

/// How long the attack lasts.
const ATTACK: Duration = Duration::from_secs(20);
/// What the process may take, bytes.
const MEMORY: u64 = 512 << 20;

/// Resident memory of a process, bytes.
fn resident(pid: i32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib << 10)
}

/// Processor time of a process so far, in ticks of 10 ms.
fn ticks(pid: i32) -> Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, rest) = stat.rsplit_once(") ").context("stat")?;
    let mut fields = rest.split(' ').skip(11);
    let mut next = || -> Result<u64> { Ok(fields.next().context("stat")?.parse()?) };
    Ok(next()? + next()?)
}

/// A connection from another address of loopback: one host has few connections.
async fn from_host(host: u8, to: SocketAddr) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 9, host], 0)))?;
    Ok(tokio::time::timeout(Duration::from_secs(3), socket.connect(to)).await??)
}

/// Connections far beyond the caps that say nothing, or a beginning and then nothing.
async fn silent(to: SocketAddr) {
    let mut held = Vec::new();
    for i in 0..1500u32 {
        let host = 10 + u8::try_from(i % 20).unwrap();
        let Ok(mut socket) = from_host(host, to).await else { continue };
        if i % 3 == 0 {
            drop(socket.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n").await);
        }
        held.push(socket);
    }
    tokio::time::sleep(ATTACK).await;
}

/// A zstd frame of so many times 128 KiB of nothing.
fn bomb(blocks: u32) -> Vec<u8> {
    // Magic; no single segment, no checksum, no size; a window of 1 MiB.
    let mut out = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x50];
    for i in 0..blocks {
        let header: u32 = (128 << 10) << 3 | 1 << 1 | u32::from(i + 1 == blocks);
        out.extend(&header.to_le_bytes()[..3]);
        out.push(0);
    }
    out
}

/// Which frames a hostile node sends.
#[derive(Debug, Clone, Copy)]
enum Poison {
    /// Bodies that claim to be small, or as large as may be, and unpack to gigabytes.
    Bombs,
    /// As large as a frame may be, and nonsense.
    Noise,
    /// Good ones, whose acks are never taken.
    Deaf,
}

impl Poison {
    fn frame(self, epoch: u64, seq: u64) -> Frame {
        let body = match self {
            Self::Bombs => bomb(20_000),
            Self::Noise => vec![0xa5; 900 << 10],
            Self::Deaf => {
                return frame::encode(epoch, seq, SCHEMA_VERSION, &[host(seq, now_us())]);
            }
        };
        let body_bytes = if seq.is_multiple_of(2) { 100 } else { u32::MAX };
        let schema_version = SCHEMA_VERSION;
        let encoding = 1;
        Frame {
            epoch,
            first_seq: seq,
            rows: 1,
            schema_version,
            encoding,
            body,
            body_bytes,
            ..Frame::default()
        }
    }
}

/// One connection with many streams, each sending as fast as it is read; it takes no answer.
async fn hostile(to: String, token: String, poison: Poison, streams: u32) -> Result<()> {
    let mut endpoint = Endpoint::from_shared(format!("http://{to}"))?;
    if matches!(poison, Poison::Deaf) {
        // The server may not send a single byte of an answer.
        endpoint = endpoint.initial_stream_window_size(0);
    }
    let channel = endpoint.connect().await?;
    let mut open = JoinSet::new();
    for i in 0..streams {
        let mut client = IngestClient::new(channel.clone());
        let bearer = format!("Bearer {token}").parse()?;
        open.spawn(async move {
            let epoch = 1000 + u64::from(i);
            let hello = Hello { agent_version: "x".repeat(2000), ..Hello::default() };
            let hello = PushRequest { message: Some(Message::Hello(hello)) };
            let frames = tokio_stream::iter((1..).map(move |seq| PushRequest {
                message: Some(Message::Frame(poison.frame(epoch, seq))),
            }));
            let said = tokio_stream::StreamExt::chain(tokio_stream::once(hello), frames);
            let mut request = tonic::Request::new(said);
            request.metadata_mut().insert("authorization", bearer);
            // Answers are left where they are.
            let answers = client.push(request).await;
            tokio::time::sleep(ATTACK).await;
            drop(answers);
        });
    }
    drop(tokio::time::timeout(ATTACK, async { while open.join_next().await.is_some() {} }).await);
    Ok(())
}

/// Sends a row and waits for its ack; gives how long that took.
async fn heartbeat(good: &mut Pusher, seq: u64) -> Result<Duration> {
    let start = Instant::now();
    good.push(seq, &[host(seq, now_us())]).await?;
    Ok(start.elapsed())
}

async fn collector_pid(stack: &Stack) -> Result<i32> {
    stack.pids().await?.get("collector").copied().context("a collector")
}

/// Scenario: for 20 s, at once: 1,500 connections that say nothing; nodes with valid tokens that send
/// decompression bombs, nonsense, nonsense in drops, and good frames without ever taking an ack, each
/// over many streams.
/// Meanwhile a good node sends a row at a time.
/// Guarantees: 99 of 100 acks of the good node come within 10 s; the collector takes less than
/// 512 MiB; afterwards another node connects.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_clients_take_neither_the_memory_nor_the_acks_of_others() -> Result<()> {
    let stack = Stack::start(Options::default()).await?;
    let grpc = stack.grpc().await?;
    let to: SocketAddr = grpc.parse()?;
    let pid = collector_pid(&stack).await?;
    let mut good = Pusher::new(&grpc, &stack.token("good").await?, 5);
    good.connect().await?;
    let mut attack = JoinSet::new();
    for (i, poison) in [Poison::Bombs, Poison::Noise, Poison::Deaf].into_iter().enumerate() {
        let token = stack.token(&format!("hostile-{i}")).await?;
        for _ in 0..3 {
            attack.spawn(hostile(grpc.clone(), token.clone(), poison, 16));
        }
    }
    // Bodies that come in drops.
    let slow = Proxy::start(&grpc).await?;
    slow.set(|w| w.delay = Duration::from_secs(1));
    let token = stack.token("hostile-slow").await?;
    attack.spawn(hostile(slow.address.clone(), token, Poison::Noise, 16));
    attack.spawn(async move {
        silent(to).await;
        Ok(())
    });
    let end = Instant::now() + ATTACK;
    let (mut waits, mut most, mut seq) = (Vec::new(), 0, 1);
    while Instant::now() < end {
        waits.push(heartbeat(&mut good, seq).await?);
        seq += 1;
        most = most.max(resident(pid)?);
    }
    let refused = stack.metric("connections_refused_total{cause=\"caps\"}").await?;
    attack.shutdown().await;
    waits.sort_unstable();
    let p99 = waits[(waits.len() * 99).div_ceil(100) - 1];
    println!("{} acks, p99 {p99:?}; at most {} MiB; {refused} refused", waits.len(), most >> 20);
    assert!(waits.len() >= 5, "{waits:?}");
    assert!(p99 < Duration::from_secs(10), "{waits:?}");
    assert!(most < MEMORY, "{} MiB", most >> 20);
    assert!(refused > 100.0, "the caps are met: {refused}");
    assert_eq!(collector_pid(&stack).await?, pid, "it was not started again");
    let stored = "select count() from host where node = 'good'";
    let expected = i64::try_from(seq - 1)?;
    eventually("the rows of the good node", Duration::from_secs(15), || async {
        let n = stack.number(stored).await?;
        ensure!(n == expected, "{n}");
        Ok(())
    })
    .await?;
    let mut late = Pusher::new(&grpc, &stack.token("late").await?, 6);
    eventually("another node to connect", Duration::from_secs(30), || async {
        let (mut client, _) = late.client().await?;
        let call = client.push_once(naap_schema::proto::PushOnceRequest::default()).await;
        ensure!(call.is_err_and(|e| e.code() == tonic::Code::Unauthenticated));
        Ok(())
    })
    .await?;
    late.connect().await?;
    late.push(1, &[host(1, now_us())]).await
}

/// Scenario: the collector may open no further file, and connections keep coming for 3 s.
/// Guarantees: it takes less than 1 s of processor time meanwhile, an open stream is acknowledged,
/// and when there are files again, connections are taken again.
#[tokio::test(flavor = "multi_thread")]
async fn without_descriptors_it_does_not_spin() -> Result<()> {
    let stack = Stack::start(Options::default()).await?;
    let grpc = stack.grpc().await?;
    let to: SocketAddr = grpc.parse()?;
    let pid = collector_pid(&stack).await?;
    let mut good = Pusher::new(&grpc, &stack.token("open").await?, 5);
    good.connect().await?;
    heartbeat(&mut good, 1).await?;
    let used = std::fs::read_dir(format!("/proc/{pid}/fd"))?.count();
    let limit = |n: usize| {
        let args = ["--pid", &pid.to_string(), &format!("--nofile={n}:")];
        std::process::Command::new("prlimit").args(args).status()
    };
    if !limit(used + 4).is_ok_and(|s| s.success()) {
        println!("SKIPPED: there is no prlimit that may set the limits of another process");
        return Ok(());
    }
    let mut held = Vec::new();
    for i in 0..60 {
        held.push(from_host(40 + i % 10, to).await?);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = ticks(pid)?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let took = Duration::from_millis(10) * u32::try_from(ticks(pid)? - before)?;
    println!("{took:?} of processor time in 3 s without descriptors");
    assert!(took < Duration::from_secs(1), "{took:?}");
    let waited = heartbeat(&mut good, 2).await?;
    assert!(waited < Duration::from_secs(10), "{waited:?}");
    assert!(limit(4096)?.success());
    drop(held);
    let mut late = Pusher::new(&grpc, &stack.token("late").await?, 6);
    late.connect().await?;
    late.push(1, &[host(1, now_us())]).await?;
    let refused = stack.metric("connections_refused_total{cause=\"system\"}").await?;
    assert!(refused >= 1.0, "{refused}");
    Ok(())
}
