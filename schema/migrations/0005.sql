-- Migration 5. Released: never edit it, add another one (`naap-schema emit`).

CREATE TABLE IF NOT EXISTS stream_session (
  ts TIMESTAMP,
  void LONG,
  formula SYMBOL,
  session UUID,
  stream_id VARCHAR,
  request_id VARCHAR,
  gateway_label SYMBOL,
  gateway SYMBOL,
  region SYMBOL,
  origin SYMBOL,
  pipeline SYMBOL,
  model SYMBOL,
  outcome SYMBOL,
  end_reason SYMBOL,
  closed_by SYMBOL,
  requested_at TIMESTAMP,
  closed_at TIMESTAMP,
  last_event_at TIMESTAMP,
  orchestrator SYMBOL,
  orch_uri SYMBOL,
  legs LONG,
  swaps LONG,
  startup_ms DOUBLE,
  playable_ms DOUBLE,
  prompt_to_first_frame_ms DOUBLE,
  e2e_media_ms DOUBLE,
  e2e_trace_ms DOUBLE,
  output_fps_mean DOUBLE,
  output_fps_min DOUBLE,
  jitter_coefficient DOUBLE,
  fps_samples LONG,
  input_fps_mean DOUBLE,
  fps_ratio DOUBLE,
  upload_mbps DOUBLE,
  minutes DOUBLE,
  restarts LONG,
  packets_lost LONG,
  packets_received LONG,
  loading_s DOUBLE,
  offline_s DOUBLE,
  online_s DOUBLE,
  degraded_input_s DOUBLE,
  degraded_inference_s DOUBLE,
  error_s DOUBLE,
  errors_no_orchestrator LONG,
  errors_client_gone LONG,
  errors_ingest LONG,
  errors_subscribe LONG,
  errors_publish LONG,
  errors_timeout LONG,
  errors_connection LONG,
  errors_runner LONG,
  errors_other LONG,
  status_samples LONG,
  ingest_samples LONG,
  error_events LONG,
  fee_wei VARCHAR,
  fee_eth DOUBLE,
  price_wei DOUBLE,
  price_unit SYMBOL,
  price_wei_per_minute DOUBLE,
  signals_seen LONG,
  signals_expected LONG,
  requested LONG,
  served LONG,
  unserved LONG,
  failed LONG,
  excused LONG,
  served_closed LONG,
  interrupted LONG
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, session)
;

CREATE TABLE IF NOT EXISTS stream_leg (
  ts TIMESTAMP,
  void LONG,
  formula SYMBOL,
  session UUID,
  leg LONG,
  ended_at TIMESTAMP,
  stream_id VARCHAR,
  request_id VARCHAR,
  gateway SYMBOL,
  region SYMBOL,
  origin SYMBOL,
  pipeline SYMBOL,
  model SYMBOL,
  orchestrator SYMBOL,
  orch_uri SYMBOL,
  hot_wallet SYMBOL,
  attribution SYMBOL,
  gpu_name SYMBOL,
  outcome SYMBOL,
  swap_reason SYMBOL,
  startup_ms DOUBLE,
  playable_ms DOUBLE,
  prompt_to_first_frame_ms DOUBLE,
  e2e_media_ms DOUBLE,
  e2e_trace_ms DOUBLE,
  output_fps_mean DOUBLE,
  output_fps_min DOUBLE,
  jitter_coefficient DOUBLE,
  fps_samples LONG,
  input_fps_mean DOUBLE,
  fps_ratio DOUBLE,
  restarts LONG,
  fee_wei VARCHAR,
  fee_eth DOUBLE,
  signals_seen LONG,
  signals_expected LONG,
  status_samples LONG,
  counted LONG,
  requested LONG,
  served LONG,
  swapped LONG,
  playable LONG,
  viability_legs LONG,
  viable LONG
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, session, leg)
;

CREATE TABLE IF NOT EXISTS stream_minute (
  ts TIMESTAMP,
  void LONG,
  formula SYMBOL,
  session UUID,
  leg LONG,
  gateway SYMBOL,
  region SYMBOL,
  origin SYMBOL,
  pipeline SYMBOL,
  model SYMBOL,
  orchestrator SYMBOL,
  orch_uri SYMBOL,
  gpu_name SYMBOL,
  minutes DOUBLE,
  leg_minutes DOUBLE
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, session, leg)
;

CREATE TABLE IF NOT EXISTS payment_fee (
  ts TIMESTAMP,
  void LONG,
  formula SYMBOL,
  event_id UUID,
  gateway SYMBOL,
  region SYMBOL,
  origin SYMBOL,
  sender SYMBOL,
  orchestrator SYMBOL,
  orch_uri SYMBOL,
  pipeline SYMBOL,
  model SYMBOL,
  basis SYMBOL,
  request_id VARCHAR,
  session UUID,
  fee_wei VARCHAR,
  fee_eth DOUBLE,
  payments LONG,
  unattributed LONG
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, event_id)
;

CREATE TABLE IF NOT EXISTS sla_score (
  ts TIMESTAMP,
  void LONG,
  formula SYMBOL,
  span SYMBOL,
  orchestrator SYMBOL,
  pipeline SYMBOL,
  model SYMBOL,
  region SYMBOL,
  origin SYMBOL,
  requested LONG,
  served LONG,
  swapped LONG,
  viability_legs LONG,
  viable LONG,
  playable LONG,
  signals_seen LONG,
  signals_expected LONG,
  startup_success DOUBLE,
  no_swap DOUBLE,
  viability DOUBLE,
  startup_weight DOUBLE,
  no_swap_weight DOUBLE,
  viability_weight DOUBLE,
  reliability DOUBLE,
  ptff_median DOUBLE,
  ptff_n LONG,
  ptff_term DOUBLE,
  ptff_flag SYMBOL,
  e2e_median DOUBLE,
  e2e_n LONG,
  e2e_term DOUBLE,
  e2e_flag SYMBOL,
  fps_median DOUBLE,
  fps_n LONG,
  fps_term DOUBLE,
  fps_flag SYMBOL,
  ptff_weight DOUBLE,
  e2e_weight DOUBLE,
  fps_weight DOUBLE,
  quality DOUBLE,
  signal_coverage DOUBLE,
  score DOUBLE,
  cost_startup_success DOUBLE,
  cost_no_swap DOUBLE,
  cost_viability DOUBLE,
  cost_ptff DOUBLE,
  cost_e2e DOUBLE,
  cost_fps DOUBLE,
  cost_coverage DOUBLE,
  gateways LONG,
  ranked LONG,
  startup_met LONG,
  startup_hours LONG,
  swap_met LONG,
  swap_hours LONG,
  jitter_met LONG,
  jitter_hours LONG,
  e2e_met LONG,
  e2e_hours LONG,
  fresh_met LONG,
  fresh_hours LONG
) TIMESTAMP(ts) PARTITION BY MONTH TTL 3 YEARS WAL
DEDUP UPSERT KEYS(ts, span, orchestrator, pipeline, model, region, origin)
;

CREATE TABLE IF NOT EXISTS benchmark (
  ts TIMESTAMP,
  void LONG,
  formula SYMBOL,
  origin SYMBOL,
  pipeline SYMBOL,
  model SYMBOL,
  figure SYMBOL,
  n LONG,
  orchestrators LONG,
  usable LONG,
  p10 DOUBLE,
  p50 DOUBLE,
  p90 DOUBLE
) TIMESTAMP(ts) PARTITION BY MONTH TTL 3 YEARS WAL
DEDUP UPSERT KEYS(ts, origin, pipeline, model, figure)
;

CREATE TABLE IF NOT EXISTS supply (
  ts TIMESTAMP,
  void LONG,
  formula SYMBOL,
  orchestrator SYMBOL,
  orch_uri SYMBOL,
  pipeline SYMBOL,
  model SYMBOL,
  origin SYMBOL,
  region SYMBOL,
  known_s DOUBLE,
  slot_s DOUBLE,
  idle_slot_s DOUBLE,
  warm_s DOUBLE,
  implausible_slots LONG,
  price_wei_per_unit DOUBLE,
  price_unit SYMBOL,
  price_wei_per_minute DOUBLE
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, orchestrator, orch_uri, pipeline, model, origin)
;

CREATE TABLE IF NOT EXISTS supply_gpu (
  ts TIMESTAMP,
  void LONG,
  formula SYMBOL,
  orchestrator SYMBOL,
  orch_uri SYMBOL,
  gpu_name SYMBOL,
  origin SYMBOL,
  region SYMBOL,
  gpu_hours DOUBLE,
  gpus LONG
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, orchestrator, orch_uri, gpu_name, origin)
;

CREATE TABLE IF NOT EXISTS supply_report (
  ts TIMESTAMP,
  void LONG,
  formula SYMBOL,
  orchestrator SYMBOL,
  orch_uri SYMBOL,
  origin SYMBOL,
  gateway SYMBOL,
  hot_wallet SYMBOL,
  version SYMBOL,
  region SYMBOL,
  gpus LONG,
  gpu_ids VARCHAR,
  gpu_names VARCHAR,
  models LONG,
  warm_models LONG,
  slots LONG,
  slots_idle LONG,
  implausible_models LONG,
  implausible_slots LONG
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, orchestrator, orch_uri, origin)
;

CREATE TABLE IF NOT EXISTS gpu_slot (
  ts TIMESTAMP,
  void LONG,
  formula SYMBOL,
  gpu_slot SYMBOL,
  origin SYMBOL,
  orchestrator SYMBOL,
  orch_uri SYMBOL,
  gpu_id SYMBOL,
  gpu_name SYMBOL,
  memory_bytes LONG,
  rank LONG
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, gpu_slot, origin)
;

