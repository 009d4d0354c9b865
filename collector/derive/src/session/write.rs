//! Rows of a session that is understood.

use std::sync::Arc;

use naap_schema::generated::{StreamLeg, StreamMinute, StreamSession};

use super::figures::{Figures, buckets, f64_of, ms, packets, seconds_in_state, shown, upload_mbps};
use super::outcome::{EndReason, Outcome};
use super::timeline::SWAP;
use super::{Part, Whole};
use crate::event::{FORMULA, What};
use crate::fold::ErrorClass;
use crate::identity::Work;
use crate::{fee, limits};

/// What a minute of 720p at 30 frames per second has, pixels.
const PIXELS_PER_MINUTE: f64 = 1280.0 * 720.0 * 30.0 * 60.0;

fn word(text: &'static str) -> Arc<str> {
    text.into()
}

fn one(yes: bool) -> Option<i64> {
    Some(i64::from(yes))
}

fn count(n: usize) -> Option<i64> {
    i64::try_from(n).ok()
}

fn names(work: Option<&Work>) -> (Option<Arc<str>>, Option<Arc<str>>) {
    work.map_or((None, None), |w| (Some(Arc::clone(&w.pipeline)), w.model.clone()))
}

/// The trace value only where there is no media value.
fn e2e_trace(own: &Figures, traced: &Figures) -> Option<f64> {
    traced.e2e_trace_ms.filter(|_| own.e2e_media_ms.is_none())
}

impl Part<'_> {
    fn is_playable(&self) -> bool {
        self.figures.few_processed_us.is_some()
    }

    /// Signals seen and expected: only of a playable leg any are.
    fn signals(&self, last_us: i64) -> (i64, i64) {
        let Some(playable_us) = self.figures.few_processed_us else { return (0, 0) };
        let until_us = self.ended_us.unwrap_or(last_us);
        let status_due = until_us.saturating_sub(playable_us) >= limits::STATUS_DUE_US;
        let seen = [
            true,
            self.figures.first_processed_us.is_some(),
            status_due && self.figures.statuses > 0,
        ];
        let seen = seen.iter().map(|yes| i64::from(*yes)).sum();
        (seen, 2 + i64::from(status_due))
    }
}

