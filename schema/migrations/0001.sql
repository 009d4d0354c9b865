-- Migration 1. Released: never edit it, add another one (`naap-schema emit`).

CREATE TABLE IF NOT EXISTS host (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  interval_ms LONG,
  cpu_busy_ratio DOUBLE,
  cpu_count LONG,
  load_1m DOUBLE,
  load_5m DOUBLE,
  load_15m DOUBLE,
  mem_total_bytes LONG,
  mem_used_bytes LONG,
  mem_available_bytes LONG,
  swap_total_bytes LONG,
  swap_used_bytes LONG,
  disk_total_bytes LONG,
  disk_available_bytes LONG,
  disk_read_bytes LONG,
  disk_written_bytes LONG,
  uptime_s LONG,
  os SYMBOL,
  kernel SYMBOL,
  cpu_model SYMBOL
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, epoch, seq)
;

CREATE TABLE IF NOT EXISTS interface (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  interface SYMBOL,
  interval_ms LONG,
  rx_bytes LONG,
  tx_bytes LONG,
  rx_packets LONG,
  tx_packets LONG,
  rx_errors LONG,
  tx_errors LONG
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, interface, epoch, seq)
;

CREATE TABLE IF NOT EXISTS livepeer_node (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  target SYMBOL,
  role SYMBOL,
  version SYMBOL,
  scrape_ms DOUBLE,
  scrape_series LONG,
  interval_ms LONG,
  current_sessions DOUBLE,
  max_sessions DOUBLE,
  streams_created DOUBLE,
  streams_started DOUBLE,
  streams_ended DOUBLE,
  segments_emerged DOUBLE,
  segments_transcoded DOUBLE,
  segments_transcode_failed DOUBLE,
  segments_upload_failed DOUBLE,
  transcode_time_sum_s DOUBLE,
  transcode_time_count DOUBLE,
  orchestrator_swaps DOUBLE,
  discovery_errors DOUBLE,
  success_ratio DOUBLE,
  tickets_sent DOUBLE,
  ticket_value_sent_gwei DOUBLE,
  tickets_received DOUBLE,
  ticket_value_received_gwei DOUBLE,
  winning_tickets_received DOUBLE,
  value_redeemed_gwei DOUBLE,
  payment_create_errors DOUBLE,
  payment_receive_errors DOUBLE,
  gateway_deposit_gwei DOUBLE,
  gateway_reserve_gwei DOUBLE,
  mil_pixels_processed DOUBLE,
  ai_requests DOUBLE,
  ai_request_errors DOUBLE,
  ai_live_attempts DOUBLE,
  ai_live_streams DOUBLE,
  ai_containers_in_use DOUBLE,
  ai_containers_idle DOUBLE,
  ai_gpus_idle DOUBLE,
  orchestrator_pool_size DOUBLE,
  event_send_errors DOUBLE
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, target, epoch, seq)
;

CREATE TABLE IF NOT EXISTS agent (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  kind SYMBOL,
  origin SYMBOL,
  region SYMBOL,
  version SYMBOL,
  schema_version LONG,
  skew_ms LONG,
  rows_taken LONG,
  rows_pending LONG,
  bytes_pending LONG,
  rows_evicted LONG,
  rows_rejected LONG,
  bytes_sent LONG,
  connects LONG,
  rss_bytes LONG,
  cpu_ms DOUBLE
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, epoch, seq)
;

CREATE TABLE IF NOT EXISTS agent_source (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  source SYMBOL,
  reads LONG,
  failures LONG,
  failure_kind SYMBOL,
  rows LONG,
  dropped LONG,
  drop_kind SYMBOL,
  read_ms DOUBLE
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, source, epoch, seq)
;

CREATE TABLE IF NOT EXISTS gap (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  of_epoch LONG,
  from_seq LONG,
  to_seq LONG,
  rows LONG,
  reason SYMBOL
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, node, of_epoch, from_seq, epoch, seq)
;