CREATE TABLE IF NOT EXISTS job (
  ts TIMESTAMP,
  void LONG,
  formula SYMBOL,
  job UUID,
  kind SYMBOL,
  request_id VARCHAR,
  gateway SYMBOL,
  region SYMBOL,
  origin SYMBOL,
  pipeline SYMBOL,
  model SYMBOL,
  orchestrator SYMBOL,
  orch_uri SYMBOL,
  outcome SYMBOL,
  completed_at TIMESTAMP,
  error_type SYMBOL,
  tries LONG,
  duration_ms DOUBLE,
  first_token_ms DOUBLE,
  prompt_tokens LONG,
  completion_tokens LONG,
  tokens_per_second DOUBLE,
  latency_score DOUBLE,
  price_wei_per_unit DOUBLE,
  requested LONG,
  served LONG,
  unserved LONG,
  failed LONG
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, job)
;

CREATE TABLE IF NOT EXISTS reported_observed (
  ts TIMESTAMP,
  void LONG,
  formula SYMBOL,
  orchestrator SYMBOL,
  pipeline SYMBOL,
  model SYMBOL,
  origin SYMBOL,
  figure SYMBOL,
  reported DOUBLE,
  observed DOUBLE,
  ratio DOUBLE,
  basis SYMBOL,
  reports LONG,
  legs LONG
) TIMESTAMP(ts) PARTITION BY MONTH TTL 3 YEARS WAL
DEDUP UPSERT KEYS(ts, orchestrator, pipeline, model, origin, figure)
;

CREATE TABLE IF NOT EXISTS correction (
  ts TIMESTAMP,
  void LONG,
  formula SYMBOL,
  correction UUID,
  kind SYMBOL,
  subject VARCHAR,
  value VARCHAR,
  valid_from TIMESTAMP,
  valid_to TIMESTAMP,
  author VARCHAR,
  reason VARCHAR,
  revoked LONG
) TIMESTAMP(ts) PARTITION BY YEAR WAL
DEDUP UPSERT KEYS(ts, correction)
;

CREATE TABLE IF NOT EXISTS derive_mark (
  ts TIMESTAMP,
  node SYMBOL,
  entity SYMBOL,
  hour TIMESTAMP
) TIMESTAMP(ts) PARTITION BY DAY TTL 31 DAYS WAL
DEDUP UPSERT KEYS(ts, node, entity, hour)
;

CREATE TABLE IF NOT EXISTS derive_state (
  ts TIMESTAMP,
  node SYMBOL,
  part SYMBOL,
  through_at TIMESTAMP,
  lag_ms LONG,
  pending LONG,
  derived LONG,
  voided LONG
) TIMESTAMP(ts) PARTITION BY DAY TTL 90 DAYS WAL
DEDUP UPSERT KEYS(ts, node, part)
;

CREATE OR REPLACE VIEW public_stream_session AS (
  SELECT ts, void, formula, session, stream_id, request_id, gateway_label, gateway, region, origin, pipeline, model, outcome, end_reason, closed_by, requested_at, closed_at, last_event_at, orchestrator, orch_uri, legs, swaps, startup_ms, playable_ms, prompt_to_first_frame_ms, e2e_media_ms, e2e_trace_ms, output_fps_mean, output_fps_min, jitter_coefficient, fps_samples, input_fps_mean, fps_ratio, upload_mbps, minutes, restarts, packets_lost, packets_received, loading_s, offline_s, online_s, degraded_input_s, degraded_inference_s, error_s, errors_no_orchestrator, errors_client_gone, errors_ingest, errors_subscribe, errors_publish, errors_timeout, errors_connection, errors_runner, errors_other, status_samples, ingest_samples, error_events, fee_wei, fee_eth, price_wei, price_unit, price_wei_per_minute, signals_seen, signals_expected, requested, served, unserved, failed, excused, served_closed, interrupted FROM stream_session WHERE void = 0
)
;

CREATE OR REPLACE VIEW public_stream_leg AS (
  SELECT ts, void, formula, session, leg, ended_at, stream_id, request_id, gateway, region, origin, pipeline, model, orchestrator, orch_uri, hot_wallet, attribution, gpu_name, outcome, swap_reason, startup_ms, playable_ms, prompt_to_first_frame_ms, e2e_media_ms, e2e_trace_ms, output_fps_mean, output_fps_min, jitter_coefficient, fps_samples, input_fps_mean, fps_ratio, restarts, fee_wei, fee_eth, signals_seen, signals_expected, status_samples, counted, requested, served, swapped, playable, viability_legs, viable FROM stream_leg WHERE void = 0
)
;

CREATE OR REPLACE VIEW public_stream_minute AS (
  SELECT ts, void, formula, session, leg, gateway, region, origin, pipeline, model, orchestrator, orch_uri, gpu_name, minutes, leg_minutes FROM stream_minute WHERE void = 0
)
;

CREATE OR REPLACE VIEW public_payment_fee AS (
  SELECT ts, void, formula, event_id, gateway, region, origin, sender, orchestrator, orch_uri, pipeline, model, basis, request_id, session, fee_wei, fee_eth, payments, unattributed FROM payment_fee WHERE void = 0
)
;

CREATE OR REPLACE VIEW public_sla_score AS (
  SELECT ts, void, formula, span, orchestrator, pipeline, model, region, origin, requested, served, swapped, viability_legs, viable, playable, signals_seen, signals_expected, startup_success, no_swap, viability, startup_weight, no_swap_weight, viability_weight, reliability, ptff_median, ptff_n, ptff_term, ptff_flag, e2e_median, e2e_n, e2e_term, e2e_flag, fps_median, fps_n, fps_term, fps_flag, ptff_weight, e2e_weight, fps_weight, quality, signal_coverage, score, cost_startup_success, cost_no_swap, cost_viability, cost_ptff, cost_e2e, cost_fps, cost_coverage, gateways, ranked, startup_met, startup_hours, swap_met, swap_hours, jitter_met, jitter_hours, e2e_met, e2e_hours, fresh_met, fresh_hours FROM sla_score WHERE void = 0
)
;

CREATE OR REPLACE VIEW public_benchmark AS (
  SELECT ts, void, formula, origin, pipeline, model, figure, n, orchestrators, usable, p10, p50, p90 FROM benchmark WHERE void = 0
)
;

CREATE OR REPLACE VIEW public_supply AS (
  SELECT ts, void, formula, orchestrator, orch_uri, pipeline, model, origin, region, known_s, slot_s, idle_slot_s, warm_s, implausible_slots, price_wei_per_unit, price_unit, price_wei_per_minute FROM supply WHERE void = 0
)
;

CREATE OR REPLACE VIEW public_supply_gpu AS (
  SELECT ts, void, formula, orchestrator, orch_uri, gpu_name, origin, region, gpu_hours, gpus FROM supply_gpu WHERE void = 0
)
;

CREATE OR REPLACE VIEW public_supply_report AS (
  SELECT ts, void, formula, orchestrator, orch_uri, origin, gateway, hot_wallet, version, region, gpus, gpu_ids, gpu_names, models, warm_models, slots, slots_idle, implausible_models, implausible_slots FROM supply_report WHERE void = 0
)
;

CREATE OR REPLACE VIEW public_gpu_slot AS (
  SELECT ts, void, formula, gpu_slot, origin, orchestrator, orch_uri, gpu_id, gpu_name, memory_bytes, rank FROM gpu_slot WHERE void = 0
)
;

CREATE OR REPLACE VIEW public_job AS (
  SELECT ts, void, formula, job, kind, request_id, gateway, region, origin, pipeline, model, orchestrator, orch_uri, outcome, completed_at, error_type, tries, duration_ms, first_token_ms, prompt_tokens, completion_tokens, tokens_per_second, latency_score, price_wei_per_unit, requested, served, unserved, failed FROM job WHERE void = 0
)
;

CREATE OR REPLACE VIEW public_reported_observed AS (
  SELECT ts, void, formula, orchestrator, pipeline, model, origin, figure, reported, observed, ratio, basis, reports, legs FROM reported_observed WHERE void = 0
)
;

CREATE OR REPLACE VIEW public_correction AS (
  SELECT ts, void, formula, correction, kind, subject, value, valid_from, valid_to, author, reason, revoked FROM correction WHERE void = 0
)
;

CREATE OR REPLACE VIEW public_derive_state AS (
  SELECT ts, node, part, through_at, lag_ms, pending, derived, voided FROM derive_state
)
;

CREATE MATERIALIZED VIEW IF NOT EXISTS job_5m WITH BASE job REFRESH EVERY 1m AS (
  SELECT ts,
    origin,
    kind,
    gateway,
    orchestrator,
    pipeline,
    model,
    region,
    count() n,
    count(duration_ms) duration_ms_n,
    sum(duration_ms) duration_ms_sum,
    max(duration_ms) duration_ms_max,
    min(duration_ms) duration_ms_min,
    sum(duration_ms::double * duration_ms::double) duration_ms_sq,
    count(first_token_ms) first_token_ms_n,
    sum(first_token_ms) first_token_ms_sum,
    max(first_token_ms) first_token_ms_max,
    min(first_token_ms) first_token_ms_min,
    sum(first_token_ms::double * first_token_ms::double) first_token_ms_sq,
    count(prompt_tokens) prompt_tokens_n,
    sum(prompt_tokens) prompt_tokens_sum,
    max(prompt_tokens) prompt_tokens_max,
    count(completion_tokens) completion_tokens_n,
    sum(completion_tokens) completion_tokens_sum,
    max(completion_tokens) completion_tokens_max,
    count(tokens_per_second) tokens_per_second_n,
    sum(tokens_per_second) tokens_per_second_sum,
    max(tokens_per_second) tokens_per_second_max,
    min(tokens_per_second) tokens_per_second_min,
    sum(tokens_per_second::double * tokens_per_second::double) tokens_per_second_sq,
    count(requested) requested_n,
    sum(requested) requested_sum,
    max(requested) requested_max,
    count(served) served_n,
    sum(served) served_sum,
    max(served) served_max,
    count(unserved) unserved_n,
    sum(unserved) unserved_sum,
    max(unserved) unserved_max,
    count(failed) failed_n,
    sum(failed) failed_sum,
    max(failed) failed_max
  FROM job SAMPLE BY 5m
) PARTITION BY MONTH TTL 13 MONTHS
;

