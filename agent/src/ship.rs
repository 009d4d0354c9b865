//! Sends frames and forgets what is acknowledged; never anything before.
//!
//! It may talk to one collector. It never gives up: connections are tried again with full jitter,
//! and after each the collector says from where to go on. What is taken now goes first; what waited
//! follows beside it, as quickly as the collector grants and no more than a node can spare.

mod connect;
mod flight;
mod withhold;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use naap_schema::proto::push_request::Message as Request;
use naap_schema::proto::push_response::Message as Response;
use naap_schema::proto::{Ack, Frame, PushRequest, PushResponse};
use prost::Message;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tonic::{Code, Status};

pub(crate) use self::connect::chain;
use self::connect::{Connection, Ended};
use self::flight::{Flight, Pace};
use crate::record::{Batch, gap};
use crate::spool::{Lost, Nowhere, Spool, last_seq};
use crate::{limits, machine};

/// Where to send, and as whom.
#[derive(Debug, Clone)]
pub struct Target {
    /// `http://` or `https://`, host and port.
    pub address: String,
    /// File with the token.
    pub token_file: PathBuf,
    /// Certificate of the authority to trust, for `https://`; the system's otherwise.
    pub ca_file: Option<PathBuf>,
}

/// What the shipper did, for the agent's own rows.
#[derive(Debug)]
pub struct Counts {
    /// Connections made.
    pub connects: AtomicU64,
    /// Bytes of frames sent.
    pub bytes_sent: AtomicU64,
    /// Rows refused for good.
    pub rejected: AtomicU64,
    /// Agent's clock minus collector's, ms; `i64::MIN`: not known yet.
    pub skew_ms: AtomicI64,
    /// When the collector last acknowledged something.
    acked: Mutex<Option<Instant>>,
    /// Why there is no connection, or the last one ended; `None` while there is one.
    trouble: Mutex<Option<String>>,
}

impl Counts {
    /// How long ago the collector last acknowledged something; `None` if it never did.
    pub fn ack_age(&self) -> Option<Duration> {
        self.acked.lock().unwrap_or_else(PoisonError::into_inner).map(|at| at.elapsed())
    }

    /// Why there is no connection; `None` while there is one, or none was tried yet.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn acked_now(&self) {
        *self.acked.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn set_trouble(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            connects: AtomicU64::new(0),
            bytes_sent: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            skew_ms: AtomicI64::new(i64::MIN),
            acked: Mutex::new(None),
            trouble: Mutex::new(None),
        }
    }
}

/// Sends what a spool holds.
#[derive(Debug)]
pub struct Shipper {
    target: Target,
    spool: Spool,
    counts: Arc<Counts>,
    /// Where rows that declare a loss go.
    recorder: mpsc::WeakSender<Batch>,
    complained: HashMap<String, Instant>,
    /// The collector ended the last connection because of one of so many frames: they go one at a
    /// time now, so that the next end says which.
    cautious: usize,
    /// First rows of frames that were set aside, by epoch: a connection does not begin with them
    /// again. An agent that starts anew tries them anew.
    refused: BTreeSet<(u64, u64)>,
    renewed: Option<Instant>,
    pace: Pace,
}

/// What a collector answers to a Hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Greeting {
    /// As whom it knows the token.
    pub(crate) node: String,
    /// Agent's clock minus collector's, ms.
    pub(crate) skew_ms: i64,
}

/// Why a Hello was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) why: String,
    /// The token is not accepted.
    pub(crate) about_token: bool,
}

/// One Hello that names no epoch: a running agent of the same name is not disturbed by it.
pub(crate) async fn greet(target: &Target) -> Result<Greeting, Refused> {
    let (nothing, _writer) = Spool::open(Arc::new(Nowhere), limits::MEMORY_BYTES);
    match connect::open(target, &nothing).await {
        Ok(Connection { welcome, skew_ms, .. }) => {
            Ok(Greeting { node: welcome.node.clone(), skew_ms })
        }
        Err(ended) => {
            let about_token = matches!(&ended, Ended::Refused(s) if is_about_token(s));
            Err(Refused { why: chain(&ended), about_token })
        }
    }
}