CREATE TABLE IF NOT EXISTS clock_step (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  step_ms LONG
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, node, epoch, seq)
;

CREATE TABLE IF NOT EXISTS stream_trace (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  event_id UUID,
  item LONG,
  gateway_label SYMBOL,
  origin SYMBOL,
  stream_id VARCHAR,
  request_id VARCHAR,
  pipeline_id VARCHAR,
  trace_type SYMBOL,
  data_ts TIMESTAMP,
  orch_address SYMBOL,
  orch_url SYMBOL,
  pipeline SYMBOL,
  message VARCHAR
) TIMESTAMP(ts) PARTITION BY DAY TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, event_id, item)
;

CREATE TABLE IF NOT EXISTS stream_status (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  event_id UUID,
  item LONG,
  gateway_label SYMBOL,
  origin SYMBOL,
  stream_id VARCHAR,
  request_id VARCHAR,
  pipeline_id VARCHAR,
  pipeline SYMBOL,
  state SYMBOL,
  data_ts TIMESTAMP,
  start_time TIMESTAMP,
  input_fps DOUBLE,
  output_fps DOUBLE,
  last_input_time TIMESTAMP,
  last_output_time TIMESTAMP,
  restart_count LONG,
  last_restart_time TIMESTAMP,
  last_error VARCHAR,
  last_error_time TIMESTAMP,
  orch_address SYMBOL,
  orch_url SYMBOL
) TIMESTAMP(ts) PARTITION BY DAY TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, event_id, item)
;

CREATE TABLE IF NOT EXISTS stream_event (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  event_id UUID,
  item LONG,
  gateway_label SYMBOL,
  origin SYMBOL,
  stream_id VARCHAR,
  request_id VARCHAR,
  pipeline_id VARCHAR,
  event_type SYMBOL,
  data_ts TIMESTAMP,
  pipeline SYMBOL,
  capability SYMBOL,
  message VARCHAR,
  restart_count LONG,
  restart_time TIMESTAMP,
  orch_address SYMBOL,
  orch_url SYMBOL
) TIMESTAMP(ts) PARTITION BY DAY TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, event_id, item)
;

CREATE TABLE IF NOT EXISTS stream_ingest (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  event_id UUID,
  item LONG,
  gateway_label SYMBOL,
  origin SYMBOL,
  stream_id VARCHAR,
  request_id VARCHAR,
  pipeline_id VARCHAR,
  data_ts TIMESTAMP,
  bytes_received LONG,
  bytes_sent LONG,
  conn_quality SYMBOL,
  track SYMBOL,
  jitter_ms DOUBLE,
  packets_lost LONG,
  packets_received LONG,
  packet_loss_pct DOUBLE,
  rtt_ns LONG,
  last_input_s DOUBLE,
  last_output_s DOUBLE,
  latency_s DOUBLE
) TIMESTAMP(ts) PARTITION BY DAY TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, event_id, item)
;

CREATE TABLE IF NOT EXISTS discovery_result (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  event_id UUID,
  item LONG,
  gateway_label SYMBOL,
  origin SYMBOL,
  orch_address SYMBOL,
  orch_url SYMBOL,
  latency_ms DOUBLE
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, event_id, item)
;

CREATE TABLE IF NOT EXISTS payment (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  event_id UUID,
  item LONG,
  gateway_label SYMBOL,
  origin SYMBOL,
  request_id VARCHAR,
  session_id VARCHAR,
  manifest_id VARCHAR,
  capability SYMBOL,
  recipient SYMBOL,
  sender SYMBOL,
  orch_url SYMBOL,
  face_value_wei VARCHAR,
  win_probability VARCHAR,
  tickets LONG,
  price VARCHAR,
  price_unit SYMBOL
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, event_id, item)
;

