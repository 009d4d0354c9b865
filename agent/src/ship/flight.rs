//! How much may be under way. It may count; it sends nothing.

use std::collections::VecDeque;

use naap_schema::proto::{Ack, Frame};
use prost::Message;
use tokio::time::Instant;

use crate::limits;
use crate::spool::last_seq;

/// Frames that are sent and not acknowledged.
#[derive(Debug)]
pub(super) struct Flight {
    frames: VecDeque<Sent>,
    bytes: usize,
    credit: usize,
}

#[derive(Debug)]
struct Sent {
    epoch: u64,
    first_seq: u64,
    last_seq: u64,
    bytes: usize,
}

impl Default for Flight {
    fn default() -> Self {
        Self { frames: VecDeque::new(), bytes: 0, credit: limits::IN_FLIGHT_BYTES }
    }
}

impl Flight {
    /// The collector says how much it wants; 0: as before.
    pub(super) fn grant(&mut self, bytes: u32) {
        if bytes > 0 {
            self.credit = (bytes as usize).min(limits::IN_FLIGHT_BYTES);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.frames.len()
    }

    pub(super) const fn is_full(&self) -> bool {
        self.bytes >= self.credit
    }

    /// A backlog leaves the other half to what is taken now.
    pub(super) const fn is_half_full(&self) -> bool {
        self.bytes >= self.credit / 2
    }

    /// The one frame under way, if it is one.
    pub(super) fn only(&self) -> Option<(u64, u64)> {
        match self.frames.as_slices() {
            ([one], []) | ([], [one]) => Some((one.epoch, one.first_seq)),
            _ => None,
        }
    }

    pub(super) fn sent(&mut self, frame: &Frame) {
        let bytes = frame.encoded_len();
        self.bytes += bytes;
        let (epoch, first_seq) = (frame.epoch, frame.first_seq);
        self.frames.push_back(Sent { epoch, first_seq, last_seq: last_seq(frame), bytes });
    }

    /// How many frames an ack covers.
    pub(super) fn landed(&mut self, ack: &Ack) -> usize {
        let (before, mut freed) = (self.frames.len(), 0);
        self.frames.retain(|f| {
            let landed = f.epoch == ack.epoch && f.last_seq <= ack.through_seq;
            freed += if landed { f.bytes } else { 0 };
            !landed
        });
        self.bytes -= freed;
        before - self.frames.len()
    }
}

/// Bounds how quickly a backlog is sent: so many bytes a second, a second's worth at once.
#[derive(Debug)]
pub(super) struct Pace {
    allowed: f64,
    at: Instant,
}

impl Default for Pace {
    fn default() -> Self {
        Self { allowed: limits::BACKLOG_BYTES_PER_S, at: Instant::now() }
    }
}

impl Pace {
    /// Takes so many bytes, or says when they will be allowed.
    pub(super) fn take(&mut self, bytes: usize) -> Option<Instant> {
        let rate = limits::BACKLOG_BYTES_PER_S;
        let now = Instant::now();
        let grown = now.duration_since(self.at).as_secs_f64() * rate;
        self.allowed = (self.allowed + grown).min(rate);
        self.at = now;
        if self.allowed <= 0.0 {
            let wait = std::time::Duration::from_secs_f64((1.0 - self.allowed) / rate);
            return Some(now + wait);
        }
        // A frame larger than what is left is taken all the same, and paid for later.
        #[expect(clippy::cast_precision_loss, reason = "a frame has at most a megabyte")]
        let cost = bytes as f64;
        self.allowed -= cost;
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_backlog_keeps_to_its_rate() {
        let (mut pace, start) = (Pace::default(), Instant::now());
        let mut sent = 0;
        while start.elapsed() < Duration::from_secs(10) {
            match pace.take(10_000) {
                None => sent += 10_000,
                Some(at) => tokio::time::sleep_until(at).await,
            }
        }
        let expected = 11.0 * limits::BACKLOG_BYTES_PER_S;
        assert!((f64::from(sent) / expected - 1.0).abs() < 0.02, "{sent} of {expected}");
    }

    #[test]
    fn a_small_credit_still_lets_one_frame_go() {
        let mut flight = Flight::default();
        flight.grant(10);
        assert!(!flight.is_full());
        let frame =
            Frame { epoch: 1, first_seq: 1, rows: 3, body: vec![0; 50], ..Frame::default() };
        flight.sent(&frame);
        assert!(flight.is_full());
        assert_eq!(flight.only(), Some((1, 1)));
        flight.grant(0);
        let ack = |through_seq| Ack { epoch: 1, through_seq, ..Ack::default() };
        assert_eq!(flight.landed(&ack(2)), 0, "the third row is not acknowledged");
        assert!(flight.is_full());
        assert_eq!(flight.landed(&ack(3)), 1);
        assert!(flight.is_empty() && !flight.is_full());
    }
}