/// What a connection has done so far.
#[derive(Debug, Default)]
struct Progress {
    /// The last row sent, by epoch.
    sent: HashMap<u64, u64>,
    /// Declared ranges that are not sent, by epoch and first row.
    skipped: BTreeMap<(u64, u64), u64>,
    /// The last row acknowledged, by epoch.
    acked: HashMap<u64, u64>,
    flight: Flight,
}

/// What to do next.
enum Next {
    Send(Arc<Frame>),
    /// There is nothing to send now.
    Wait,
    /// There is, at this time.
    Until(Instant),
}

impl Shipper {
    /// A shipper of this spool.
    pub fn new(
        target: Target,
        spool: Spool,
        counts: Arc<Counts>,
        recorder: mpsc::WeakSender<Batch>,
    ) -> Self {
        Self {
            target,
            spool,
            counts,
            recorder,
            complained: HashMap::new(),
            cautious: 0,
            refused: BTreeSet::new(),
            renewed: None,
            pace: Pace::default(),
        }
    }

    /// Ships until `stop` is true and the spool is empty, or the time to drain is over.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let spool = self.spool.clone();
        let drained = async move {
            if stop.wait_for(|s| *s).await.is_err() {
                return;
            }
            let end = Instant::now() + limits::DRAIN;
            while spool.pending().rows > 0 && Instant::now() < end {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::select! {
            () = self.forever() => {}
            () = drained => {}
        }
    }

    async fn forever(&mut self) {
        let mut attempt = 0u32;
        loop {
            let started = Instant::now();
            let mut progress = Progress::default();
            let ended = self.session(&mut progress).await;
            self.complain(&ended);
            if is_permanent(&ended) {
                self.suspect(&progress, &ended).await;
            }
            // A session that held for a while begins anew.
            attempt = if started.elapsed() > limits::BACKOFF.1 { 0 } else { attempt + 1 };
            tokio::time::sleep(backoff(attempt, &ended)).await;
        }
    }

    fn complain(&mut self, ended: &Ended) {
        let text = match ended {
            Ended::Refused(s) if is_about_token(s) => {
                format!("{ended}; check the token in {}", self.target.token_file.display())
            }
            other => chain(other),
        };
        self.counts.set_trouble(Some(text.clone()));
        self.warn(text);
    }

    /// Logs the same thing at most once a minute.
    fn warn(&mut self, text: String) {
        let now = Instant::now();
        self.complained.retain(|_, at| now.duration_since(*at) < limits::COMPLAIN);
        if self.complained.insert(text.clone(), now).is_none() {
            tracing::warn!(collector = %self.target.address, "{text}; rows wait");
        }
    }

    /// One connection, from Hello to whatever ends it.
    async fn session(&mut self, progress: &mut Progress) -> Ended {
        let mut connection = match connect::open(&self.target, &self.spool).await {
            Ok(connection) => connection,
            Err(ended) => return ended,
        };
        self.counts.connects.fetch_add(1, Ordering::Relaxed);
        self.counts.skew_ms.store(connection.skew_ms, Ordering::Relaxed);
        self.counts.set_trouble(None);
        let welcome = &connection.welcome;
        tracing::info!(collector = %self.target.address, node = %welcome.node, "connected");
        progress.flight.grant(welcome.credit_bytes);
        for through in &welcome.through {
            self.spool.ack(through.epoch, through.seq);
            progress.sent.insert(through.epoch, through.seq);
            progress.acked.insert(through.epoch, through.seq);
        }
        loop {
            if let Err(ended) = self.step(&mut connection, progress).await {
                return ended;
            }
        }
    }

    async fn step(
        &mut self,
        connection: &mut Connection,
        progress: &mut Progress,
    ) -> Result<(), Ended> {
        for hole in self.spool.holes() {
            self.declare(hole, "unreadable").await;
        }
        self.renew();
        let frame = match self.next(progress).await {
            Next::Send(frame) => frame,
            wait => {
                let until = match wait {
                    Next::Until(at) => at,
                    _ => Instant::now() + limits::KEEPALIVE,
                };
                tokio::select! {
                    biased;
                    message = connection.from.message() => self.answer(message, progress)?,
                    () = self.spool.appended(&mut connection.seen) => {}
                    () = tokio::time::sleep_until(until) => {}
                }
                return Ok(());
            }
        };
        let (epoch, last) = (frame.epoch, last_seq(&frame));
        if self.refused.contains(&(epoch, frame.first_seq)) {
            progress.skip(&self.spool, &frame);
            return Ok(());
        }
        let limit = connection.welcome.max_frame_bytes as usize;
        if limit > 0 && frame.encoded_len() > limit {
            let why =
                format!("a frame of {} bytes is over the collector's {limit}", frame.encoded_len());
            self.quarantine(&frame, &why).await;
            progress.skip(&self.spool, &frame);
            return Ok(());
        }
        let parts = withhold::known(&frame, &connection.welcome);
        for lost in &parts.lost {
            self.warn("the collector is older than this agent; what it does not know is withheld and declared".to_owned());
            self.declare(*lost, "schema").await;
            progress.skipped.insert((epoch, lost.from_seq), lost.to_seq);
        }
        for part in parts.frames {
            self.send(connection, progress, part).await?;
        }
        progress.sent.insert(epoch, last);
        progress.release(&self.spool, epoch);
        Ok(())
    }

    async fn send(
        &mut self,
        connection: &mut Connection,
        progress: &mut Progress,
        frame: Arc<Frame>,
    ) -> Result<(), Ended> {
        let to = connection.to.clone();
        loop {
            // While the collector reads slowly, its acks must still be taken.
            tokio::select! {
                biased;
                message = connection.from.message() => self.answer(message, progress)?,
                place = to.reserve() => {
                    let Ok(place) = place else { return Err(connection.why_closed().await) };
                    progress.flight.sent(&frame);
                    self.counts.bytes_sent.fetch_add(frame.encoded_len() as u64, Ordering::Relaxed);
                    let frame = Arc::unwrap_or_clone(frame);
                    place.send(PushRequest { message: Some(Request::Frame(frame)) });
                    return Ok(());
                }
            }
        }
    }

    /// What to send: the newest epoch first, then the others beside it, oldest first.
    async fn next(&mut self, progress: &Progress) -> Next {
        let flight = &progress.flight;
        if self.cautious > 0 && !flight.is_empty() || flight.is_full() {
            return Next::Wait;
        }
        let epochs = self.spool.epochs();
        let Some((live, older)) = epochs.split_last() else { return Next::Wait };
        if let Some(frame) = self.spool.after(*live, progress.sent_of(*live)).await {
            return Next::Send(frame);
        }
        if flight.is_half_full() {
            return Next::Wait;
        }
        for epoch in older {
            if let Some(frame) = self.spool.after(*epoch, progress.sent_of(*epoch)).await {
                let wait = self.pace.take(frame.encoded_len());
                return wait.map_or(Next::Send(frame), Next::Until);
            }
        }
        Next::Wait
    }

    /// Gives new rows an epoch of their own when those of the running one are a backlog.
    fn renew(&mut self) {
        let due = self.renewed.is_none_or(|at| at.elapsed() >= limits::RENEW_EVERY);
        let epochs = self.spool.epochs();
        if let Some(live) = epochs.last()
            && due
            && epochs.len() < limits::EPOCHS
            && self.spool.pending_of(*live) > limits::LIVE_BYTES
        {
            self.renewed = Some(Instant::now());
            self.spool.renew();
        }
    }

    fn answer(
        &mut self,
        message: Result<Option<PushResponse>, Status>,
        progress: &mut Progress,
    ) -> Result<(), Ended> {
        match message.map_err(Ended::Refused)? {
            Some(PushResponse { message: Some(Response::Ack(ack)) }) => {
                let landed = progress.acknowledged(&self.spool, &ack);
                self.counts.acked_now();
                self.cautious = self.cautious.saturating_sub(landed);
                for r in &ack.rejections {
                    self.counts.rejected.fetch_add(r.count, Ordering::Relaxed);
                    self.warn(format!("rows were refused for good ({}): {}", r.reason, r.detail));
                }
                Ok(())
            }
            Some(_) => Ok(()),
            None => Err(Ended::Closed),
        }
    }

    /// The collector ended the connection for good: finds the frame, and sets it aside.
    async fn suspect(&mut self, progress: &Progress, ended: &Ended) {
        let Some((epoch, first_seq)) = progress.flight.only() else {
            self.cautious = progress.flight.len();
            return;
        };
        if let Some(frame) = self.spool.after(epoch, first_seq - 1).await {
            self.quarantine(&frame, &ended.to_string()).await;
        }
        self.cautious = 0;
    }

    async fn quarantine(&mut self, frame: &Arc<Frame>, why: &str) {
        tracing::error!(
            epoch = frame.epoch,
            first_seq = frame.first_seq,
            rows = frame.rows,
            why,
            "a frame is refused for good; it is set aside in the spool and declared"
        );
        self.spool.set_aside(frame).await;
        let (epoch, from_seq) = (frame.epoch, frame.first_seq);
        self.refused.insert((epoch, from_seq));
        while self.refused.len() > limits::REFUSED {
            self.refused.pop_first();
        }
        self.declare(Lost { epoch, from_seq, to_seq: last_seq(frame) }, "quarantined").await;
    }

    /// Comes back when the declaration is recorded: only then may the rows go.
    async fn declare(&self, lost: Lost, reason: &str) {
        let (recorded, told) = oneshot::channel();
        let batch = Batch { rows: vec![gap(lost, reason)], recorded: Some(recorded), soon: false };
        let Some(recorder) = self.recorder.upgrade() else { return };
        if recorder.send(batch).await.is_ok() {
            drop(recorder);
            // An agent that stops meanwhile declares it when it runs again.
            drop(told.await);
        }
    }
}

impl Progress {
    fn sent_of(&self, epoch: u64) -> u64 {
        self.sent.get(&epoch).copied().unwrap_or(0)
    }