CREATE TABLE IF NOT EXISTS orchestrator_report (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  event_id UUID,
  item LONG,
  gateway_label SYMBOL,
  origin SYMBOL,
  orch_address SYMBOL,
  local_address SYMBOL,
  orch_uri SYMBOL,
  version SYMBOL,
  models LONG,
  gpus LONG
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, event_id, item)
;

CREATE TABLE IF NOT EXISTS orchestrator_model (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  event_id UUID,
  item LONG,
  gateway_label SYMBOL,
  origin SYMBOL,
  orch_address SYMBOL,
  local_address SYMBOL,
  orch_uri SYMBOL,
  capability LONG,
  pipeline SYMBOL,
  model SYMBOL,
  warm LONG,
  runner_version SYMBOL,
  capacity_idle LONG,
  capacity_in_use LONG,
  price_per_unit LONG,
  pixels_per_unit LONG
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, event_id, item)
;

CREATE TABLE IF NOT EXISTS orchestrator_gpu (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  event_id UUID,
  item LONG,
  gateway_label SYMBOL,
  origin SYMBOL,
  orch_address SYMBOL,
  local_address SYMBOL,
  orch_uri SYMBOL,
  pipeline SYMBOL,
  model SYMBOL,
  gpu_id SYMBOL,
  gpu_index SYMBOL,
  gpu_name SYMBOL,
  memory_total_bytes LONG,
  memory_free_bytes LONG,
  compute_major LONG,
  compute_minor LONG
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, event_id, item)
;

CREATE TABLE IF NOT EXISTS rejected (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  first_seq LONG,
  rows LONG,
  entity SYMBOL,
  reason SYMBOL,
  detail VARCHAR,
  row VARCHAR
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, node, epoch, first_seq)
;

CREATE TABLE IF NOT EXISTS ledger (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  through_seq LONG,
  stored LONG,
  duplicates LONG,
  rejected LONG,
  gaps LONG,
  last_row_at TIMESTAMP,
  updated_at TIMESTAMP,
  skew_ms LONG
) TIMESTAMP(ts) PARTITION BY MONTH WAL
DEDUP UPSERT KEYS(ts, node, epoch)
;

CREATE OR REPLACE VIEW public_host AS (
  SELECT ts, node, interval_ms, cpu_busy_ratio, cpu_count, load_1m, load_5m, load_15m, mem_total_bytes, mem_used_bytes, mem_available_bytes, swap_total_bytes, swap_used_bytes, disk_total_bytes, disk_available_bytes, disk_read_bytes, disk_written_bytes, uptime_s, os, cpu_model FROM host
)
;

CREATE OR REPLACE VIEW public_interface AS (
  SELECT ts, node, interface, interval_ms, rx_bytes, tx_bytes, rx_packets, tx_packets, rx_errors, tx_errors FROM interface
)
;

CREATE OR REPLACE VIEW public_livepeer_node AS (
  SELECT ts, node, target, role, version, scrape_ms, scrape_series, interval_ms, current_sessions, max_sessions, streams_created, streams_started, streams_ended, segments_emerged, segments_transcoded, segments_transcode_failed, segments_upload_failed, transcode_time_sum_s, transcode_time_count, orchestrator_swaps, discovery_errors, success_ratio, tickets_sent, ticket_value_sent_gwei, tickets_received, ticket_value_received_gwei, winning_tickets_received, value_redeemed_gwei, payment_create_errors, payment_receive_errors, mil_pixels_processed, ai_requests, ai_request_errors, ai_live_attempts, ai_live_streams, ai_containers_in_use, ai_containers_idle, ai_gpus_idle, orchestrator_pool_size, event_send_errors FROM livepeer_node
)
;

CREATE OR REPLACE VIEW public_agent AS (
  SELECT ts, node, kind, origin, region, version, schema_version, skew_ms, rows_taken, rows_pending, bytes_pending, rows_evicted, rows_rejected, bytes_sent, connects, rss_bytes, cpu_ms FROM agent
)
;