impl Whole<'_> {
    pub(super) fn session_row(&self, parts: &[Part<'_>]) -> StreamSession {
        let last = parts.last();
        let (pipeline, model) = names(self.work.as_ref());
        let f = &self.figures;
        let first_leg = parts.first().map(|p| &p.figures);
        let signals: Vec<_> = parts.iter().map(|p| p.signals(self.last_us)).collect();
        let reason = self.end_reason;
        let row = StreamSession {
            void: 0,
            formula: FORMULA.into(),
            session: self.session,
            stream_id: Some(Arc::clone(&self.stream_id)),
            request_id: Some(Arc::clone(&self.request_id)),
            gateway_label: self.moments.iter().find_map(|m| m.event.gateway_label.clone()),
            gateway: self.gateway.clone(),
            region: self.region.clone(),
            origin: Arc::clone(&self.origin),
            pipeline,
            model,
            outcome: word(self.outcome.word()),
            end_reason: reason.map(|r| word(r.word())),
            closed_by: self.close.by().map(word),
            requested_at: self.requested_us,
            closed_at: self.close.at_us,
            last_event_at: Some(self.last_us),
            orchestrator: last.and_then(|p| p.who.address.clone()),
            orch_uri: last.map(|p| Arc::clone(&p.leg.uri)),
            legs: count(parts.len()),
            swaps: count(self.moments.iter().filter(|m| m.is(SWAP)).count()),
            startup_ms: ms(self.requested_us, f.first_processed_us),
            playable_ms: ms(self.requested_us, f.few_processed_us),
            prompt_to_first_frame_ms: f.prompt_to_first_frame_ms,
            e2e_media_ms: f.e2e_media_ms,
            e2e_trace_ms: first_leg.and_then(|leg| e2e_trace(f, leg)),
            output_fps_mean: f.output.mean,
            output_fps_min: f.output.min,
            jitter_coefficient: f.output.jitter,
            fps_samples: Some(f.output.n),
            input_fps_mean: f.input.mean,
            fps_ratio: f.fps_ratio,
            upload_mbps: upload_mbps(self.moments),
            minutes: self.minutes(),
            restarts: self.restarts(parts),
            signals_seen: Some(signals.iter().map(|(seen, _)| seen).sum()),
            signals_expected: Some(signals.iter().map(|(_, expected)| expected).sum()),
            requested: one(self.is_requested()),
            served: one(self.outcome == Outcome::Served),
            unserved: one(self.outcome == Outcome::NoOrchestrator),
            failed: one(self.outcome == Outcome::Failed),
            excused: one(self.outcome == Outcome::Excused),
            served_closed: one(self.outcome == Outcome::Served && self.close.at_us.is_some()),
            interrupted: one(reason.is_some_and(|r| r != EndReason::Client)),
            ..StreamSession::default()
        };
        self.with_money(self.with_counts(row))
    }

    fn is_requested(&self) -> bool {
        matches!(self.outcome, Outcome::Served | Outcome::NoOrchestrator | Outcome::Failed)
    }

    /// Each runner counts its own: over the legs, and what belongs to none of them.
    fn restarts(&self, parts: &[Part<'_>]) -> Option<i64> {
        let placed: std::collections::HashSet<usize> =
            parts.iter().flat_map(|p| p.leg.events.iter().copied()).collect();
        let free = self.moments.iter().enumerate().filter(|(i, _)| !placed.contains(i));
        let free = Figures::of(&free.map(|(_, m)| m).collect::<Vec<_>>());
        let known = parts.iter().map(|p| p.figures.restarts).chain([free.restarts]).flatten();
        known.reduce(|a, b| a + b)
    }

    /// Where output began, and where it ended or is known to go on.
    fn played_us(&self) -> Option<(i64, i64)> {
        Some((self.figures.output_from_us()?, self.close.at_us.unwrap_or(self.last_us)))
    }

    fn minutes(&self) -> Option<f64> {
        let (from_us, to_us) = self.played_us()?;
        shown(f64_of(to_us.saturating_sub(from_us)) / 60e6)
    }

    fn with_counts(&self, row: StreamSession) -> StreamSession {
        let end_us = self.close.at_us.unwrap_or(self.last_us);
        let [loading_s, offline_s, online_s, degraded_input_s, degraded_inference_s, error_s] =
            seconds_in_state(self.moments, end_us);
        let (packets_lost, packets_received) = packets(self.moments);
        let connections =
            self.moments.iter().filter(|m| matches!(m.event.what, What::Connection { .. }));
        let e = &self.errors;
        StreamSession {
            packets_lost,
            packets_received,
            loading_s,
            offline_s,
            online_s,
            degraded_input_s,
            degraded_inference_s,
            error_s,
            errors_no_orchestrator: e.of_class(ErrorClass::NoOrchestrator),
            errors_client_gone: e.of_class(ErrorClass::ClientGone),
            errors_ingest: e.of_class(ErrorClass::Ingest),
            errors_subscribe: e.of_class(ErrorClass::Subscribe),
            errors_publish: e.of_class(ErrorClass::Publish),
            errors_timeout: e.of_class(ErrorClass::Timeout),
            errors_connection: e.of_class(ErrorClass::Connection),
            errors_runner: e.of_class(ErrorClass::Runner),
            errors_other: e.of_class(ErrorClass::Other),
            status_samples: Some(self.figures.statuses),
            ingest_samples: count(connections.count()),
            error_events: Some(e.n),
            ..row
        }
    }

    fn with_money(&self, row: StreamSession) -> StreamSession {
        let (fee_wei, fee_eth) = fee::total(self.payments.iter().map(|a| &a.payment));
        let price = self.payments.iter().rev().find_map(|a| {
            let price: f64 = a.payment.price.as_deref()?.parse().ok()?;
            Some((shown(price)?, a.payment.price_unit.clone()))
        });
        let (price_wei, price_unit) = price.map_or((None, None), |(p, unit)| (Some(p), unit));
        let per_pixel =
            price_unit.as_deref().is_some_and(|unit| unit.eq_ignore_ascii_case("wei/pixel"));
        StreamSession {
            fee_wei,
            fee_eth,
            price_wei,
            price_wei_per_minute: price_wei.filter(|_| per_pixel).map(|p| p * PIXELS_PER_MINUTE),
            price_unit,
            ..row
        }
    }

    pub(super) fn leg_row(&self, part: &Part<'_>) -> StreamLeg {
        let (pipeline, model) = names(part.work.as_ref());
        let f = &part.figures;
        // The first leg starts at the request, if that was seen; the others where one ended.
        let start_us = match part.number {
            0 => self.requested_us.map(|_| part.leg.start_us),
            _ => Some(part.leg.start_us),
        };
        let (fee_wei, fee_eth) = fee::total(part.payments.iter().copied());
        let (signals_seen, signals_expected) = part.signals(self.last_us);
        let counted = part.is_playable() || part.ended_us.is_some();
        let requested = counted && matches!(part.outcome, Outcome::Served | Outcome::Failed);
        let judged = requested && f.statuses >= 2;
        StreamLeg {
            void: 0,
            formula: FORMULA.into(),
            session: self.session,
            leg: part.number,
            ended_at: part.ended_us,
            stream_id: Some(Arc::clone(&self.stream_id)),
            request_id: Some(Arc::clone(&self.request_id)),
            gateway: part.gateway.clone(),
            region: part.region.clone(),
            origin: Arc::clone(&self.origin),
            pipeline,
            model,
            orchestrator: part.who.address.clone(),
            orch_uri: Some(Arc::clone(&part.leg.uri)),
            hot_wallet: part.hot_wallet.clone(),
            attribution: word(part.who.by.word()),
            gpu_name: part.gpu_name.clone(),
            outcome: word(part.outcome.word()),
            swap_reason: part.leg.left_for.map(word),
            startup_ms: ms(start_us, f.first_processed_us),
            playable_ms: ms(start_us, f.few_processed_us),
            prompt_to_first_frame_ms: f.prompt_to_first_frame_ms,
            e2e_media_ms: f.e2e_media_ms,
            e2e_trace_ms: e2e_trace(f, f),
            output_fps_mean: f.output.mean,
            output_fps_min: f.output.min,
            jitter_coefficient: f.output.jitter,
            fps_samples: Some(f.output.n),
            input_fps_mean: f.input.mean,
            fps_ratio: f.fps_ratio,
            restarts: f.restarts,
            fee_wei,
            fee_eth,
            signals_seen: Some(signals_seen),
            signals_expected: Some(signals_expected),
            status_samples: Some(f.statuses),
            counted: one(counted),
            requested: one(requested),
            served: one(counted && part.outcome == Outcome::Served),
            swapped: one(requested && part.leg.left_for.is_some()),
            playable: one(part.is_playable()),
            viability_legs: one(judged),
            viable: one(judged && f.viable),
        }
    }

    pub(super) fn minute_rows(&self, parts: &[Part<'_>]) -> Vec<(i64, StreamMinute)> {
        let mut rows = Vec::new();
        let common = StreamMinute {
            formula: FORMULA.into(),
            session: self.session,
            origin: Arc::clone(&self.origin),
            ..StreamMinute::default()
        };
        if let Some((from_us, to_us)) = self.played_us() {
            let (pipeline, model) = names(self.work.as_ref());
            let session = StreamMinute {
                leg: -1,
                gateway: self.gateway.clone(),
                region: self.region.clone(),
                pipeline,
                model,
                ..common.clone()
            };
            let of = |minutes| StreamMinute { minutes: Some(minutes), ..session.clone() };
            rows.extend(buckets(from_us, to_us).into_iter().map(|(us, minutes)| (us, of(minutes))));
        }
        for part in parts {
            let Some(from_us) = part.figures.output_from_us() else { continue };
            let (pipeline, model) = names(part.work.as_ref());
            let leg = StreamMinute {
                leg: part.number,
                gateway: part.gateway.clone(),
                region: part.region.clone(),
                pipeline,
                model,
                orchestrator: part.who.address.clone(),
                orch_uri: Some(Arc::clone(&part.leg.uri)),
                gpu_name: part.gpu_name.clone(),
                ..common.clone()
            };
            let of = |minutes| StreamMinute { leg_minutes: Some(minutes), ..leg.clone() };
            let to_us = part.ended_us.unwrap_or(self.last_us);
            rows.extend(buckets(from_us, to_us).into_iter().map(|(us, minutes)| (us, of(minutes))));
        }
        rows
    }
}
