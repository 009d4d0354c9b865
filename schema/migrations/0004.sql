-- Migration 4. Released: never edit it, add another one (`naap-schema emit`).

ALTER TABLE stream_trace ADD COLUMN IF NOT EXISTS duration_ms DOUBLE
;

ALTER TABLE stream_trace ADD COLUMN IF NOT EXISTS swap_count LONG
;

CREATE TABLE IF NOT EXISTS livepeer_orchestrator (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  target SYMBOL,
  orch_uri SYMBOL,
  orch_address SYMBOL,
  orch_version SYMBOL,
  interval_ms LONG,
  segments_uploaded DOUBLE,
  segments_upload_failed DOUBLE,
  segments_transcoded DOUBLE,
  segments_unprocessed DOUBLE,
  latency_sum_s DOUBLE,
  latency_count DOUBLE,
  latency_le_500ms_count DOUBLE,
  latency_le_1s_count DOUBLE,
  latency_le_2s_count DOUBLE,
  latency_le_3s_count DOUBLE,
  latency_le_5s_count DOUBLE,
  latency_le_10s_count DOUBLE,
  upload_sum_s DOUBLE,
  upload_count DOUBLE,
  discovery_errors DOUBLE,
  verification_done DOUBLE,
  verification_failed DOUBLE,
  first_segment_delay_sum_ms DOUBLE,
  first_segment_delay_count DOUBLE,
  live_price_wei_per_pixel DOUBLE
) TIMESTAMP(ts) PARTITION BY DAY TTL 90 DAYS WAL
DEDUP UPSERT KEYS(ts, node, target, orch_uri, epoch, seq)
;

CREATE TABLE IF NOT EXISTS livepeer_error (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  target SYMBOL,
  what SYMBOL,
  error SYMBOL,
  orch_uri SYMBOL,
  pipeline SYMBOL,
  model SYMBOL,
  interval_ms LONG,
  errors DOUBLE
) TIMESTAMP(ts) PARTITION BY DAY TTL 90 DAYS WAL
DEDUP UPSERT KEYS(ts, node, target, what, error, orch_uri, pipeline, model, epoch, seq)
;

CREATE TABLE IF NOT EXISTS livepeer_ai (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  target SYMBOL,
  pipeline SYMBOL,
  model SYMBOL,
  orch_uri SYMBOL,
  interval_ms LONG,
  requests DOUBLE,
  request_errors DOUBLE,
  latency_score DOUBLE,
  price_wei_per_unit DOUBLE,
  max_price_wei_per_unit DOUBLE,
  live_attempts DOUBLE,
  live_streams DOUBLE,
  containers_in_use DOUBLE,
  containers_idle DOUBLE,
  gpus_idle DOUBLE,
  results_downloaded DOUBLE,
  result_download_sum_s DOUBLE,
  result_download_count DOUBLE,
  results_uploaded DOUBLE,
  result_upload_sum_s DOUBLE,
  result_upload_count DOUBLE,
  result_save_failed DOUBLE
) TIMESTAMP(ts) PARTITION BY DAY TTL 90 DAYS WAL
DEDUP UPSERT KEYS(ts, node, target, pipeline, model, orch_uri, epoch, seq)
;

CREATE TABLE IF NOT EXISTS livepeer_sender (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  target SYMBOL,
  sender SYMBOL,
  interval_ms LONG,
  max_float_gwei DOUBLE,
  ticket_face_value_gwei DOUBLE,
  price_wei_per_pixel DOUBLE,
  tickets_received DOUBLE,
  ticket_value_received_gwei DOUBLE,
  winning_tickets_received DOUBLE,
  value_redeemed_gwei DOUBLE,
  payment_receive_errors DOUBLE
) TIMESTAMP(ts) PARTITION BY DAY TTL 90 DAYS WAL
DEDUP UPSERT KEYS(ts, node, target, sender, epoch, seq)
;

CREATE TABLE IF NOT EXISTS livepeer_series (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  target SYMBOL,
  metric SYMBOL,
  labels SYMBOL,
  interval_ms LONG,
  kind SYMBOL,
  delta DOUBLE,
  value DOUBLE
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, target, metric, labels, epoch, seq)
;

CREATE TABLE IF NOT EXISTS signed_ticket (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  event_id UUID,
  item LONG,
  gateway_label SYMBOL,
  origin SYMBOL,
  session_id VARCHAR,
  session_status SYMBOL,
  app SYMBOL,
  pipeline SYMBOL,
  request_id VARCHAR,
  orch_address SYMBOL,
  orch_url SYMBOL,
  manifest_id VARCHAR,
  pm_session_id VARCHAR,
  data_ts TIMESTAMP,
  previous_ts TIMESTAMP,
  billable_s DOUBLE,
  pixels LONG,
  session_balance_wei VARCHAR,
  computed_fee_wei VARCHAR,
  cost_wei VARCHAR,
  sequence_number LONG,
  tickets LONG
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, event_id, item)
;