CREATE OR REPLACE VIEW public_agent_source AS (
  SELECT ts, node, source, reads, failures, failure_kind, rows, dropped, drop_kind, read_ms FROM agent_source
)
;

CREATE OR REPLACE VIEW public_gap AS (
  SELECT ts, node, of_epoch, from_seq, to_seq, rows, reason FROM gap
)
;

CREATE OR REPLACE VIEW public_clock_step AS (
  SELECT ts, node, step_ms FROM clock_step
)
;

CREATE OR REPLACE VIEW public_stream_trace AS (
  SELECT ts, node, event_id, item, gateway_label, origin, stream_id, request_id, pipeline_id, trace_type, data_ts, orch_address, orch_url, pipeline FROM stream_trace
)
;

CREATE OR REPLACE VIEW public_stream_status AS (
  SELECT ts, node, event_id, item, gateway_label, origin, stream_id, request_id, pipeline_id, pipeline, state, data_ts, start_time, input_fps, output_fps, last_input_time, last_output_time, restart_count, last_restart_time, last_error_time, orch_address, orch_url FROM stream_status
)
;

CREATE OR REPLACE VIEW public_stream_event AS (
  SELECT ts, node, event_id, item, gateway_label, origin, stream_id, request_id, pipeline_id, event_type, data_ts, pipeline, capability, restart_count, restart_time, orch_address, orch_url FROM stream_event
)
;

CREATE OR REPLACE VIEW public_stream_ingest AS (
  SELECT ts, node, event_id, item, gateway_label, origin, stream_id, request_id, pipeline_id, data_ts, bytes_received, bytes_sent, conn_quality, track, jitter_ms, packets_lost, packets_received, packet_loss_pct, rtt_ns, last_input_s, last_output_s, latency_s FROM stream_ingest
)
;

CREATE OR REPLACE VIEW public_discovery_result AS (
  SELECT ts, node, event_id, item, gateway_label, origin, orch_address, orch_url, latency_ms FROM discovery_result
)
;

CREATE OR REPLACE VIEW public_payment AS (
  SELECT ts, node, event_id, item, gateway_label, origin, request_id, session_id, manifest_id, capability, recipient, sender, orch_url, face_value_wei, win_probability, tickets, price, price_unit FROM payment
)
;

CREATE OR REPLACE VIEW public_orchestrator_report AS (
  SELECT ts, node, event_id, item, gateway_label, origin, orch_address, local_address, orch_uri, version, models, gpus FROM orchestrator_report
)
;

CREATE OR REPLACE VIEW public_orchestrator_model AS (
  SELECT ts, node, event_id, item, gateway_label, origin, orch_address, local_address, orch_uri, capability, pipeline, model, warm, runner_version, capacity_idle, capacity_in_use, price_per_unit, pixels_per_unit FROM orchestrator_model
)
;

CREATE OR REPLACE VIEW public_orchestrator_gpu AS (
  SELECT ts, node, event_id, item, gateway_label, origin, orch_address, local_address, orch_uri, pipeline, model, gpu_id, gpu_index, gpu_name, memory_total_bytes, memory_free_bytes, compute_major, compute_minor FROM orchestrator_gpu
)
;

CREATE OR REPLACE VIEW public_ledger AS (
  SELECT ts, node, epoch, through_seq, stored, duplicates, rejected, gaps, last_row_at, updated_at, skew_ms FROM ledger
)
;