ALTER MATERIALIZED VIEW job_5m SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS job_1h WITH BASE job_5m REFRESH IMMEDIATE AS (
  SELECT ts,
    origin,
    kind,
    gateway,
    orchestrator,
    pipeline,
    model,
    region,
    sum(n) n,
    sum(duration_ms_n) duration_ms_n,
    sum(duration_ms_sum) duration_ms_sum,
    max(duration_ms_max) duration_ms_max,
    min(duration_ms_min) duration_ms_min,
    sum(duration_ms_sq) duration_ms_sq,
    sum(first_token_ms_n) first_token_ms_n,
    sum(first_token_ms_sum) first_token_ms_sum,
    max(first_token_ms_max) first_token_ms_max,
    min(first_token_ms_min) first_token_ms_min,
    sum(first_token_ms_sq) first_token_ms_sq,
    sum(prompt_tokens_n) prompt_tokens_n,
    sum(prompt_tokens_sum) prompt_tokens_sum,
    max(prompt_tokens_max) prompt_tokens_max,
    sum(completion_tokens_n) completion_tokens_n,
    sum(completion_tokens_sum) completion_tokens_sum,
    max(completion_tokens_max) completion_tokens_max,
    sum(tokens_per_second_n) tokens_per_second_n,
    sum(tokens_per_second_sum) tokens_per_second_sum,
    max(tokens_per_second_max) tokens_per_second_max,
    min(tokens_per_second_min) tokens_per_second_min,
    sum(tokens_per_second_sq) tokens_per_second_sq,
    sum(requested_n) requested_n,
    sum(requested_sum) requested_sum,
    max(requested_max) requested_max,
    sum(served_n) served_n,
    sum(served_sum) served_sum,
    max(served_max) served_max,
    sum(unserved_n) unserved_n,
    sum(unserved_sum) unserved_sum,
    max(unserved_max) unserved_max,
    sum(failed_n) failed_n,
    sum(failed_sum) failed_sum,
    max(failed_max) failed_max
  FROM job_5m SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW job_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS job_1d WITH BASE job_1h REFRESH IMMEDIATE AS (
  SELECT ts,
    origin,
    kind,
    gateway,
    orchestrator,
    pipeline,
    model,
    region,
    sum(n) n,
    sum(duration_ms_n) duration_ms_n,
    sum(duration_ms_sum) duration_ms_sum,
    max(duration_ms_max) duration_ms_max,
    min(duration_ms_min) duration_ms_min,
    sum(duration_ms_sq) duration_ms_sq,
    sum(first_token_ms_n) first_token_ms_n,
    sum(first_token_ms_sum) first_token_ms_sum,
    max(first_token_ms_max) first_token_ms_max,
    min(first_token_ms_min) first_token_ms_min,
    sum(first_token_ms_sq) first_token_ms_sq,
    sum(prompt_tokens_n) prompt_tokens_n,
    sum(prompt_tokens_sum) prompt_tokens_sum,
    max(prompt_tokens_max) prompt_tokens_max,
    sum(completion_tokens_n) completion_tokens_n,
    sum(completion_tokens_sum) completion_tokens_sum,
    max(completion_tokens_max) completion_tokens_max,
    sum(tokens_per_second_n) tokens_per_second_n,
    sum(tokens_per_second_sum) tokens_per_second_sum,
    max(tokens_per_second_max) tokens_per_second_max,
    min(tokens_per_second_min) tokens_per_second_min,
    sum(tokens_per_second_sq) tokens_per_second_sq,
    sum(requested_n) requested_n,
    sum(requested_sum) requested_sum,
    max(requested_max) requested_max,
    sum(served_n) served_n,
    sum(served_sum) served_sum,
    max(served_max) served_max,
    sum(unserved_n) unserved_n,
    sum(unserved_sum) unserved_sum,
    max(unserved_max) unserved_max,
    sum(failed_n) failed_n,
    sum(failed_sum) failed_sum,
    max(failed_max) failed_max
  FROM job_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW job_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS job_duration_ms_hist_1h WITH BASE job REFRESH EVERY 5m AS (
  SELECT ts, origin, kind, gateway, orchestrator, pipeline, model, region,
    CASE WHEN duration_ms < 0 THEN -1000001 WHEN duration_ms = 0 THEN -1000000 WHEN duration_ms < 1.0 THEN 0 WHEN duration_ms > 3600000.0 THEN 378 ELSE ceil(ln(duration_ms) / ln(1.0408))::LONG END b,
    count() n
  FROM job WHERE duration_ms IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW job_duration_ms_hist_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS job_duration_ms_hist_1d WITH BASE job_duration_ms_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, origin, kind, gateway, orchestrator, pipeline, model, region, b, sum(n) n
  FROM job_duration_ms_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW job_duration_ms_hist_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS job_first_token_ms_hist_1h WITH BASE job REFRESH EVERY 5m AS (
  SELECT ts, origin, kind, gateway, orchestrator, pipeline, model, region,
    CASE WHEN first_token_ms < 0 THEN -1000001 WHEN first_token_ms = 0 THEN -1000000 WHEN first_token_ms < 1.0 THEN 0 WHEN first_token_ms > 3600000.0 THEN 378 ELSE ceil(ln(first_token_ms) / ln(1.0408))::LONG END b,
    count() n
  FROM job WHERE first_token_ms IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW job_first_token_ms_hist_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS job_first_token_ms_hist_1d WITH BASE job_first_token_ms_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, origin, kind, gateway, orchestrator, pipeline, model, region, b, sum(n) n
  FROM job_first_token_ms_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW job_first_token_ms_hist_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS livepeer_ai_5m WITH BASE livepeer_ai REFRESH EVERY 1m AS (
  SELECT ts,
    node,
    pipeline,
    model,
    orch_uri,
    count() n,
    count(requests) requests_n,
    sum(requests) requests_sum,
    max(requests) requests_max,
    count(request_errors) request_errors_n,
    sum(request_errors) request_errors_sum,
    max(request_errors) request_errors_max,
    count(live_attempts) live_attempts_n,
    sum(live_attempts) live_attempts_sum,
    max(live_attempts) live_attempts_max
  FROM livepeer_ai SAMPLE BY 5m
) PARTITION BY DAY TTL 90 DAYS
;

ALTER MATERIALIZED VIEW livepeer_ai_5m SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS livepeer_ai_1h WITH BASE livepeer_ai_5m REFRESH IMMEDIATE AS (
  SELECT ts,
    node,
    pipeline,
    model,
    orch_uri,
    sum(n) n,
    sum(requests_n) requests_n,
    sum(requests_sum) requests_sum,
    max(requests_max) requests_max,
    sum(request_errors_n) request_errors_n,
    sum(request_errors_sum) request_errors_sum,
    max(request_errors_max) request_errors_max,
    sum(live_attempts_n) live_attempts_n,
    sum(live_attempts_sum) live_attempts_sum,
    max(live_attempts_max) live_attempts_max
  FROM livepeer_ai_5m SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW livepeer_ai_1h SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS livepeer_ai_1d WITH BASE livepeer_ai_1h REFRESH IMMEDIATE AS (
  SELECT ts,
    node,
    pipeline,
    model,
    orch_uri,
    sum(n) n,
    sum(requests_n) requests_n,
    sum(requests_sum) requests_sum,
    max(requests_max) requests_max,
    sum(request_errors_n) request_errors_n,
    sum(request_errors_sum) request_errors_sum,
    max(request_errors_max) request_errors_max,
    sum(live_attempts_n) live_attempts_n,
    sum(live_attempts_sum) live_attempts_sum,
    max(live_attempts_max) live_attempts_max
  FROM livepeer_ai_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW livepeer_ai_1d SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS livepeer_orchestrator_5m WITH BASE livepeer_orchestrator REFRESH EVERY 1m AS (
  SELECT ts,
    node,
    orch_uri,
    orch_address,
    count() n,
    count(segments_uploaded) segments_uploaded_n,
    sum(segments_uploaded) segments_uploaded_sum,
    max(segments_uploaded) segments_uploaded_max,
    count(segments_upload_failed) segments_upload_failed_n,
    sum(segments_upload_failed) segments_upload_failed_sum,
    max(segments_upload_failed) segments_upload_failed_max,
    count(segments_transcoded) segments_transcoded_n,
    sum(segments_transcoded) segments_transcoded_sum,
    max(segments_transcoded) segments_transcoded_max,
    count(latency_sum_s) latency_sum_s_n,
    sum(latency_sum_s) latency_sum_s_sum,
    max(latency_sum_s) latency_sum_s_max,
    count(latency_count) latency_count_n,
    sum(latency_count) latency_count_sum,
    max(latency_count) latency_count_max,
    count(latency_le_500ms_count) latency_le_500ms_count_n,
    sum(latency_le_500ms_count) latency_le_500ms_count_sum,
    max(latency_le_500ms_count) latency_le_500ms_count_max,
    count(latency_le_1s_count) latency_le_1s_count_n,
    sum(latency_le_1s_count) latency_le_1s_count_sum,
    max(latency_le_1s_count) latency_le_1s_count_max,
    count(latency_le_2s_count) latency_le_2s_count_n,
    sum(latency_le_2s_count) latency_le_2s_count_sum,
    max(latency_le_2s_count) latency_le_2s_count_max,
    count(latency_le_3s_count) latency_le_3s_count_n,
    sum(latency_le_3s_count) latency_le_3s_count_sum,
    max(latency_le_3s_count) latency_le_3s_count_max,
    count(latency_le_5s_count) latency_le_5s_count_n,
    sum(latency_le_5s_count) latency_le_5s_count_sum,
    max(latency_le_5s_count) latency_le_5s_count_max,
    count(latency_le_10s_count) latency_le_10s_count_n,
    sum(latency_le_10s_count) latency_le_10s_count_sum,
    max(latency_le_10s_count) latency_le_10s_count_max,
    count(upload_sum_s) upload_sum_s_n,
    sum(upload_sum_s) upload_sum_s_sum,
    max(upload_sum_s) upload_sum_s_max,
    count(upload_count) upload_count_n,
    sum(upload_count) upload_count_sum,
    max(upload_count) upload_count_max,
    count(discovery_errors) discovery_errors_n,
    sum(discovery_errors) discovery_errors_sum,
    max(discovery_errors) discovery_errors_max,
    count(first_segment_delay_sum_ms) first_segment_delay_sum_ms_n,
    sum(first_segment_delay_sum_ms) first_segment_delay_sum_ms_sum,
    max(first_segment_delay_sum_ms) first_segment_delay_sum_ms_max,
    count(first_segment_delay_count) first_segment_delay_count_n,
    sum(first_segment_delay_count) first_segment_delay_count_sum,
    max(first_segment_delay_count) first_segment_delay_count_max
  FROM livepeer_orchestrator SAMPLE BY 5m
) PARTITION BY DAY TTL 90 DAYS
;

ALTER MATERIALIZED VIEW livepeer_orchestrator_5m SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS livepeer_orchestrator_1h WITH BASE livepeer_orchestrator_5m REFRESH IMMEDIATE AS (
  SELECT ts,
    node,
    orch_uri,
    orch_address,
    sum(n) n,
    sum(segments_uploaded_n) segments_uploaded_n,
    sum(segments_uploaded_sum) segments_uploaded_sum,
    max(segments_uploaded_max) segments_uploaded_max,
    sum(segments_upload_failed_n) segments_upload_failed_n,
    sum(segments_upload_failed_sum) segments_upload_failed_sum,
    max(segments_upload_failed_max) segments_upload_failed_max,
    sum(segments_transcoded_n) segments_transcoded_n,
    sum(segments_transcoded_sum) segments_transcoded_sum,
    max(segments_transcoded_max) segments_transcoded_max,
    sum(latency_sum_s_n) latency_sum_s_n,
    sum(latency_sum_s_sum) latency_sum_s_sum,
    max(latency_sum_s_max) latency_sum_s_max,
    sum(latency_count_n) latency_count_n,
    sum(latency_count_sum) latency_count_sum,
    max(latency_count_max) latency_count_max,
    sum(latency_le_500ms_count_n) latency_le_500ms_count_n,
    sum(latency_le_500ms_count_sum) latency_le_500ms_count_sum,
    max(latency_le_500ms_count_max) latency_le_500ms_count_max,
    sum(latency_le_1s_count_n) latency_le_1s_count_n,
    sum(latency_le_1s_count_sum) latency_le_1s_count_sum,
    max(latency_le_1s_count_max) latency_le_1s_count_max,
    sum(latency_le_2s_count_n) latency_le_2s_count_n,
    sum(latency_le_2s_count_sum) latency_le_2s_count_sum,
    max(latency_le_2s_count_max) latency_le_2s_count_max,
    sum(latency_le_3s_count_n) latency_le_3s_count_n,
    sum(latency_le_3s_count_sum) latency_le_3s_count_sum,
    max(latency_le_3s_count_max) latency_le_3s_count_max,
    sum(latency_le_5s_count_n) latency_le_5s_count_n,
    sum(latency_le_5s_count_sum) latency_le_5s_count_sum,
    max(latency_le_5s_count_max) latency_le_5s_count_max,
    sum(latency_le_10s_count_n) latency_le_10s_count_n,
    sum(latency_le_10s_count_sum) latency_le_10s_count_sum,
    max(latency_le_10s_count_max) latency_le_10s_count_max,
    sum(upload_sum_s_n) upload_sum_s_n,
    sum(upload_sum_s_sum) upload_sum_s_sum,
    max(upload_sum_s_max) upload_sum_s_max,
    sum(upload_count_n) upload_count_n,
    sum(upload_count_sum) upload_count_sum,
    max(upload_count_max) upload_count_max,
    sum(discovery_errors_n) discovery_errors_n,
    sum(discovery_errors_sum) discovery_errors_sum,
    max(discovery_errors_max) discovery_errors_max,
    sum(first_segment_delay_sum_ms_n) first_segment_delay_sum_ms_n,
    sum(first_segment_delay_sum_ms_sum) first_segment_delay_sum_ms_sum,
    max(first_segment_delay_sum_ms_max) first_segment_delay_sum_ms_max,
    sum(first_segment_delay_count_n) first_segment_delay_count_n,
    sum(first_segment_delay_count_sum) first_segment_delay_count_sum,
    max(first_segment_delay_count_max) first_segment_delay_count_max
  FROM livepeer_orchestrator_5m SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW livepeer_orchestrator_1h SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS livepeer_orchestrator_1d WITH BASE livepeer_orchestrator_1h REFRESH IMMEDIATE AS (
  SELECT ts,
    node,
    orch_uri,
    orch_address,
    sum(n) n,
    sum(segments_uploaded_n) segments_uploaded_n,
    sum(segments_uploaded_sum) segments_uploaded_sum,
    max(segments_uploaded_max) segments_uploaded_max,
    sum(segments_upload_failed_n) segments_upload_failed_n,
    sum(segments_upload_failed_sum) segments_upload_failed_sum,
    max(segments_upload_failed_max) segments_upload_failed_max,
    sum(segments_transcoded_n) segments_transcoded_n,
    sum(segments_transcoded_sum) segments_transcoded_sum,
    max(segments_transcoded_max) segments_transcoded_max,
    sum(latency_sum_s_n) latency_sum_s_n,
    sum(latency_sum_s_sum) latency_sum_s_sum,
    max(latency_sum_s_max) latency_sum_s_max,
    sum(latency_count_n) latency_count_n,
    sum(latency_count_sum) latency_count_sum,
    max(latency_count_max) latency_count_max,
    sum(latency_le_500ms_count_n) latency_le_500ms_count_n,
    sum(latency_le_500ms_count_sum) latency_le_500ms_count_sum,
    max(latency_le_500ms_count_max) latency_le_500ms_count_max,
    sum(latency_le_1s_count_n) latency_le_1s_count_n,
    sum(latency_le_1s_count_sum) latency_le_1s_count_sum,
    max(latency_le_1s_count_max) latency_le_1s_count_max,
    sum(latency_le_2s_count_n) latency_le_2s_count_n,
    sum(latency_le_2s_count_sum) latency_le_2s_count_sum,
    max(latency_le_2s_count_max) latency_le_2s_count_max,
    sum(latency_le_3s_count_n) latency_le_3s_count_n,
    sum(latency_le_3s_count_sum) latency_le_3s_count_sum,
    max(latency_le_3s_count_max) latency_le_3s_count_max,
    sum(latency_le_5s_count_n) latency_le_5s_count_n,
    sum(latency_le_5s_count_sum) latency_le_5s_count_sum,
    max(latency_le_5s_count_max) latency_le_5s_count_max,
    sum(latency_le_10s_count_n) latency_le_10s_count_n,
    sum(latency_le_10s_count_sum) latency_le_10s_count_sum,
    max(latency_le_10s_count_max) latency_le_10s_count_max,
    sum(upload_sum_s_n) upload_sum_s_n,
    sum(upload_sum_s_sum) upload_sum_s_sum,
    max(upload_sum_s_max) upload_sum_s_max,
    sum(upload_count_n) upload_count_n,
    sum(upload_count_sum) upload_count_sum,
    max(upload_count_max) upload_count_max,
    sum(discovery_errors_n) discovery_errors_n,
    sum(discovery_errors_sum) discovery_errors_sum,
    max(discovery_errors_max) discovery_errors_max,
    sum(first_segment_delay_sum_ms_n) first_segment_delay_sum_ms_n,
    sum(first_segment_delay_sum_ms_sum) first_segment_delay_sum_ms_sum,
    max(first_segment_delay_sum_ms_max) first_segment_delay_sum_ms_max,
    sum(first_segment_delay_count_n) first_segment_delay_count_n,
    sum(first_segment_delay_count_sum) first_segment_delay_count_sum,
    max(first_segment_delay_count_max) first_segment_delay_count_max
  FROM livepeer_orchestrator_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW livepeer_orchestrator_1d SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS payment_fee_1h WITH BASE payment_fee REFRESH EVERY 1m AS (
  SELECT ts,
    origin,
    gateway,
    orchestrator,
    pipeline,
    model,
    region,
    count() n,
    count(fee_eth) fee_eth_n,
    sum(fee_eth) fee_eth_sum,
    max(fee_eth) fee_eth_max,
    count(payments) payments_n,
    sum(payments) payments_sum,
    max(payments) payments_max,
    count(unattributed) unattributed_n,
    sum(unattributed) unattributed_sum,
    max(unattributed) unattributed_max
  FROM payment_fee SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW payment_fee_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS payment_fee_1d WITH BASE payment_fee_1h REFRESH IMMEDIATE AS (
  SELECT ts,
    origin,
    gateway,
    orchestrator,
    pipeline,
    model,
    region,
    sum(n) n,
    sum(fee_eth_n) fee_eth_n,
    sum(fee_eth_sum) fee_eth_sum,
    max(fee_eth_max) fee_eth_max,
    sum(payments_n) payments_n,
    sum(payments_sum) payments_sum,
    max(payments_max) payments_max,
    sum(unattributed_n) unattributed_n,
    sum(unattributed_sum) unattributed_sum,
    max(unattributed_max) unattributed_max
  FROM payment_fee_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW payment_fee_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_leg_5m WITH BASE stream_leg REFRESH EVERY 1m AS (
  SELECT ts,
    origin,
    gateway,
    orchestrator,
    pipeline,
    model,
    region,
    gpu_name,
    count() n,
    count(startup_ms) startup_ms_n,
    sum(startup_ms) startup_ms_sum,
    max(startup_ms) startup_ms_max,
    min(startup_ms) startup_ms_min,
    sum(startup_ms::double * startup_ms::double) startup_ms_sq,
    count(playable_ms) playable_ms_n,
    sum(playable_ms) playable_ms_sum,
    max(playable_ms) playable_ms_max,
    min(playable_ms) playable_ms_min,
    sum(playable_ms::double * playable_ms::double) playable_ms_sq,
    count(prompt_to_first_frame_ms) prompt_to_first_frame_ms_n,
    sum(prompt_to_first_frame_ms) prompt_to_first_frame_ms_sum,
    max(prompt_to_first_frame_ms) prompt_to_first_frame_ms_max,
    min(prompt_to_first_frame_ms) prompt_to_first_frame_ms_min,
    sum(prompt_to_first_frame_ms::double * prompt_to_first_frame_ms::double) prompt_to_first_frame_ms_sq,
    count(e2e_media_ms) e2e_media_ms_n,
    sum(e2e_media_ms) e2e_media_ms_sum,
    max(e2e_media_ms) e2e_media_ms_max,
    min(e2e_media_ms) e2e_media_ms_min,
    sum(e2e_media_ms::double * e2e_media_ms::double) e2e_media_ms_sq,
    count(e2e_trace_ms) e2e_trace_ms_n,
    sum(e2e_trace_ms) e2e_trace_ms_sum,
    max(e2e_trace_ms) e2e_trace_ms_max,
    min(e2e_trace_ms) e2e_trace_ms_min,
    sum(e2e_trace_ms::double * e2e_trace_ms::double) e2e_trace_ms_sq,
    count(output_fps_mean) output_fps_mean_n,
    sum(output_fps_mean) output_fps_mean_sum,
    max(output_fps_mean) output_fps_mean_max,
    min(output_fps_mean) output_fps_mean_min,
    sum(output_fps_mean::double * output_fps_mean::double) output_fps_mean_sq,
    count(jitter_coefficient) jitter_coefficient_n,
    sum(jitter_coefficient) jitter_coefficient_sum,
    max(jitter_coefficient) jitter_coefficient_max,
    min(jitter_coefficient) jitter_coefficient_min,
    sum(jitter_coefficient::double * jitter_coefficient::double) jitter_coefficient_sq,
    count(restarts) restarts_n,
    sum(restarts) restarts_sum,
    max(restarts) restarts_max,
    count(fee_eth) fee_eth_n,
    sum(fee_eth) fee_eth_sum,
    max(fee_eth) fee_eth_max,
    count(signals_seen) signals_seen_n,
    sum(signals_seen) signals_seen_sum,
    max(signals_seen) signals_seen_max,
    count(signals_expected) signals_expected_n,
    sum(signals_expected) signals_expected_sum,
    max(signals_expected) signals_expected_max,
    count(counted) counted_n,
    sum(counted) counted_sum,
    max(counted) counted_max,
    count(requested) requested_n,
    sum(requested) requested_sum,
    max(requested) requested_max,
    count(served) served_n,
    sum(served) served_sum,
    max(served) served_max,
    count(swapped) swapped_n,
    sum(swapped) swapped_sum,
    max(swapped) swapped_max,
    count(playable) playable_n,
    sum(playable) playable_sum,
    max(playable) playable_max,
    count(viability_legs) viability_legs_n,
    sum(viability_legs) viability_legs_sum,
    max(viability_legs) viability_legs_max,
    count(viable) viable_n,
    sum(viable) viable_sum,
    max(viable) viable_max
  FROM stream_leg SAMPLE BY 5m
) PARTITION BY MONTH TTL 13 MONTHS
;

ALTER MATERIALIZED VIEW stream_leg_5m SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_leg_1h WITH BASE stream_leg_5m REFRESH IMMEDIATE AS (
  SELECT ts,
    origin,
    gateway,
    orchestrator,
    pipeline,
    model,
    region,
    gpu_name,
    sum(n) n,
    sum(startup_ms_n) startup_ms_n,
    sum(startup_ms_sum) startup_ms_sum,
    max(startup_ms_max) startup_ms_max,
    min(startup_ms_min) startup_ms_min,
    sum(startup_ms_sq) startup_ms_sq,
    sum(playable_ms_n) playable_ms_n,
    sum(playable_ms_sum) playable_ms_sum,
    max(playable_ms_max) playable_ms_max,
    min(playable_ms_min) playable_ms_min,
    sum(playable_ms_sq) playable_ms_sq,
    sum(prompt_to_first_frame_ms_n) prompt_to_first_frame_ms_n,
    sum(prompt_to_first_frame_ms_sum) prompt_to_first_frame_ms_sum,
    max(prompt_to_first_frame_ms_max) prompt_to_first_frame_ms_max,
    min(prompt_to_first_frame_ms_min) prompt_to_first_frame_ms_min,
    sum(prompt_to_first_frame_ms_sq) prompt_to_first_frame_ms_sq,
    sum(e2e_media_ms_n) e2e_media_ms_n,
    sum(e2e_media_ms_sum) e2e_media_ms_sum,
    max(e2e_media_ms_max) e2e_media_ms_max,
    min(e2e_media_ms_min) e2e_media_ms_min,
    sum(e2e_media_ms_sq) e2e_media_ms_sq,
    sum(e2e_trace_ms_n) e2e_trace_ms_n,
    sum(e2e_trace_ms_sum) e2e_trace_ms_sum,
    max(e2e_trace_ms_max) e2e_trace_ms_max,
    min(e2e_trace_ms_min) e2e_trace_ms_min,
    sum(e2e_trace_ms_sq) e2e_trace_ms_sq,
    sum(output_fps_mean_n) output_fps_mean_n,
    sum(output_fps_mean_sum) output_fps_mean_sum,
    max(output_fps_mean_max) output_fps_mean_max,
    min(output_fps_mean_min) output_fps_mean_min,
    sum(output_fps_mean_sq) output_fps_mean_sq,
    sum(jitter_coefficient_n) jitter_coefficient_n,
    sum(jitter_coefficient_sum) jitter_coefficient_sum,
    max(jitter_coefficient_max) jitter_coefficient_max,
    min(jitter_coefficient_min) jitter_coefficient_min,
    sum(jitter_coefficient_sq) jitter_coefficient_sq,
    sum(restarts_n) restarts_n,
    sum(restarts_sum) restarts_sum,
    max(restarts_max) restarts_max,
    sum(fee_eth_n) fee_eth_n,
    sum(fee_eth_sum) fee_eth_sum,
    max(fee_eth_max) fee_eth_max,
    sum(signals_seen_n) signals_seen_n,
    sum(signals_seen_sum) signals_seen_sum,
    max(signals_seen_max) signals_seen_max,
    sum(signals_expected_n) signals_expected_n,
    sum(signals_expected_sum) signals_expected_sum,
    max(signals_expected_max) signals_expected_max,
    sum(counted_n) counted_n,
    sum(counted_sum) counted_sum,
    max(counted_max) counted_max,
    sum(requested_n) requested_n,
    sum(requested_sum) requested_sum,
    max(requested_max) requested_max,
    sum(served_n) served_n,
    sum(served_sum) served_sum,
    max(served_max) served_max,
    sum(swapped_n) swapped_n,
    sum(swapped_sum) swapped_sum,
    max(swapped_max) swapped_max,
    sum(playable_n) playable_n,
    sum(playable_sum) playable_sum,
    max(playable_max) playable_max,
    sum(viability_legs_n) viability_legs_n,
    sum(viability_legs_sum) viability_legs_sum,
    max(viability_legs_max) viability_legs_max,
    sum(viable_n) viable_n,
    sum(viable_sum) viable_sum,
    max(viable_max) viable_max
  FROM stream_leg_5m SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW stream_leg_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_leg_1d WITH BASE stream_leg_1h REFRESH IMMEDIATE AS (
  SELECT ts,
    origin,
    gateway,
    orchestrator,
    pipeline,
    model,
    region,
    gpu_name,
    sum(n) n,
    sum(startup_ms_n) startup_ms_n,
    sum(startup_ms_sum) startup_ms_sum,
    max(startup_ms_max) startup_ms_max,
    min(startup_ms_min) startup_ms_min,
    sum(startup_ms_sq) startup_ms_sq,
    sum(playable_ms_n) playable_ms_n,
    sum(playable_ms_sum) playable_ms_sum,
    max(playable_ms_max) playable_ms_max,
    min(playable_ms_min) playable_ms_min,
    sum(playable_ms_sq) playable_ms_sq,
    sum(prompt_to_first_frame_ms_n) prompt_to_first_frame_ms_n,
    sum(prompt_to_first_frame_ms_sum) prompt_to_first_frame_ms_sum,
    max(prompt_to_first_frame_ms_max) prompt_to_first_frame_ms_max,
    min(prompt_to_first_frame_ms_min) prompt_to_first_frame_ms_min,
    sum(prompt_to_first_frame_ms_sq) prompt_to_first_frame_ms_sq,
    sum(e2e_media_ms_n) e2e_media_ms_n,
    sum(e2e_media_ms_sum) e2e_media_ms_sum,
    max(e2e_media_ms_max) e2e_media_ms_max,
    min(e2e_media_ms_min) e2e_media_ms_min,
    sum(e2e_media_ms_sq) e2e_media_ms_sq,
    sum(e2e_trace_ms_n) e2e_trace_ms_n,
    sum(e2e_trace_ms_sum) e2e_trace_ms_sum,
    max(e2e_trace_ms_max) e2e_trace_ms_max,
    min(e2e_trace_ms_min) e2e_trace_ms_min,
    sum(e2e_trace_ms_sq) e2e_trace_ms_sq,
    sum(output_fps_mean_n) output_fps_mean_n,
    sum(output_fps_mean_sum) output_fps_mean_sum,
    max(output_fps_mean_max) output_fps_mean_max,
    min(output_fps_mean_min) output_fps_mean_min,
    sum(output_fps_mean_sq) output_fps_mean_sq,
    sum(jitter_coefficient_n) jitter_coefficient_n,
    sum(jitter_coefficient_sum) jitter_coefficient_sum,
    max(jitter_coefficient_max) jitter_coefficient_max,
    min(jitter_coefficient_min) jitter_coefficient_min,
    sum(jitter_coefficient_sq) jitter_coefficient_sq,
    sum(restarts_n) restarts_n,
    sum(restarts_sum) restarts_sum,
    max(restarts_max) restarts_max,
    sum(fee_eth_n) fee_eth_n,
    sum(fee_eth_sum) fee_eth_sum,
    max(fee_eth_max) fee_eth_max,
    sum(signals_seen_n) signals_seen_n,
    sum(signals_seen_sum) signals_seen_sum,
    max(signals_seen_max) signals_seen_max,
    sum(signals_expected_n) signals_expected_n,
    sum(signals_expected_sum) signals_expected_sum,
    max(signals_expected_max) signals_expected_max,
    sum(counted_n) counted_n,
    sum(counted_sum) counted_sum,
    max(counted_max) counted_max,
    sum(requested_n) requested_n,
    sum(requested_sum) requested_sum,
    max(requested_max) requested_max,
    sum(served_n) served_n,
    sum(served_sum) served_sum,
    max(served_max) served_max,
    sum(swapped_n) swapped_n,
    sum(swapped_sum) swapped_sum,
    max(swapped_max) swapped_max,
    sum(playable_n) playable_n,
    sum(playable_sum) playable_sum,
    max(playable_max) playable_max,
    sum(viability_legs_n) viability_legs_n,
    sum(viability_legs_sum) viability_legs_sum,
    max(viability_legs_max) viability_legs_max,
    sum(viable_n) viable_n,
    sum(viable_sum) viable_sum,
    max(viable_max) viable_max
  FROM stream_leg_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW stream_leg_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_leg_startup_ms_hist_1h WITH BASE stream_leg REFRESH EVERY 5m AS (
  SELECT ts, origin, gateway, orchestrator, pipeline, model, region, gpu_name,
    CASE WHEN startup_ms < 0 THEN -1000001 WHEN startup_ms = 0 THEN -1000000 WHEN startup_ms < 1.0 THEN 0 WHEN startup_ms > 3600000.0 THEN 378 ELSE ceil(ln(startup_ms) / ln(1.0408))::LONG END b,
    count() n
  FROM stream_leg WHERE startup_ms IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW stream_leg_startup_ms_hist_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_leg_startup_ms_hist_1d WITH BASE stream_leg_startup_ms_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, origin, gateway, orchestrator, pipeline, model, region, gpu_name, b, sum(n) n
  FROM stream_leg_startup_ms_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW stream_leg_startup_ms_hist_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_leg_playable_ms_hist_1h WITH BASE stream_leg REFRESH EVERY 5m AS (
  SELECT ts, origin, gateway, orchestrator, pipeline, model, region, gpu_name,
    CASE WHEN playable_ms < 0 THEN -1000001 WHEN playable_ms = 0 THEN -1000000 WHEN playable_ms < 1.0 THEN 0 WHEN playable_ms > 3600000.0 THEN 378 ELSE ceil(ln(playable_ms) / ln(1.0408))::LONG END b,
    count() n
  FROM stream_leg WHERE playable_ms IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW stream_leg_playable_ms_hist_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_leg_playable_ms_hist_1d WITH BASE stream_leg_playable_ms_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, origin, gateway, orchestrator, pipeline, model, region, gpu_name, b, sum(n) n
  FROM stream_leg_playable_ms_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW stream_leg_playable_ms_hist_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_leg_prompt_to_first_frame_ms_hist_1h WITH BASE stream_leg REFRESH EVERY 5m AS (
  SELECT ts, origin, gateway, orchestrator, pipeline, model, region, gpu_name,
    CASE WHEN prompt_to_first_frame_ms < 0 THEN -1000001 WHEN prompt_to_first_frame_ms = 0 THEN -1000000 WHEN prompt_to_first_frame_ms < 1.0 THEN 0 WHEN prompt_to_first_frame_ms > 3600000.0 THEN 378 ELSE ceil(ln(prompt_to_first_frame_ms) / ln(1.0408))::LONG END b,
    count() n
  FROM stream_leg WHERE prompt_to_first_frame_ms IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW stream_leg_prompt_to_first_frame_ms_hist_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_leg_prompt_to_first_frame_ms_hist_1d WITH BASE stream_leg_prompt_to_first_frame_ms_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, origin, gateway, orchestrator, pipeline, model, region, gpu_name, b, sum(n) n
  FROM stream_leg_prompt_to_first_frame_ms_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW stream_leg_prompt_to_first_frame_ms_hist_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_leg_e2e_media_ms_hist_1h WITH BASE stream_leg REFRESH EVERY 5m AS (
  SELECT ts, origin, gateway, orchestrator, pipeline, model, region, gpu_name,
    CASE WHEN e2e_media_ms < 0 THEN -1000001 WHEN e2e_media_ms = 0 THEN -1000000 WHEN e2e_media_ms < 1.0 THEN 0 WHEN e2e_media_ms > 3600000.0 THEN 378 ELSE ceil(ln(e2e_media_ms) / ln(1.0408))::LONG END b,
    count() n
  FROM stream_leg WHERE e2e_media_ms IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW stream_leg_e2e_media_ms_hist_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_leg_e2e_media_ms_hist_1d WITH BASE stream_leg_e2e_media_ms_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, origin, gateway, orchestrator, pipeline, model, region, gpu_name, b, sum(n) n
  FROM stream_leg_e2e_media_ms_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW stream_leg_e2e_media_ms_hist_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_leg_output_fps_mean_hist_1h WITH BASE stream_leg REFRESH EVERY 5m AS (
  SELECT ts, origin, gateway, orchestrator, pipeline, model, region, gpu_name,
    CASE WHEN output_fps_mean < 0 THEN -1000001 WHEN output_fps_mean = 0 THEN -1000000 WHEN output_fps_mean < 0.1 THEN -57 WHEN output_fps_mean > 1000.0 THEN 173 ELSE ceil(ln(output_fps_mean) / ln(1.0408))::LONG END b,
    count() n
  FROM stream_leg WHERE output_fps_mean IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW stream_leg_output_fps_mean_hist_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_leg_output_fps_mean_hist_1d WITH BASE stream_leg_output_fps_mean_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, origin, gateway, orchestrator, pipeline, model, region, gpu_name, b, sum(n) n
  FROM stream_leg_output_fps_mean_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW stream_leg_output_fps_mean_hist_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_minute_1h WITH BASE stream_minute REFRESH EVERY 1m AS (
  SELECT ts,
    origin,
    gateway,
    orchestrator,
    pipeline,
    model,
    region,
    gpu_name,
    count() n,
    count(minutes) minutes_n,
    sum(minutes) minutes_sum,
    max(minutes) minutes_max,
    count(leg_minutes) leg_minutes_n,
    sum(leg_minutes) leg_minutes_sum,
    max(leg_minutes) leg_minutes_max
  FROM stream_minute SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW stream_minute_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_minute_1d WITH BASE stream_minute_1h REFRESH IMMEDIATE AS (
  SELECT ts,
    origin,
    gateway,
    orchestrator,
    pipeline,
    model,
    region,
    gpu_name,
    sum(n) n,
    sum(minutes_n) minutes_n,
    sum(minutes_sum) minutes_sum,
    max(minutes_max) minutes_max,
    sum(leg_minutes_n) leg_minutes_n,
    sum(leg_minutes_sum) leg_minutes_sum,
    max(leg_minutes_max) leg_minutes_max
  FROM stream_minute_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW stream_minute_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_session_5m WITH BASE stream_session REFRESH EVERY 1m AS (
  SELECT ts,
    origin,
    gateway,
    pipeline,
    model,
    region,
    count() n,
    count(swaps) swaps_n,
    sum(swaps) swaps_sum,
    max(swaps) swaps_max,
    count(startup_ms) startup_ms_n,
    sum(startup_ms) startup_ms_sum,
    max(startup_ms) startup_ms_max,
    min(startup_ms) startup_ms_min,
    sum(startup_ms::double * startup_ms::double) startup_ms_sq,
    count(playable_ms) playable_ms_n,
    sum(playable_ms) playable_ms_sum,
    max(playable_ms) playable_ms_max,
    min(playable_ms) playable_ms_min,
    sum(playable_ms::double * playable_ms::double) playable_ms_sq,
    count(prompt_to_first_frame_ms) prompt_to_first_frame_ms_n,
    sum(prompt_to_first_frame_ms) prompt_to_first_frame_ms_sum,
    max(prompt_to_first_frame_ms) prompt_to_first_frame_ms_max,
    min(prompt_to_first_frame_ms) prompt_to_first_frame_ms_min,
    sum(prompt_to_first_frame_ms::double * prompt_to_first_frame_ms::double) prompt_to_first_frame_ms_sq,
    count(e2e_media_ms) e2e_media_ms_n,
    sum(e2e_media_ms) e2e_media_ms_sum,
    max(e2e_media_ms) e2e_media_ms_max,
    min(e2e_media_ms) e2e_media_ms_min,
    sum(e2e_media_ms::double * e2e_media_ms::double) e2e_media_ms_sq,
    count(e2e_trace_ms) e2e_trace_ms_n,
    sum(e2e_trace_ms) e2e_trace_ms_sum,
    max(e2e_trace_ms) e2e_trace_ms_max,
    min(e2e_trace_ms) e2e_trace_ms_min,
    sum(e2e_trace_ms::double * e2e_trace_ms::double) e2e_trace_ms_sq,
    count(output_fps_mean) output_fps_mean_n,
    sum(output_fps_mean) output_fps_mean_sum,
    max(output_fps_mean) output_fps_mean_max,
    min(output_fps_mean) output_fps_mean_min,
    sum(output_fps_mean::double * output_fps_mean::double) output_fps_mean_sq,
    count(jitter_coefficient) jitter_coefficient_n,
    sum(jitter_coefficient) jitter_coefficient_sum,
    max(jitter_coefficient) jitter_coefficient_max,
    min(jitter_coefficient) jitter_coefficient_min,
    sum(jitter_coefficient::double * jitter_coefficient::double) jitter_coefficient_sq,
    count(upload_mbps) upload_mbps_n,
    sum(upload_mbps) upload_mbps_sum,
    max(upload_mbps) upload_mbps_max,
    min(upload_mbps) upload_mbps_min,
    sum(upload_mbps::double * upload_mbps::double) upload_mbps_sq,
    count(minutes) minutes_n,
    sum(minutes) minutes_sum,
    max(minutes) minutes_max,
    count(restarts) restarts_n,
    sum(restarts) restarts_sum,
    max(restarts) restarts_max,
    count(error_events) error_events_n,
    sum(error_events) error_events_sum,
    max(error_events) error_events_max,
    count(fee_eth) fee_eth_n,
    sum(fee_eth) fee_eth_sum,
    max(fee_eth) fee_eth_max,
    count(signals_seen) signals_seen_n,
    sum(signals_seen) signals_seen_sum,
    max(signals_seen) signals_seen_max,
    count(signals_expected) signals_expected_n,
    sum(signals_expected) signals_expected_sum,
    max(signals_expected) signals_expected_max,
    count(requested) requested_n,
    sum(requested) requested_sum,
    max(requested) requested_max,
    count(served) served_n,
    sum(served) served_sum,
    max(served) served_max,
    count(unserved) unserved_n,
    sum(unserved) unserved_sum,
    max(unserved) unserved_max,
    count(failed) failed_n,
    sum(failed) failed_sum,
    max(failed) failed_max,
    count(excused) excused_n,
    sum(excused) excused_sum,
    max(excused) excused_max,
    count(served_closed) served_closed_n,
    sum(served_closed) served_closed_sum,
    max(served_closed) served_closed_max,
    count(interrupted) interrupted_n,
    sum(interrupted) interrupted_sum,
    max(interrupted) interrupted_max
  FROM stream_session SAMPLE BY 5m
) PARTITION BY MONTH TTL 13 MONTHS
;

ALTER MATERIALIZED VIEW stream_session_5m SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_session_1h WITH BASE stream_session_5m REFRESH IMMEDIATE AS (
  SELECT ts,
    origin,
    gateway,
    pipeline,
    model,
    region,
    sum(n) n,
    sum(swaps_n) swaps_n,
    sum(swaps_sum) swaps_sum,
    max(swaps_max) swaps_max,
    sum(startup_ms_n) startup_ms_n,
    sum(startup_ms_sum) startup_ms_sum,
    max(startup_ms_max) startup_ms_max,
    min(startup_ms_min) startup_ms_min,
    sum(startup_ms_sq) startup_ms_sq,
    sum(playable_ms_n) playable_ms_n,
    sum(playable_ms_sum) playable_ms_sum,
    max(playable_ms_max) playable_ms_max,
    min(playable_ms_min) playable_ms_min,
    sum(playable_ms_sq) playable_ms_sq,
    sum(prompt_to_first_frame_ms_n) prompt_to_first_frame_ms_n,
    sum(prompt_to_first_frame_ms_sum) prompt_to_first_frame_ms_sum,
    max(prompt_to_first_frame_ms_max) prompt_to_first_frame_ms_max,
    min(prompt_to_first_frame_ms_min) prompt_to_first_frame_ms_min,
    sum(prompt_to_first_frame_ms_sq) prompt_to_first_frame_ms_sq,
    sum(e2e_media_ms_n) e2e_media_ms_n,
    sum(e2e_media_ms_sum) e2e_media_ms_sum,
    max(e2e_media_ms_max) e2e_media_ms_max,
    min(e2e_media_ms_min) e2e_media_ms_min,
    sum(e2e_media_ms_sq) e2e_media_ms_sq,
    sum(e2e_trace_ms_n) e2e_trace_ms_n,
    sum(e2e_trace_ms_sum) e2e_trace_ms_sum,
    max(e2e_trace_ms_max) e2e_trace_ms_max,
    min(e2e_trace_ms_min) e2e_trace_ms_min,
    sum(e2e_trace_ms_sq) e2e_trace_ms_sq,
    sum(output_fps_mean_n) output_fps_mean_n,
    sum(output_fps_mean_sum) output_fps_mean_sum,
    max(output_fps_mean_max) output_fps_mean_max,
    min(output_fps_mean_min) output_fps_mean_min,
    sum(output_fps_mean_sq) output_fps_mean_sq,
    sum(jitter_coefficient_n) jitter_coefficient_n,
    sum(jitter_coefficient_sum) jitter_coefficient_sum,
    max(jitter_coefficient_max) jitter_coefficient_max,
    min(jitter_coefficient_min) jitter_coefficient_min,
    sum(jitter_coefficient_sq) jitter_coefficient_sq,
    sum(upload_mbps_n) upload_mbps_n,
    sum(upload_mbps_sum) upload_mbps_sum,
    max(upload_mbps_max) upload_mbps_max,
    min(upload_mbps_min) upload_mbps_min,
    sum(upload_mbps_sq) upload_mbps_sq,
    sum(minutes_n) minutes_n,
    sum(minutes_sum) minutes_sum,
    max(minutes_max) minutes_max,
    sum(restarts_n) restarts_n,
    sum(restarts_sum) restarts_sum,
    max(restarts_max) restarts_max,
    sum(error_events_n) error_events_n,
    sum(error_events_sum) error_events_sum,
    max(error_events_max) error_events_max,
    sum(fee_eth_n) fee_eth_n,
    sum(fee_eth_sum) fee_eth_sum,
    max(fee_eth_max) fee_eth_max,
    sum(signals_seen_n) signals_seen_n,
    sum(signals_seen_sum) signals_seen_sum,
    max(signals_seen_max) signals_seen_max,
    sum(signals_expected_n) signals_expected_n,
    sum(signals_expected_sum) signals_expected_sum,
    max(signals_expected_max) signals_expected_max,
    sum(requested_n) requested_n,
    sum(requested_sum) requested_sum,
    max(requested_max) requested_max,
    sum(served_n) served_n,
    sum(served_sum) served_sum,
    max(served_max) served_max,
    sum(unserved_n) unserved_n,
    sum(unserved_sum) unserved_sum,
    max(unserved_max) unserved_max,
    sum(failed_n) failed_n,
    sum(failed_sum) failed_sum,
    max(failed_max) failed_max,
    sum(excused_n) excused_n,
    sum(excused_sum) excused_sum,
    max(excused_max) excused_max,
    sum(served_closed_n) served_closed_n,
    sum(served_closed_sum) served_closed_sum,
    max(served_closed_max) served_closed_max,
    sum(interrupted_n) interrupted_n,
    sum(interrupted_sum) interrupted_sum,
    max(interrupted_max) interrupted_max
  FROM stream_session_5m SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW stream_session_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_session_1d WITH BASE stream_session_1h REFRESH IMMEDIATE AS (
  SELECT ts,
    origin,
    gateway,
    pipeline,
    model,
    region,
    sum(n) n,
    sum(swaps_n) swaps_n,
    sum(swaps_sum) swaps_sum,
    max(swaps_max) swaps_max,
    sum(startup_ms_n) startup_ms_n,
    sum(startup_ms_sum) startup_ms_sum,
    max(startup_ms_max) startup_ms_max,
    min(startup_ms_min) startup_ms_min,
    sum(startup_ms_sq) startup_ms_sq,
    sum(playable_ms_n) playable_ms_n,
    sum(playable_ms_sum) playable_ms_sum,
    max(playable_ms_max) playable_ms_max,
    min(playable_ms_min) playable_ms_min,
    sum(playable_ms_sq) playable_ms_sq,
    sum(prompt_to_first_frame_ms_n) prompt_to_first_frame_ms_n,
    sum(prompt_to_first_frame_ms_sum) prompt_to_first_frame_ms_sum,
    max(prompt_to_first_frame_ms_max) prompt_to_first_frame_ms_max,
    min(prompt_to_first_frame_ms_min) prompt_to_first_frame_ms_min,
    sum(prompt_to_first_frame_ms_sq) prompt_to_first_frame_ms_sq,
    sum(e2e_media_ms_n) e2e_media_ms_n,
    sum(e2e_media_ms_sum) e2e_media_ms_sum,
    max(e2e_media_ms_max) e2e_media_ms_max,
    min(e2e_media_ms_min) e2e_media_ms_min,
    sum(e2e_media_ms_sq) e2e_media_ms_sq,
    sum(e2e_trace_ms_n) e2e_trace_ms_n,
    sum(e2e_trace_ms_sum) e2e_trace_ms_sum,
    max(e2e_trace_ms_max) e2e_trace_ms_max,
    min(e2e_trace_ms_min) e2e_trace_ms_min,
    sum(e2e_trace_ms_sq) e2e_trace_ms_sq,
    sum(output_fps_mean_n) output_fps_mean_n,
    sum(output_fps_mean_sum) output_fps_mean_sum,
    max(output_fps_mean_max) output_fps_mean_max,
    min(output_fps_mean_min) output_fps_mean_min,
    sum(output_fps_mean_sq) output_fps_mean_sq,
    sum(jitter_coefficient_n) jitter_coefficient_n,
    sum(jitter_coefficient_sum) jitter_coefficient_sum,
    max(jitter_coefficient_max) jitter_coefficient_max,
    min(jitter_coefficient_min) jitter_coefficient_min,
    sum(jitter_coefficient_sq) jitter_coefficient_sq,
    sum(upload_mbps_n) upload_mbps_n,
    sum(upload_mbps_sum) upload_mbps_sum,
    max(upload_mbps_max) upload_mbps_max,
    min(upload_mbps_min) upload_mbps_min,
    sum(upload_mbps_sq) upload_mbps_sq,
    sum(minutes_n) minutes_n,
    sum(minutes_sum) minutes_sum,
    max(minutes_max) minutes_max,
    sum(restarts_n) restarts_n,
    sum(restarts_sum) restarts_sum,
    max(restarts_max) restarts_max,
    sum(error_events_n) error_events_n,
    sum(error_events_sum) error_events_sum,
    max(error_events_max) error_events_max,
    sum(fee_eth_n) fee_eth_n,
    sum(fee_eth_sum) fee_eth_sum,
    max(fee_eth_max) fee_eth_max,
    sum(signals_seen_n) signals_seen_n,
    sum(signals_seen_sum) signals_seen_sum,
    max(signals_seen_max) signals_seen_max,
    sum(signals_expected_n) signals_expected_n,
    sum(signals_expected_sum) signals_expected_sum,
    max(signals_expected_max) signals_expected_max,
    sum(requested_n) requested_n,
    sum(requested_sum) requested_sum,
    max(requested_max) requested_max,
    sum(served_n) served_n,
    sum(served_sum) served_sum,
    max(served_max) served_max,
    sum(unserved_n) unserved_n,
    sum(unserved_sum) unserved_sum,
    max(unserved_max) unserved_max,
    sum(failed_n) failed_n,
    sum(failed_sum) failed_sum,
    max(failed_max) failed_max,
    sum(excused_n) excused_n,
    sum(excused_sum) excused_sum,
    max(excused_max) excused_max,
    sum(served_closed_n) served_closed_n,
    sum(served_closed_sum) served_closed_sum,
    max(served_closed_max) served_closed_max,
    sum(interrupted_n) interrupted_n,
    sum(interrupted_sum) interrupted_sum,
    max(interrupted_max) interrupted_max
  FROM stream_session_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW stream_session_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_session_startup_ms_hist_1h WITH BASE stream_session REFRESH EVERY 5m AS (
  SELECT ts, origin, gateway, pipeline, model, region,
    CASE WHEN startup_ms < 0 THEN -1000001 WHEN startup_ms = 0 THEN -1000000 WHEN startup_ms < 1.0 THEN 0 WHEN startup_ms > 3600000.0 THEN 378 ELSE ceil(ln(startup_ms) / ln(1.0408))::LONG END b,
    count() n
  FROM stream_session WHERE startup_ms IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW stream_session_startup_ms_hist_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_session_startup_ms_hist_1d WITH BASE stream_session_startup_ms_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, origin, gateway, pipeline, model, region, b, sum(n) n
  FROM stream_session_startup_ms_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW stream_session_startup_ms_hist_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_session_playable_ms_hist_1h WITH BASE stream_session REFRESH EVERY 5m AS (
  SELECT ts, origin, gateway, pipeline, model, region,
    CASE WHEN playable_ms < 0 THEN -1000001 WHEN playable_ms = 0 THEN -1000000 WHEN playable_ms < 1.0 THEN 0 WHEN playable_ms > 3600000.0 THEN 378 ELSE ceil(ln(playable_ms) / ln(1.0408))::LONG END b,
    count() n
  FROM stream_session WHERE playable_ms IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW stream_session_playable_ms_hist_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_session_playable_ms_hist_1d WITH BASE stream_session_playable_ms_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, origin, gateway, pipeline, model, region, b, sum(n) n
  FROM stream_session_playable_ms_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW stream_session_playable_ms_hist_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_session_prompt_to_first_frame_ms_hist_1h WITH BASE stream_session REFRESH EVERY 5m AS (
  SELECT ts, origin, gateway, pipeline, model, region,
    CASE WHEN prompt_to_first_frame_ms < 0 THEN -1000001 WHEN prompt_to_first_frame_ms = 0 THEN -1000000 WHEN prompt_to_first_frame_ms < 1.0 THEN 0 WHEN prompt_to_first_frame_ms > 3600000.0 THEN 378 ELSE ceil(ln(prompt_to_first_frame_ms) / ln(1.0408))::LONG END b,
    count() n
  FROM stream_session WHERE prompt_to_first_frame_ms IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW stream_session_prompt_to_first_frame_ms_hist_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_session_prompt_to_first_frame_ms_hist_1d WITH BASE stream_session_prompt_to_first_frame_ms_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, origin, gateway, pipeline, model, region, b, sum(n) n
  FROM stream_session_prompt_to_first_frame_ms_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW stream_session_prompt_to_first_frame_ms_hist_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_session_e2e_media_ms_hist_1h WITH BASE stream_session REFRESH EVERY 5m AS (
  SELECT ts, origin, gateway, pipeline, model, region,
    CASE WHEN e2e_media_ms < 0 THEN -1000001 WHEN e2e_media_ms = 0 THEN -1000000 WHEN e2e_media_ms < 1.0 THEN 0 WHEN e2e_media_ms > 3600000.0 THEN 378 ELSE ceil(ln(e2e_media_ms) / ln(1.0408))::LONG END b,
    count() n
  FROM stream_session WHERE e2e_media_ms IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW stream_session_e2e_media_ms_hist_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_session_e2e_media_ms_hist_1d WITH BASE stream_session_e2e_media_ms_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, origin, gateway, pipeline, model, region, b, sum(n) n
  FROM stream_session_e2e_media_ms_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW stream_session_e2e_media_ms_hist_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_session_output_fps_mean_hist_1h WITH BASE stream_session REFRESH EVERY 5m AS (
  SELECT ts, origin, gateway, pipeline, model, region,
    CASE WHEN output_fps_mean < 0 THEN -1000001 WHEN output_fps_mean = 0 THEN -1000000 WHEN output_fps_mean < 0.1 THEN -57 WHEN output_fps_mean > 1000.0 THEN 173 ELSE ceil(ln(output_fps_mean) / ln(1.0408))::LONG END b,
    count() n
  FROM stream_session WHERE output_fps_mean IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW stream_session_output_fps_mean_hist_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_session_output_fps_mean_hist_1d WITH BASE stream_session_output_fps_mean_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, origin, gateway, pipeline, model, region, b, sum(n) n
  FROM stream_session_output_fps_mean_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW stream_session_output_fps_mean_hist_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS supply_1h WITH BASE supply REFRESH EVERY 1m AS (
  SELECT ts,
    origin,
    orchestrator,
    pipeline,
    model,
    region,
    count() n,
    count(known_s) known_s_n,
    sum(known_s) known_s_sum,
    max(known_s) known_s_max,
    count(slot_s) slot_s_n,
    sum(slot_s) slot_s_sum,
    max(slot_s) slot_s_max,
    count(idle_slot_s) idle_slot_s_n,
    sum(idle_slot_s) idle_slot_s_sum,
    max(idle_slot_s) idle_slot_s_max,
    count(warm_s) warm_s_n,
    sum(warm_s) warm_s_sum,
    max(warm_s) warm_s_max,
    count(implausible_slots) implausible_slots_n,
    sum(implausible_slots) implausible_slots_sum,
    max(implausible_slots) implausible_slots_max,
    count(price_wei_per_unit) price_wei_per_unit_n,
    sum(price_wei_per_unit) price_wei_per_unit_sum,
    max(price_wei_per_unit) price_wei_per_unit_max,
    min(price_wei_per_unit) price_wei_per_unit_min,
    sum(price_wei_per_unit::double * price_wei_per_unit::double) price_wei_per_unit_sq
  FROM supply SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW supply_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS supply_1d WITH BASE supply_1h REFRESH IMMEDIATE AS (
  SELECT ts,
    origin,
    orchestrator,
    pipeline,
    model,
    region,
    sum(n) n,
    sum(known_s_n) known_s_n,
    sum(known_s_sum) known_s_sum,
    max(known_s_max) known_s_max,
    sum(slot_s_n) slot_s_n,
    sum(slot_s_sum) slot_s_sum,
    max(slot_s_max) slot_s_max,
    sum(idle_slot_s_n) idle_slot_s_n,
    sum(idle_slot_s_sum) idle_slot_s_sum,
    max(idle_slot_s_max) idle_slot_s_max,
    sum(warm_s_n) warm_s_n,
    sum(warm_s_sum) warm_s_sum,
    max(warm_s_max) warm_s_max,
    sum(implausible_slots_n) implausible_slots_n,
    sum(implausible_slots_sum) implausible_slots_sum,
    max(implausible_slots_max) implausible_slots_max,
    sum(price_wei_per_unit_n) price_wei_per_unit_n,
    sum(price_wei_per_unit_sum) price_wei_per_unit_sum,
    max(price_wei_per_unit_max) price_wei_per_unit_max,
    min(price_wei_per_unit_min) price_wei_per_unit_min,
    sum(price_wei_per_unit_sq) price_wei_per_unit_sq
  FROM supply_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW supply_1d SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS supply_gpu_1h WITH BASE supply_gpu REFRESH EVERY 1m AS (
  SELECT ts,
    origin,
    orchestrator,
    gpu_name,
    region,
    count() n,
    count(gpu_hours) gpu_hours_n,
    sum(gpu_hours) gpu_hours_sum,
    max(gpu_hours) gpu_hours_max
  FROM supply_gpu SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW supply_gpu_1h SET REFRESH LIMIT 60d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS supply_gpu_1d WITH BASE supply_gpu_1h REFRESH IMMEDIATE AS (
  SELECT ts,
    origin,
    orchestrator,
    gpu_name,
    region,
    sum(n) n,
    sum(gpu_hours_n) gpu_hours_n,
    sum(gpu_hours_sum) gpu_hours_sum,
    max(gpu_hours_max) gpu_hours_max
  FROM supply_gpu_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW supply_gpu_1d SET REFRESH LIMIT 60d
;
