//! A mirror in an InfluxDB, for operators who have one: rows of chosen entities, once they are
//! committed. It may copy rows and write to one address on loopback; it must never hold up a commit
//! or an ack. What does not fit, and what is not taken, is counted and gone: the store has it.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use futures::stream;
use influxdb2::api::write::TimestampPrecision;
use influxdb2::models::DataPoint;
use influxdb2::{Client, ClientBuilder};
use naap_schema::{EntityDef, FieldType, Identity, Kind, Row, Value};
use sha2::{Digest, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;

use crate::admit::clean;
use crate::config::InfluxConfig;
use crate::limits;
use crate::metrics::Metrics;
use crate::store::Line;

/// Where committed rows are handed over.
#[derive(Debug)]
pub(crate) struct Mirror {
    entities: HashSet<u32>,
    queue: mpsc::Sender<Copies>,
    room: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

/// Rows of one round, and their share of the room for waiting rows.
#[derive(Debug)]
pub(crate) struct Copies {
    rows: Vec<Copied>,
    _share: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct Copied {
    node: Arc<str>,
    epoch: u64,
    seq: u64,
    row: Row,
}

/// Who writes them; runs beside the committer.
#[derive(Debug)]
pub(crate) struct Sender {
    client: Client,
    bucket: String,
    queue: mpsc::Receiver<Copies>,
    metrics: Arc<Metrics>,
}

/// Whether tokens may be sent to an address: nothing here speaks TLS.
pub(crate) fn is_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let near = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
    uri.scheme_str() == Some("http") && near
}

/// The two ends of a mirror.
///
/// # Errors
/// If no client can be made.
pub(crate) fn mirror(
    config: &InfluxConfig,
    token: &str,
    metrics: Arc<Metrics>,
) -> Result<(Mirror, Sender), String> {
    // Neither a proxy nor a redirect may see the token.
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(limits::INFLUX_WITHIN);
    let client = ClientBuilder::with_builder(http, &config.url, &config.org, token)
        .build()
        .map_err(|e| e.to_string())?;
    let (queue, rows) = mpsc::channel(limits::INFLUX_ROUNDS);
    let entities = config.entities.iter().filter_map(|name| naap_schema::entity(name));
    let mirror = Mirror {
        entities: entities.map(|e| e.number).collect(),
        queue,
        room: Arc::new(Semaphore::new(limits::INFLUX_ROWS)),
        metrics: Arc::clone(&metrics),
    };
    Ok((mirror, Sender { client, bucket: config.bucket.clone(), queue: rows, metrics }))
}

impl Mirror {
    /// Copies what is mirrored of a round, before it is written. Never waits: without room nothing
    /// is copied.
    pub(crate) fn copy<'a>(&self, lines: impl Iterator<Item = &'a Line> + Clone) -> Option<Copies> {
        let lines = lines.filter(|l| self.entities.contains(&l.row.entity.number));
        let n = lines.clone().count();
        if n == 0 {
            return None;
        }
        let room = u32::try_from(n)
            .ok()
            .and_then(|n| Arc::clone(&self.room).try_acquire_many_owned(n).ok());
        let Some(share) = room else {
            self.metrics.influx_full.add(n as u64);
            return None;
        };
        let copied = |l: &Line| Copied {
            node: Arc::clone(&l.node),
            epoch: l.epoch,
            seq: l.seq,
            row: l.row.clone(),
        };
        Some(Copies { rows: lines.map(copied).collect(), _share: share })
    }

    /// Hands over what was committed of a copied round: all but what the database refused.
    pub(crate) fn offer(&self, mut copies: Copies, refused: &[(Line, String)]) {
        if !refused.is_empty() {
            let refused: HashSet<(&str, u64, u64)> =
                refused.iter().map(|(l, _)| (&*l.node, l.epoch, l.seq)).collect();
            copies.rows.retain(|c| !refused.contains(&(&*c.node, c.epoch, c.seq)));
        }
        let n = copies.rows.len() as u64;
        if self.queue.try_send(copies).is_err() {
            self.metrics.influx_full.add(n);
        }
    }
}

impl Sender {
    /// Writes what is handed over, until nothing more can come.
    pub(crate) async fn run(mut self) {
        let (first, longest) = limits::INFLUX_PAUSE;
        let mut pause = first;
        let mut reported: Option<Instant> = None;
        while let Some(copies) = self.queue.recv().await {
            for rows in copies.rows.chunks(limits::INFLUX_POINTS) {
                let Err(message) = self.write(rows).await else {
                    pause = first;
                    self.metrics.influx_rows.add(rows.len() as u64);
                    continue;
                };
                self.metrics.influx_failures.add(1);
                self.metrics.influx_failed.add(rows.len() as u64);
                if reported.is_none_or(|at| at.elapsed() > limits::REPEAT_LOG) {
                    reported = Some(Instant::now());
                    let error = clean(&message);
                    tracing::warn!(
                        error,
                        "the InfluxDB of [influx] takes no rows; they are counted and dropped there, the store has them"
                    );
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(longest);
            }
        }
        // The collector stops; this is no part that failed.
        std::future::pending::<()>().await;
    }

    async fn write(&self, rows: &[Copied]) -> Result<(), String> {
        let points: Result<Vec<DataPoint>, _> = rows.iter().map(point).collect();
        let points = stream::iter(points.map_err(|e| e.to_string())?);
        let nanos = TimestampPrecision::Nanoseconds;
        let writing = self.client.write_with_precision(&self.bucket, points, nanos);
        match tokio::time::timeout(limits::INFLUX_WITHIN, writing).await {
            Ok(written) => written.map_err(|e| e.to_string()),
            Err(_) => Err(format!("no answer within {:?}", limits::INFLUX_WITHIN)),
        }
    }
}

/// Text of a tag: the protocol has no way to write a line's end in one, nor a backslash at its end.
fn tag(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || c == '\\' { '_' } else { c }).collect()
}

fn is_tag(entity: &EntityDef, field: &naap_schema::FieldDef) -> bool {
    let event = entity.identity == Identity::Event;
    field.ty == FieldType::Symbol && field.kind == Kind::Label || field.key && !event
}

/// A row as a point: names are tags, everything else is a field. Two points with the same tags and
/// time are one, so events of the same microsecond are told apart by their nanoseconds.
fn point(copied: &Copied) -> Result<DataPoint, influxdb2::models::data_point::DataPointError> {
    let Copied { node, seq, row, .. } = copied;
    let mut point = DataPoint::builder(row.entity.name).tag("node", tag(node));
    // Every point has a field, whatever is unknown.
    point = point.field("seq", i64::try_from(*seq).unwrap_or(i64::MAX));
    let mut identity = Sha256::new();
    for (field, value) in row.entity.fields.iter().zip(&row.values) {
        let Some(value) = value else { continue };
        if is_tag(row.entity, field) {
            let text = match value {
                Value::Text(text) => tag(text),
                Value::I64(n) => n.to_string(),
                Value::F64(x) => x.to_string(),
                Value::Uuid(id) => id.to_string(),
            };
            // An empty tag is none.
            if !text.is_empty() {
                point = point.tag(field.name, text);
            }
            continue;
        }
        if field.key {
            match value {
                Value::Uuid(id) => identity.update(id.as_bytes()),
                Value::I64(n) => identity.update(n.to_le_bytes()),
                Value::Text(text) => identity.update(text.as_bytes()),
                Value::F64(x) => identity.update(x.to_le_bytes()),
            }
        }
        point = match value {
            Value::I64(n) => point.field(field.name, *n),
            Value::F64(x) => point.field(field.name, *x),
            Value::Uuid(id) => point.field(field.name, id.to_string()),
            Value::Text(text) => point.field(field.name, &**text),
        };
    }
    let nanos = match row.entity.identity {
        Identity::Event => {
            let hash = identity.finalize();
            i64::from(hash.first().copied().unwrap_or(0)) * 3
                + i64::from(hash.get(1).copied().unwrap_or(0) % 3)
        }
        _ => 0,
    };
    point.timestamp(row.ts_us.saturating_mul(1000).saturating_add(nanos)).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use std::sync::Mutex;
    use std::time::Duration;

    use crate::fitness::{Fitness, Part};
    use crate::ledger::Cell;
    use crate::store::memory::Memory;
    use crate::store::{Batch, Committer, Told, Waits, Writer};
    use http_body_util::{BodyExt, Full};
    use hyper::body::{Bytes, Incoming};
    use hyper::service::service_fn;
    use hyper_util::rt::TokioIo;
    use naap_schema::generated::{HOST, STREAM_TRACE};
    use tokio::sync::{oneshot, watch};

    /// What came to a server that plays InfluxDB: path and query, authorization, body.
    type Came = Arc<Mutex<Vec<(String, String, String)>>>;

    async fn catcher(status: u16) -> (String, Came) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let came = Came::default();
        let kept = Arc::clone(&came);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let kept = Arc::clone(&kept);
                let answer = service_fn(move |request: http::Request<Incoming>| {
                    let kept = Arc::clone(&kept);
                    async move {
                        let (head, body) = request.into_parts();
                        let body = body.collect().await.unwrap().to_bytes();
                        let login = head.headers["authorization"].to_str().unwrap().to_owned();
                        let text = String::from_utf8(body.to_vec()).unwrap();
                        kept.lock().unwrap().push((head.uri.to_string(), login, text));
                        let answer = http::Response::builder().status(status);
                        Ok::<_, Infallible>(answer.body(Full::new(Bytes::new())).unwrap())
                    }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(socket), answer);
                tokio::spawn(connection);
            }
        });
        (url, came)
    }

    fn config(url: &str) -> InfluxConfig {
        InfluxConfig {
            url: url.to_owned(),
            org: "livepeer".to_owned(),
            bucket: "naap".to_owned(),
            token_file: "token".into(),
            entities: vec!["host".to_owned(), "stream_trace".to_owned()],
        }
    }

    fn metrics() -> Arc<Metrics> {
        Metrics::new(Fitness::new())
    }

    fn line(entity: &'static EntityDef, seq: u64) -> Line {
        let mut row = Row::empty(entity, 1_000_000);
        if entity.identity == Identity::Event {
            row.set("event_id", Some(Value::Uuid(uuid::Uuid::from_u128(seq.into())))).unwrap();
        }
        Line { batch: 0, node: "a b,c=d\\\n".into(), epoch: 7, seq, row }
    }

    async fn eventually(what: &str, check: impl Fn() -> bool) {
        for _ in 0..500 {
            if check() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("waited for {what}");
    }

    #[tokio::test]
    async fn committed_rows_come_as_line_protocol() {
        let (url, came) = catcher(204).await;
        let metrics = metrics();
        let (mirror, sender) = mirror(&config(&url), "secret", Arc::clone(&metrics)).unwrap();
        let running = tokio::spawn(sender.run());
        let lines = [
            line(&HOST, 1),
            line(&HOST, 2),
            line(&STREAM_TRACE, 3),
            line(&STREAM_TRACE, 4),
            line(&naap_schema::generated::INTERFACE, 5),
        ];
        let copies = mirror.copy(lines.iter()).unwrap();
        // The database refused the second.
        mirror.offer(copies, &[(line(&HOST, 2), "no".to_owned())]);
        eventually("the rows", || metrics.influx_rows.get() == 3).await;
        let came = came.lock().unwrap().clone();
        let (path, login, text) = &came[0];
        assert_eq!(path, "/api/v2/write?bucket=naap&org=livepeer&precision=ns");
        assert_eq!(login, "Token secret");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert_eq!(lines[0], "host,node=a\\ b\\,c\\=d__ seq=1i 1000000000");
        let at = |line: &str| line.rsplit(' ').next().unwrap().parse::<i64>().unwrap();
        assert!(lines[1].starts_with("stream_trace,node=") && lines[1].contains("event_id=\"0000"));
        assert_ne!(at(lines[1]), at(lines[2]), "two events of the same microsecond are two points");
        assert_eq!(at(lines[1]) / 1000, 1_000_000);
        running.abort();
    }

    /// One frame with these rows, through a committer over a store in memory that refuses the second.
    async fn committed(mirror: Mirror, metrics: &Arc<Metrics>) {
        let fitness = Fitness::new();
        fitness.report(Part::Guard, None);
        let memory = Memory::default();
        memory.poison([2], true);
        let writers = (0..limits::WRITERS).map(|_| Box::new(memory.clone()) as Box<dyn Writer>);
        let (queue, batches) = mpsc::channel(8);
        let (_stop, stopping) = watch::channel(false);
        let wait = Duration::from_millis(10);
        let waits = Waits { events: wait, samples: wait };
        let mut told = Told::new(Arc::clone(metrics), Arc::default(), None);
        told.influx = Some(mirror);
        let committer = Committer::new(batches, writers.collect(), fitness, waits, stopping, told);
        let running = tokio::spawn(committer.run());
        let (done, outcome) = oneshot::channel();
        let cell = Arc::new(Cell::detached(&"node-1".into(), 7));
        let rows = (1..=3).map(|seq| (seq, line(&HOST, seq).row)).collect();
        let frame =
            Batch { first_seq: 1, count: 3, rows, done, ..Batch::announcement(cell, 3, None) };
        queue.send(frame).await.unwrap();
        assert_eq!(outcome.await.unwrap().stored, 2);
        running.abort();
    }

    #[tokio::test]
    async fn a_commit_hands_on_what_was_stored_and_no_more() {
        let (url, came) = catcher(204).await;
        let metrics = metrics();
        let (mirror, sender) = mirror(&config(&url), "secret", Arc::clone(&metrics)).unwrap();
        let running = tokio::spawn(sender.run());
        committed(mirror, &metrics).await;
        eventually("the rows", || metrics.influx_rows.get() == 2).await;
        let text = came.lock().unwrap()[0].2.clone();
        assert_eq!(
            text,
            "host,node=node-1 seq=1i 1000000000\nhost,node=node-1 seq=3i 1000000000\n"
        );
        running.abort();
    }

    #[tokio::test]
    async fn what_is_not_taken_is_counted_and_holds_nothing_up() {
        let (url, _) = catcher(500).await;
        let metrics = metrics();
        let (mirror, sender) = mirror(&config(&url), "secret", Arc::clone(&metrics)).unwrap();
        // Nobody takes rows yet: rounds wait up to a limit, and no offer waits.
        let one = [line(&HOST, 1)];
        let started = Instant::now();
        for _ in 0..limits::INFLUX_ROUNDS + 5 {
            if let Some(copies) = mirror.copy(one.iter()) {
                mirror.offer(copies, &[]);
            }
        }
        assert!(started.elapsed() < Duration::from_secs(1));
        assert_eq!(metrics.influx_full.get(), 5);
        let running = tokio::spawn(sender.run());
        eventually("a failure", || metrics.influx_failures.get() > 0).await;
        assert_eq!(metrics.influx_failed.get(), metrics.influx_failures.get(), "one row each");
        assert_eq!(metrics.influx_rows.get(), 0);
        running.abort();
    }

    #[test]
    fn only_loopback_sees_the_token() {
        for good in ["http://127.0.0.1:8086", "http://[::1]:8086/", "http://localhost:8086"] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in ["https://127.0.0.1:1", "http://10.0.0.1:8086", "http://influx:8086", "", "x"] {
            assert!(!is_loopback(bad), "{bad}");
        }
    }
}