CREATE MATERIALIZED VIEW IF NOT EXISTS host_1m WITH BASE host REFRESH EVERY 1m AS (
  SELECT ts,
    node,
    count() n,
    count(interval_ms) interval_ms_n,
    sum(interval_ms) interval_ms_sum,
    max(interval_ms) interval_ms_max,
    count(cpu_busy_ratio) cpu_busy_ratio_n,
    sum(cpu_busy_ratio) cpu_busy_ratio_sum,
    max(cpu_busy_ratio) cpu_busy_ratio_max,
    min(cpu_busy_ratio) cpu_busy_ratio_min,
    sum(cpu_busy_ratio::double * cpu_busy_ratio::double) cpu_busy_ratio_sq,
    count(load_1m) load_1m_n,
    sum(load_1m) load_1m_sum,
    max(load_1m) load_1m_max,
    min(load_1m) load_1m_min,
    sum(load_1m::double * load_1m::double) load_1m_sq,
    count(mem_used_bytes) mem_used_bytes_n,
    sum(mem_used_bytes) mem_used_bytes_sum,
    max(mem_used_bytes) mem_used_bytes_max,
    min(mem_used_bytes) mem_used_bytes_min,
    sum(mem_used_bytes::double * mem_used_bytes::double) mem_used_bytes_sq,
    count(swap_used_bytes) swap_used_bytes_n,
    sum(swap_used_bytes) swap_used_bytes_sum,
    max(swap_used_bytes) swap_used_bytes_max,
    min(swap_used_bytes) swap_used_bytes_min,
    sum(swap_used_bytes::double * swap_used_bytes::double) swap_used_bytes_sq,
    count(disk_available_bytes) disk_available_bytes_n,
    sum(disk_available_bytes) disk_available_bytes_sum,
    max(disk_available_bytes) disk_available_bytes_max,
    min(disk_available_bytes) disk_available_bytes_min,
    sum(disk_available_bytes::double * disk_available_bytes::double) disk_available_bytes_sq,
    count(disk_read_bytes) disk_read_bytes_n,
    sum(disk_read_bytes) disk_read_bytes_sum,
    max(disk_read_bytes) disk_read_bytes_max,
    count(disk_written_bytes) disk_written_bytes_n,
    sum(disk_written_bytes) disk_written_bytes_sum,
    max(disk_written_bytes) disk_written_bytes_max
  FROM host SAMPLE BY 1m
) PARTITION BY DAY TTL 90 DAYS
;