CREATE TABLE IF NOT EXISTS job_event (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  event_id UUID,
  item LONG,
  gateway_label SYMBOL,
  origin SYMBOL,
  topic SYMBOL,
  event_type SYMBOL,
  data_ts TIMESTAMP,
  request_id VARCHAR,
  stream_id VARCHAR,
  attempt LONG,
  capability SYMBOL,
  pipeline SYMBOL,
  model SYMBOL,
  orch_address SYMBOL,
  orch_url SYMBOL,
  success LONG,
  selected LONG,
  streaming LONG,
  duration_ms DOUBLE,
  latency_ms DOUBLE,
  http_status LONG,
  error_type SYMBOL,
  error VARCHAR,
  tries LONG,
  latency_score DOUBLE,
  price_wei_per_unit DOUBLE,
  available_capacity LONG,
  prompt_tokens LONG,
  completion_tokens LONG,
  total_tokens LONG,
  tokens_per_second DOUBLE,
  first_token_ms DOUBLE,
  finish_reason SYMBOL,
  sender SYMBOL,
  balance_wei VARCHAR,
  with_tickets LONG,
  worker_id VARCHAR
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, event_id, item)
;

CREATE OR REPLACE VIEW public_stream_trace AS (
  SELECT ts, node, event_id, item, gateway_label, origin, stream_id, request_id, pipeline_id, trace_type, data_ts, orch_address, orch_url, pipeline, duration_ms, swap_count FROM stream_trace
)
;

CREATE OR REPLACE VIEW public_livepeer_orchestrator AS (
  SELECT ts, node, target, orch_uri, orch_address, orch_version, interval_ms, segments_uploaded, segments_upload_failed, segments_transcoded, segments_unprocessed, latency_sum_s, latency_count, latency_le_500ms_count, latency_le_1s_count, latency_le_2s_count, latency_le_3s_count, latency_le_5s_count, latency_le_10s_count, upload_sum_s, upload_count, discovery_errors, verification_done, verification_failed, first_segment_delay_sum_ms, first_segment_delay_count, live_price_wei_per_pixel FROM livepeer_orchestrator
)
;

CREATE OR REPLACE VIEW public_livepeer_error AS (
  SELECT ts, node, target, what, error, orch_uri, pipeline, model, interval_ms, errors FROM livepeer_error
)
;

CREATE OR REPLACE VIEW public_livepeer_ai AS (
  SELECT ts, node, target, pipeline, model, orch_uri, interval_ms, requests, request_errors, latency_score, price_wei_per_unit, max_price_wei_per_unit, live_attempts, live_streams, containers_in_use, containers_idle, gpus_idle, results_downloaded, result_download_sum_s, result_download_count, results_uploaded, result_upload_sum_s, result_upload_count, result_save_failed FROM livepeer_ai
)
;

CREATE OR REPLACE VIEW public_livepeer_sender AS (
  SELECT ts, node, target, sender, interval_ms, max_float_gwei, ticket_face_value_gwei, price_wei_per_pixel, tickets_received, ticket_value_received_gwei, winning_tickets_received, value_redeemed_gwei, payment_receive_errors FROM livepeer_sender
)
;

CREATE OR REPLACE VIEW public_livepeer_series AS (
  SELECT ts, node, target, metric, labels, interval_ms, kind, delta, value FROM livepeer_series
)
;

CREATE OR REPLACE VIEW public_signed_ticket AS (
  SELECT ts, node, event_id, item, gateway_label, origin, session_id, session_status, app, pipeline, request_id, orch_address, orch_url, manifest_id, pm_session_id, data_ts, previous_ts, billable_s, pixels, session_balance_wei, computed_fee_wei, cost_wei, sequence_number, tickets FROM signed_ticket
)
;

CREATE OR REPLACE VIEW public_job_event AS (
  SELECT ts, node, event_id, item, gateway_label, origin, topic, event_type, data_ts, request_id, stream_id, attempt, capability, pipeline, model, orch_address, orch_url, success, selected, streaming, duration_ms, latency_ms, http_status, error_type, tries, latency_score, price_wei_per_unit, available_capacity, prompt_tokens, completion_tokens, total_tokens, tokens_per_second, first_token_ms, finish_reason, sender, balance_wei, with_tickets, worker_id FROM job_event
)
;