    /// How many frames landed.
    fn acknowledged(&mut self, spool: &Spool, ack: &Ack) -> usize {
        let landed = self.flight.landed(ack);
        self.flight.grant(ack.credit_bytes);
        let acked = self.acked.entry(ack.epoch).or_default();
        *acked = ack.through_seq.max(*acked);
        self.release(spool, ack.epoch);
        landed
    }

    /// A whole frame that is not sent.
    fn skip(&mut self, spool: &Spool, frame: &Frame) {
        let last = last_seq(frame);
        self.skipped.insert((frame.epoch, frame.first_seq), last);
        self.sent.insert(frame.epoch, last);
        self.release(spool, frame.epoch);
    }

    /// Tells the spool how far an epoch is done with: acknowledged, or declared and skipped.
    fn release(&mut self, spool: &Spool, epoch: u64) {
        let mut through = self.acked.get(&epoch).copied().unwrap_or(0);
        while let Some((&(_, from), &to)) =
            self.skipped.range((epoch, 0)..=(epoch, through.saturating_add(1))).next_back()
            && to > through
            && from <= through + 1
        {
            through = to;
        }
        self.acked.insert(epoch, through);
        self.skipped.retain(|(e, _), to| *e != epoch || *to > through);
        spool.ack(epoch, through);
    }
}

/// Sending it again would end the same way.
fn is_permanent(ended: &Ended) -> bool {
    let permanent = |s: &Status| matches!(s.code(), Code::InvalidArgument | Code::OutOfRange);
    matches!(ended, Ended::Refused(s) if permanent(s))
}

fn is_about_token(status: &Status) -> bool {
    matches!(status.code(), Code::Unauthenticated | Code::PermissionDenied)
}

/// Full jitter: anything up to a bound that doubles. A refused token waits the whole of it, since
/// only a human can mend it.
fn backoff(attempt: u32, ended: &Ended) -> Duration {
    let (first, cap) = limits::BACKOFF;
    if matches!(ended, Ended::Refused(s) if is_about_token(s)) {
        return cap.mul_f64(0.5 + 0.5 * machine::fraction());
    }
    let bound = first.saturating_mul(1 << attempt.min(8)).min(cap);
    bound.mul_f64(machine::fraction())
}

#[cfg(test)]
#[path = "ship/tests.rs"]
mod tests;