ALTER MATERIALIZED VIEW host_1m SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS host_1h WITH BASE host_1m REFRESH IMMEDIATE AS (
  SELECT ts,
    node,
    sum(n) n,
    sum(interval_ms_n) interval_ms_n,
    sum(interval_ms_sum) interval_ms_sum,
    max(interval_ms_max) interval_ms_max,
    sum(cpu_busy_ratio_n) cpu_busy_ratio_n,
    sum(cpu_busy_ratio_sum) cpu_busy_ratio_sum,
    max(cpu_busy_ratio_max) cpu_busy_ratio_max,
    min(cpu_busy_ratio_min) cpu_busy_ratio_min,
    sum(cpu_busy_ratio_sq) cpu_busy_ratio_sq,
    sum(load_1m_n) load_1m_n,
    sum(load_1m_sum) load_1m_sum,
    max(load_1m_max) load_1m_max,
    min(load_1m_min) load_1m_min,
    sum(load_1m_sq) load_1m_sq,
    sum(mem_used_bytes_n) mem_used_bytes_n,
    sum(mem_used_bytes_sum) mem_used_bytes_sum,
    max(mem_used_bytes_max) mem_used_bytes_max,
    min(mem_used_bytes_min) mem_used_bytes_min,
    sum(mem_used_bytes_sq) mem_used_bytes_sq,
    sum(swap_used_bytes_n) swap_used_bytes_n,
    sum(swap_used_bytes_sum) swap_used_bytes_sum,
    max(swap_used_bytes_max) swap_used_bytes_max,
    min(swap_used_bytes_min) swap_used_bytes_min,
    sum(swap_used_bytes_sq) swap_used_bytes_sq,
    sum(disk_available_bytes_n) disk_available_bytes_n,
    sum(disk_available_bytes_sum) disk_available_bytes_sum,
    max(disk_available_bytes_max) disk_available_bytes_max,
    min(disk_available_bytes_min) disk_available_bytes_min,
    sum(disk_available_bytes_sq) disk_available_bytes_sq,
    sum(disk_read_bytes_n) disk_read_bytes_n,
    sum(disk_read_bytes_sum) disk_read_bytes_sum,
    max(disk_read_bytes_max) disk_read_bytes_max,
    sum(disk_written_bytes_n) disk_written_bytes_n,
    sum(disk_written_bytes_sum) disk_written_bytes_sum,
    max(disk_written_bytes_max) disk_written_bytes_max
  FROM host_1m SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW host_1h SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS host_1d WITH BASE host_1h REFRESH IMMEDIATE AS (
  SELECT ts,
    node,
    sum(n) n,
    sum(interval_ms_n) interval_ms_n,
    sum(interval_ms_sum) interval_ms_sum,
    max(interval_ms_max) interval_ms_max,
    sum(cpu_busy_ratio_n) cpu_busy_ratio_n,
    sum(cpu_busy_ratio_sum) cpu_busy_ratio_sum,
    max(cpu_busy_ratio_max) cpu_busy_ratio_max,
    min(cpu_busy_ratio_min) cpu_busy_ratio_min,
    sum(cpu_busy_ratio_sq) cpu_busy_ratio_sq,
    sum(load_1m_n) load_1m_n,
    sum(load_1m_sum) load_1m_sum,
    max(load_1m_max) load_1m_max,
    min(load_1m_min) load_1m_min,
    sum(load_1m_sq) load_1m_sq,
    sum(mem_used_bytes_n) mem_used_bytes_n,
    sum(mem_used_bytes_sum) mem_used_bytes_sum,
    max(mem_used_bytes_max) mem_used_bytes_max,
    min(mem_used_bytes_min) mem_used_bytes_min,
    sum(mem_used_bytes_sq) mem_used_bytes_sq,
    sum(swap_used_bytes_n) swap_used_bytes_n,
    sum(swap_used_bytes_sum) swap_used_bytes_sum,
    max(swap_used_bytes_max) swap_used_bytes_max,
    min(swap_used_bytes_min) swap_used_bytes_min,
    sum(swap_used_bytes_sq) swap_used_bytes_sq,
    sum(disk_available_bytes_n) disk_available_bytes_n,
    sum(disk_available_bytes_sum) disk_available_bytes_sum,
    max(disk_available_bytes_max) disk_available_bytes_max,
    min(disk_available_bytes_min) disk_available_bytes_min,
    sum(disk_available_bytes_sq) disk_available_bytes_sq,
    sum(disk_read_bytes_n) disk_read_bytes_n,
    sum(disk_read_bytes_sum) disk_read_bytes_sum,
    max(disk_read_bytes_max) disk_read_bytes_max,
    sum(disk_written_bytes_n) disk_written_bytes_n,
    sum(disk_written_bytes_sum) disk_written_bytes_sum,
    max(disk_written_bytes_max) disk_written_bytes_max
  FROM host_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW host_1d SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS host_cpu_busy_ratio_hist_1h WITH BASE host REFRESH EVERY 10m AS (
  SELECT ts, node,
    CASE WHEN cpu_busy_ratio < 0 THEN -1000001 WHEN cpu_busy_ratio = 0 THEN -1000000 WHEN cpu_busy_ratio < 0.001 THEN -172 WHEN cpu_busy_ratio > 1.0 THEN 0 ELSE ceil(ln(cpu_busy_ratio) / ln(1.0408))::LONG END b,
    count() n
  FROM host WHERE cpu_busy_ratio IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW host_cpu_busy_ratio_hist_1h SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS host_cpu_busy_ratio_hist_1d WITH BASE host_cpu_busy_ratio_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, node, b, sum(n) n
  FROM host_cpu_busy_ratio_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW host_cpu_busy_ratio_hist_1d SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS interface_1m WITH BASE interface REFRESH EVERY 1m AS (
  SELECT ts,
    node,
    interface,
    count() n,
    count(interval_ms) interval_ms_n,
    sum(interval_ms) interval_ms_sum,
    max(interval_ms) interval_ms_max,
    count(rx_bytes) rx_bytes_n,
    sum(rx_bytes) rx_bytes_sum,
    max(rx_bytes) rx_bytes_max,
    count(tx_bytes) tx_bytes_n,
    sum(tx_bytes) tx_bytes_sum,
    max(tx_bytes) tx_bytes_max,
    count(rx_packets) rx_packets_n,
    sum(rx_packets) rx_packets_sum,
    max(rx_packets) rx_packets_max,
    count(tx_packets) tx_packets_n,
    sum(tx_packets) tx_packets_sum,
    max(tx_packets) tx_packets_max,
    count(rx_errors) rx_errors_n,
    sum(rx_errors) rx_errors_sum,
    max(rx_errors) rx_errors_max,
    count(tx_errors) tx_errors_n,
    sum(tx_errors) tx_errors_sum,
    max(tx_errors) tx_errors_max
  FROM interface SAMPLE BY 1m
) PARTITION BY DAY TTL 90 DAYS
;

ALTER MATERIALIZED VIEW interface_1m SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS interface_1h WITH BASE interface_1m REFRESH IMMEDIATE AS (
  SELECT ts,
    node,
    interface,
    sum(n) n,
    sum(interval_ms_n) interval_ms_n,
    sum(interval_ms_sum) interval_ms_sum,
    max(interval_ms_max) interval_ms_max,
    sum(rx_bytes_n) rx_bytes_n,
    sum(rx_bytes_sum) rx_bytes_sum,
    max(rx_bytes_max) rx_bytes_max,
    sum(tx_bytes_n) tx_bytes_n,
    sum(tx_bytes_sum) tx_bytes_sum,
    max(tx_bytes_max) tx_bytes_max,
    sum(rx_packets_n) rx_packets_n,
    sum(rx_packets_sum) rx_packets_sum,
    max(rx_packets_max) rx_packets_max,
    sum(tx_packets_n) tx_packets_n,
    sum(tx_packets_sum) tx_packets_sum,
    max(tx_packets_max) tx_packets_max,
    sum(rx_errors_n) rx_errors_n,
    sum(rx_errors_sum) rx_errors_sum,
    max(rx_errors_max) rx_errors_max,
    sum(tx_errors_n) tx_errors_n,
    sum(tx_errors_sum) tx_errors_sum,
    max(tx_errors_max) tx_errors_max
  FROM interface_1m SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW interface_1h SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS interface_1d WITH BASE interface_1h REFRESH IMMEDIATE AS (
  SELECT ts,
    node,
    interface,
    sum(n) n,
    sum(interval_ms_n) interval_ms_n,
    sum(interval_ms_sum) interval_ms_sum,
    max(interval_ms_max) interval_ms_max,
    sum(rx_bytes_n) rx_bytes_n,
    sum(rx_bytes_sum) rx_bytes_sum,
    max(rx_bytes_max) rx_bytes_max,
    sum(tx_bytes_n) tx_bytes_n,
    sum(tx_bytes_sum) tx_bytes_sum,
    max(tx_bytes_max) tx_bytes_max,
    sum(rx_packets_n) rx_packets_n,
    sum(rx_packets_sum) rx_packets_sum,
    max(rx_packets_max) rx_packets_max,
    sum(tx_packets_n) tx_packets_n,
    sum(tx_packets_sum) tx_packets_sum,
    max(tx_packets_max) tx_packets_max,
    sum(rx_errors_n) rx_errors_n,
    sum(rx_errors_sum) rx_errors_sum,
    max(rx_errors_max) rx_errors_max,
    sum(tx_errors_n) tx_errors_n,
    sum(tx_errors_sum) tx_errors_sum,
    max(tx_errors_max) tx_errors_max
  FROM interface_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW interface_1d SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_status_1m WITH BASE stream_status REFRESH EVERY 1m AS (
  SELECT ts,
    node,
    origin,
    pipeline,
    orch_url,
    count() n,
    count(input_fps) input_fps_n,
    sum(input_fps) input_fps_sum,
    max(input_fps) input_fps_max,
    min(input_fps) input_fps_min,
    sum(input_fps::double * input_fps::double) input_fps_sq,
    count(output_fps) output_fps_n,
    sum(output_fps) output_fps_sum,
    max(output_fps) output_fps_max,
    min(output_fps) output_fps_min,
    sum(output_fps::double * output_fps::double) output_fps_sq
  FROM stream_status SAMPLE BY 1m
) PARTITION BY DAY TTL 90 DAYS
;

ALTER MATERIALIZED VIEW stream_status_1m SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_status_1h WITH BASE stream_status_1m REFRESH IMMEDIATE AS (
  SELECT ts,
    node,
    origin,
    pipeline,
    orch_url,
    sum(n) n,
    sum(input_fps_n) input_fps_n,
    sum(input_fps_sum) input_fps_sum,
    max(input_fps_max) input_fps_max,
    min(input_fps_min) input_fps_min,
    sum(input_fps_sq) input_fps_sq,
    sum(output_fps_n) output_fps_n,
    sum(output_fps_sum) output_fps_sum,
    max(output_fps_max) output_fps_max,
    min(output_fps_min) output_fps_min,
    sum(output_fps_sq) output_fps_sq
  FROM stream_status_1m SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW stream_status_1h SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_status_1d WITH BASE stream_status_1h REFRESH IMMEDIATE AS (
  SELECT ts,
    node,
    origin,
    pipeline,
    orch_url,
    sum(n) n,
    sum(input_fps_n) input_fps_n,
    sum(input_fps_sum) input_fps_sum,
    max(input_fps_max) input_fps_max,
    min(input_fps_min) input_fps_min,
    sum(input_fps_sq) input_fps_sq,
    sum(output_fps_n) output_fps_n,
    sum(output_fps_sum) output_fps_sum,
    max(output_fps_max) output_fps_max,
    min(output_fps_min) output_fps_min,
    sum(output_fps_sq) output_fps_sq
  FROM stream_status_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW stream_status_1d SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_status_input_fps_hist_1h WITH BASE stream_status REFRESH EVERY 10m AS (
  SELECT ts, node, origin, pipeline, orch_url,
    CASE WHEN input_fps < 0 THEN -1000001 WHEN input_fps = 0 THEN -1000000 WHEN input_fps < 0.1 THEN -57 WHEN input_fps > 1000.0 THEN 173 ELSE ceil(ln(input_fps) / ln(1.0408))::LONG END b,
    count() n
  FROM stream_status WHERE input_fps IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW stream_status_input_fps_hist_1h SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_status_input_fps_hist_1d WITH BASE stream_status_input_fps_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, node, origin, pipeline, orch_url, b, sum(n) n
  FROM stream_status_input_fps_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW stream_status_input_fps_hist_1d SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_status_output_fps_hist_1h WITH BASE stream_status REFRESH EVERY 10m AS (
  SELECT ts, node, origin, pipeline, orch_url,
    CASE WHEN output_fps < 0 THEN -1000001 WHEN output_fps = 0 THEN -1000000 WHEN output_fps < 0.1 THEN -57 WHEN output_fps > 1000.0 THEN 173 ELSE ceil(ln(output_fps) / ln(1.0408))::LONG END b,
    count() n
  FROM stream_status WHERE output_fps IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW stream_status_output_fps_hist_1h SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS stream_status_output_fps_hist_1d WITH BASE stream_status_output_fps_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, node, origin, pipeline, orch_url, b, sum(n) n
  FROM stream_status_output_fps_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW stream_status_output_fps_hist_1d SET REFRESH LIMIT 15d
;
