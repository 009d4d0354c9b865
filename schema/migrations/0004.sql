-- Migration 4. Released: never edit it, add another one (`naap-schema emit`).

ALTER TABLE stream_trace ADD COLUMN IF NOT EXISTS duration_ms DOUBLE
;

ALTER TABLE stream_trace ADD COLUMN IF NOT EXISTS swap_count LONG
;

CREATE TABLE IF NOT EXISTS gpu (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  gpu_id SYMBOL,
  index LONG,
  state SYMBOL,
  name SYMBOL,
  architecture SYMBOL,
  compute_capability SYMBOL,
  driver_version SYMBOL,
  cuda_version SYMBOL,
  vbios_version SYMBOL,
  compute_mode SYMBOL,
  interval_ms LONG,
  util_gpu_ratio DOUBLE,
  util_memory_ratio DOUBLE,
  util_encoder_ratio DOUBLE,
  util_decoder_ratio DOUBLE,
  encoder_sessions LONG,
  encoder_fps LONG,
  encoder_latency_us LONG,
  process_count LONG,
  mem_total_bytes LONG,
  mem_used_bytes LONG,
  mem_free_bytes LONG,
  mem_reserved_bytes LONG,
  bar1_total_bytes LONG,
  bar1_used_bytes LONG,
  temp_gpu_c LONG,
  temp_memory_c LONG,
  temp_slowdown_c LONG,
  temp_shutdown_c LONG,
  temp_gpu_max_c LONG,
  temp_memory_max_c LONG,
  power_mw LONG,
  power_instant_mw LONG,
  power_limit_mw LONG,
  power_limit_default_mw LONG,
  power_limit_max_mw LONG,
  energy_mj LONG,
  clock_sm_mhz LONG,
  clock_mem_mhz LONG,
  clock_graphics_mhz LONG,
  clock_video_mhz LONG,
  clock_max_sm_mhz LONG,
  clock_max_mem_mhz LONG,
  clock_max_graphics_mhz LONG,
  clock_max_video_mhz LONG,
  clock_app_graphics_mhz LONG,
  clock_app_mem_mhz LONG,
  pstate LONG,
  throttle_reasons LONG,
  idle LONG,
  throttle_power LONG,
  throttle_thermal LONG,
  throttle_hw LONG,
  violation_power_us LONG,
  violation_thermal_us LONG,
  pcie_gen LONG,
  pcie_gen_max LONG,
  pcie_width LONG,
  pcie_width_max LONG,
  pcie_replays LONG,
  pcie_rx_bytes_per_s LONG,
  pcie_tx_bytes_per_s LONG,
  ecc_enabled LONG,
  ecc_corrected LONG,
  ecc_uncorrected LONG,
  ecc_corrected_boot LONG,
  ecc_uncorrected_boot LONG,
  ecc_corrected_life LONG,
  ecc_uncorrected_life LONG,
  retired_pages_corrected LONG,
  retired_pages_uncorrected LONG,
  retired_pages_pending LONG,
  remapped_rows_corrected LONG,
  remapped_rows_uncorrected LONG,
  remapped_rows_pending LONG,
  remapped_rows_failed LONG,
  nvlink_count LONG,
  nvlink_active LONG,
  nvlink_crc_errors LONG,
  nvlink_replay_errors LONG,
  nvlink_recovery_errors LONG,
  mig_enabled LONG,
  mig_instances LONG,
  persistence LONG,
  fan_ratio DOUBLE,
  fan_count LONG,
  graphics_active_ratio DOUBLE,
  sm_active_ratio DOUBLE,
  sm_occupancy_ratio DOUBLE,
  tensor_active_ratio DOUBLE,
  fp64_active_ratio DOUBLE,
  fp32_active_ratio DOUBLE,
  fp16_active_ratio DOUBLE,
  int_active_ratio DOUBLE,
  dram_active_ratio DOUBLE,
  gpm_pcie_rx_bytes_per_s LONG,
  gpm_pcie_tx_bytes_per_s LONG,
  nvlink_rx_bytes_per_s LONG,
  nvlink_tx_bytes_per_s LONG,
  xid_errors LONG
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, gpu_id, epoch, seq)
;

CREATE TABLE IF NOT EXISTS gpu_node (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  state SYMBOL,
  gpus_expected LONG,
  gpus_found LONG,
  gpus_listed LONG,
  driver_version SYMBOL,
  cuda_version SYMBOL,
  nvml_version SYMBOL,
  read_ms DOUBLE,
  restarts LONG,
  timeouts LONG,
  stuck_readers LONG,
  reader_rss_bytes LONG,
  events_dropped LONG
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, epoch, seq)
;

CREATE TABLE IF NOT EXISTS gpu_process (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  gpu_id SYMBOL,
  program SYMBOL,
  processes LONG,
  mem_used_bytes LONG,
  mem_largest_bytes LONG,
  util_sm_ratio DOUBLE,
  util_memory_ratio DOUBLE,
  util_encoder_ratio DOUBLE,
  util_decoder_ratio DOUBLE
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, gpu_id, program, epoch, seq)
;

CREATE TABLE IF NOT EXISTS gpu_event (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  gpu_id SYMBOL,
  kind SYMBOL,
  code LONG,
  count LONG,
  last_ts TIMESTAMP
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, node, gpu_id, epoch, seq)
;

CREATE TABLE IF NOT EXISTS gpu_instance (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  gpu_id SYMBOL,
  instance LONG,
  compute_instance LONG,
  index LONG,
  profile SYMBOL,
  sm_count LONG,
  slices LONG,
  mem_total_bytes LONG,
  mem_used_bytes LONG,
  mem_free_bytes LONG,
  graphics_active_ratio DOUBLE,
  sm_active_ratio DOUBLE,
  sm_occupancy_ratio DOUBLE,
  tensor_active_ratio DOUBLE,
  dram_active_ratio DOUBLE
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, gpu_id, instance, compute_instance, epoch, seq)
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

CREATE TABLE IF NOT EXISTS node_status (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  target SYMBOL,
  version SYMBOL,
  go_version SYMBOL,
  os SYMBOL,
  arch SYMBOL,
  streams LONG,
  source_bytes LONG,
  transcoded_bytes LONG,
  transcoders LONG,
  transcoders_capacity LONG,
  local_transcoding LONG,
  orchestrator_pool_size LONG,
  answer_ms DOUBLE
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, target, epoch, seq)
;

CREATE TABLE IF NOT EXISTS pool_orchestrator (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  target SYMBOL,
  orch_url SYMBOL,
  score DOUBLE,
  latency_ms DOUBLE
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, target, orch_url, epoch, seq)
;

CREATE TABLE IF NOT EXISTS ai_session_pool (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  target SYMBOL,
  capability LONG,
  model SYMBOL,
  pipeline SYMBOL,
  warm_size LONG,
  warm_in_use LONG,
  cold_size LONG,
  cold_in_use LONG,
  suspended LONG,
  last_refresh TIMESTAMP
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, target, capability, model, epoch, seq)
;

CREATE TABLE IF NOT EXISTS ai_session_pool_orchestrator (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  target SYMBOL,
  capability LONG,
  model SYMBOL,
  orch_url SYMBOL,
  pool SYMBOL,
  pipeline SYMBOL,
  latency_score DOUBLE,
  in_flight LONG,
  suspended LONG
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, target, capability, model, orch_url, pool, epoch, seq)
;

CREATE TABLE IF NOT EXISTS onchain_orchestrator (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  orch_address SYMBOL,
  target SYMBOL,
  list SYMBOL,
  service_uri SYMBOL,
  active LONG,
  status SYMBOL,
  stake_wei VARCHAR,
  reward_cut DOUBLE,
  fee_share DOUBLE,
  last_reward_round LONG,
  activation_round LONG,
  deactivation_round LONG,
  last_stake_update_round LONG,
  price_per_pixel_wei VARCHAR
) TIMESTAMP(ts) PARTITION BY MONTH TTL 13 MONTHS WAL
DEDUP UPSERT KEYS(ts, node, orch_address, epoch, seq)
;

CREATE TABLE IF NOT EXISTS live_runner (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  target SYMBOL,
  orch_url SYMBOL,
  runner_url SYMBOL,
  app SYMBOL,
  pipeline SYMBOL,
  model SYMBOL,
  version SYMBOL,
  mode SYMBOL,
  capacity LONG,
  capacity_used LONG,
  capacity_available LONG,
  price VARCHAR,
  price_currency SYMBOL,
  price_unit SYMBOL,
  region SYMBOL,
  gpu_id SYMBOL,
  gpu_index SYMBOL,
  gpu_name SYMBOL,
  memory_total_bytes LONG
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, target, orch_url, runner_url, epoch, seq)
;

CREATE TABLE IF NOT EXISTS ai_runner (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  target SYMBOL,
  pipeline SYMBOL,
  model SYMBOL,
  version SYMBOL,
  status SYMBOL,
  answer_ms DOUBLE
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, target, epoch, seq)
;

CREATE TABLE IF NOT EXISTS ai_runner_gpu (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  target SYMBOL,
  gpu_id SYMBOL,
  gpu_index SYMBOL,
  gpu_name SYMBOL,
  memory_total_bytes LONG,
  memory_free_bytes LONG,
  utilisation_compute_pct DOUBLE,
  utilisation_memory_pct DOUBLE,
  compute_major LONG,
  compute_minor LONG
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, target, gpu_id, epoch, seq)
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

CREATE TABLE IF NOT EXISTS probe (
  ts TIMESTAMP,
  node SYMBOL,
  epoch LONG,
  seq LONG,
  target SYMBOL,
  target_origin SYMBOL,
  family SYMBOL,
  attempts LONG,
  failures LONG,
  failure_kind SYMBOL,
  connect_min_ms DOUBLE,
  connect_mean_ms DOUBLE,
  connect_max_ms DOUBLE,
  jitter_ms DOUBLE,
  tls_ms DOUBLE,
  first_byte_ms DOUBLE
) TIMESTAMP(ts) PARTITION BY DAY TTL 30 DAYS WAL
DEDUP UPSERT KEYS(ts, node, target, epoch, seq)
;

CREATE OR REPLACE VIEW public_stream_trace AS (
  SELECT ts, node, event_id, item, gateway_label, origin, stream_id, request_id, pipeline_id, trace_type, data_ts, orch_address, orch_url, pipeline, duration_ms, swap_count FROM stream_trace
)
;

CREATE OR REPLACE VIEW public_gpu AS (
  SELECT ts, node, gpu_id, index, state, name, architecture, compute_capability, driver_version, cuda_version, compute_mode, interval_ms, util_gpu_ratio, util_memory_ratio, util_encoder_ratio, util_decoder_ratio, encoder_sessions, encoder_fps, encoder_latency_us, process_count, mem_total_bytes, mem_used_bytes, mem_free_bytes, mem_reserved_bytes, bar1_total_bytes, bar1_used_bytes, temp_gpu_c, temp_memory_c, temp_slowdown_c, temp_shutdown_c, temp_gpu_max_c, temp_memory_max_c, power_mw, power_instant_mw, power_limit_mw, power_limit_default_mw, power_limit_max_mw, energy_mj, clock_sm_mhz, clock_mem_mhz, clock_graphics_mhz, clock_video_mhz, clock_max_sm_mhz, clock_max_mem_mhz, clock_max_graphics_mhz, clock_max_video_mhz, clock_app_graphics_mhz, clock_app_mem_mhz, pstate, throttle_reasons, idle, throttle_power, throttle_thermal, throttle_hw, violation_power_us, violation_thermal_us, pcie_gen, pcie_gen_max, pcie_width, pcie_width_max, pcie_replays, pcie_rx_bytes_per_s, pcie_tx_bytes_per_s, ecc_enabled, ecc_corrected, ecc_uncorrected, ecc_corrected_boot, ecc_uncorrected_boot, ecc_corrected_life, ecc_uncorrected_life, retired_pages_corrected, retired_pages_uncorrected, retired_pages_pending, remapped_rows_corrected, remapped_rows_uncorrected, remapped_rows_pending, remapped_rows_failed, nvlink_count, nvlink_active, nvlink_crc_errors, nvlink_replay_errors, nvlink_recovery_errors, mig_enabled, mig_instances, persistence, fan_ratio, fan_count, graphics_active_ratio, sm_active_ratio, sm_occupancy_ratio, tensor_active_ratio, fp64_active_ratio, fp32_active_ratio, fp16_active_ratio, int_active_ratio, dram_active_ratio, gpm_pcie_rx_bytes_per_s, gpm_pcie_tx_bytes_per_s, nvlink_rx_bytes_per_s, nvlink_tx_bytes_per_s, xid_errors FROM gpu
)
;

CREATE OR REPLACE VIEW public_gpu_node AS (
  SELECT ts, node, state, gpus_expected, gpus_found, gpus_listed, driver_version, cuda_version, nvml_version, read_ms, restarts, timeouts, stuck_readers, reader_rss_bytes, events_dropped FROM gpu_node
)
;

CREATE OR REPLACE VIEW public_gpu_process AS (
  SELECT ts, node, gpu_id, program, processes, mem_used_bytes, mem_largest_bytes, util_sm_ratio, util_memory_ratio, util_encoder_ratio, util_decoder_ratio FROM gpu_process
)
;

CREATE OR REPLACE VIEW public_gpu_event AS (
  SELECT ts, node, gpu_id, kind, code, count, last_ts FROM gpu_event
)
;

CREATE OR REPLACE VIEW public_gpu_instance AS (
  SELECT ts, node, gpu_id, instance, compute_instance, index, profile, sm_count, slices, mem_total_bytes, mem_used_bytes, mem_free_bytes, graphics_active_ratio, sm_active_ratio, sm_occupancy_ratio, tensor_active_ratio, dram_active_ratio FROM gpu_instance
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

CREATE OR REPLACE VIEW public_node_status AS (
  SELECT ts, node, target, version, os, arch, streams, source_bytes, transcoded_bytes, transcoders, transcoders_capacity, local_transcoding, orchestrator_pool_size, answer_ms FROM node_status
)
;

CREATE OR REPLACE VIEW public_pool_orchestrator AS (
  SELECT ts, node, target, orch_url, score, latency_ms FROM pool_orchestrator
)
;

CREATE OR REPLACE VIEW public_ai_session_pool AS (
  SELECT ts, node, target, capability, model, pipeline, warm_size, warm_in_use, cold_size, cold_in_use, suspended, last_refresh FROM ai_session_pool
)
;

CREATE OR REPLACE VIEW public_ai_session_pool_orchestrator AS (
  SELECT ts, node, target, capability, model, orch_url, pool, pipeline, latency_score, in_flight, suspended FROM ai_session_pool_orchestrator
)
;

CREATE OR REPLACE VIEW public_onchain_orchestrator AS (
  SELECT ts, node, orch_address, target, list, service_uri, active, status, stake_wei, reward_cut, fee_share, last_reward_round, activation_round, deactivation_round, last_stake_update_round, price_per_pixel_wei FROM onchain_orchestrator
)
;

CREATE OR REPLACE VIEW public_live_runner AS (
  SELECT ts, node, target, orch_url, runner_url, app, pipeline, model, version, mode, capacity, capacity_used, capacity_available, price, price_currency, price_unit, region, gpu_id, gpu_index, gpu_name, memory_total_bytes FROM live_runner
)
;

CREATE OR REPLACE VIEW public_ai_runner AS (
  SELECT ts, node, target, pipeline, model, version, status, answer_ms FROM ai_runner
)
;

CREATE OR REPLACE VIEW public_ai_runner_gpu AS (
  SELECT ts, node, target, gpu_id, gpu_index, gpu_name, memory_total_bytes, memory_free_bytes, utilisation_compute_pct, utilisation_memory_pct, compute_major, compute_minor FROM ai_runner_gpu
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

CREATE OR REPLACE VIEW public_probe AS (
  SELECT ts, node, target, target_origin, family, attempts, failures, failure_kind, connect_min_ms, connect_mean_ms, connect_max_ms, jitter_ms, tls_ms, first_byte_ms FROM probe
)
;

CREATE MATERIALIZED VIEW IF NOT EXISTS ai_runner_gpu_1m WITH BASE ai_runner_gpu REFRESH EVERY 1m AS (
  SELECT ts,
    node,
    gpu_id,
    count() n,
    count(memory_free_bytes) memory_free_bytes_n,
    sum(memory_free_bytes) memory_free_bytes_sum,
    max(memory_free_bytes) memory_free_bytes_max,
    min(memory_free_bytes) memory_free_bytes_min,
    sum(memory_free_bytes::double * memory_free_bytes::double) memory_free_bytes_sq,
    count(utilisation_compute_pct) utilisation_compute_pct_n,
    sum(utilisation_compute_pct) utilisation_compute_pct_sum,
    max(utilisation_compute_pct) utilisation_compute_pct_max,
    min(utilisation_compute_pct) utilisation_compute_pct_min,
    sum(utilisation_compute_pct::double * utilisation_compute_pct::double) utilisation_compute_pct_sq,
    count(utilisation_memory_pct) utilisation_memory_pct_n,
    sum(utilisation_memory_pct) utilisation_memory_pct_sum,
    max(utilisation_memory_pct) utilisation_memory_pct_max,
    min(utilisation_memory_pct) utilisation_memory_pct_min,
    sum(utilisation_memory_pct::double * utilisation_memory_pct::double) utilisation_memory_pct_sq
  FROM ai_runner_gpu SAMPLE BY 1m
) PARTITION BY DAY TTL 90 DAYS
;

ALTER MATERIALIZED VIEW ai_runner_gpu_1m SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS ai_runner_gpu_1h WITH BASE ai_runner_gpu_1m REFRESH IMMEDIATE AS (
  SELECT ts,
    node,
    gpu_id,
    sum(n) n,
    sum(memory_free_bytes_n) memory_free_bytes_n,
    sum(memory_free_bytes_sum) memory_free_bytes_sum,
    max(memory_free_bytes_max) memory_free_bytes_max,
    min(memory_free_bytes_min) memory_free_bytes_min,
    sum(memory_free_bytes_sq) memory_free_bytes_sq,
    sum(utilisation_compute_pct_n) utilisation_compute_pct_n,
    sum(utilisation_compute_pct_sum) utilisation_compute_pct_sum,
    max(utilisation_compute_pct_max) utilisation_compute_pct_max,
    min(utilisation_compute_pct_min) utilisation_compute_pct_min,
    sum(utilisation_compute_pct_sq) utilisation_compute_pct_sq,
    sum(utilisation_memory_pct_n) utilisation_memory_pct_n,
    sum(utilisation_memory_pct_sum) utilisation_memory_pct_sum,
    max(utilisation_memory_pct_max) utilisation_memory_pct_max,
    min(utilisation_memory_pct_min) utilisation_memory_pct_min,
    sum(utilisation_memory_pct_sq) utilisation_memory_pct_sq
  FROM ai_runner_gpu_1m SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW ai_runner_gpu_1h SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS ai_runner_gpu_1d WITH BASE ai_runner_gpu_1h REFRESH IMMEDIATE AS (
  SELECT ts,
    node,
    gpu_id,
    sum(n) n,
    sum(memory_free_bytes_n) memory_free_bytes_n,
    sum(memory_free_bytes_sum) memory_free_bytes_sum,
    max(memory_free_bytes_max) memory_free_bytes_max,
    min(memory_free_bytes_min) memory_free_bytes_min,
    sum(memory_free_bytes_sq) memory_free_bytes_sq,
    sum(utilisation_compute_pct_n) utilisation_compute_pct_n,
    sum(utilisation_compute_pct_sum) utilisation_compute_pct_sum,
    max(utilisation_compute_pct_max) utilisation_compute_pct_max,
    min(utilisation_compute_pct_min) utilisation_compute_pct_min,
    sum(utilisation_compute_pct_sq) utilisation_compute_pct_sq,
    sum(utilisation_memory_pct_n) utilisation_memory_pct_n,
    sum(utilisation_memory_pct_sum) utilisation_memory_pct_sum,
    max(utilisation_memory_pct_max) utilisation_memory_pct_max,
    min(utilisation_memory_pct_min) utilisation_memory_pct_min,
    sum(utilisation_memory_pct_sq) utilisation_memory_pct_sq
  FROM ai_runner_gpu_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW ai_runner_gpu_1d SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS ai_runner_gpu_utilisation_compute_pct_hist_1h WITH BASE ai_runner_gpu REFRESH EVERY 10m AS (
  SELECT ts, node, gpu_id,
    CASE WHEN utilisation_compute_pct < 0 THEN -1000001 WHEN utilisation_compute_pct = 0 THEN -1000000 WHEN utilisation_compute_pct < 0.1 THEN -57 WHEN utilisation_compute_pct > 100.0 THEN 116 ELSE ceil(ln(utilisation_compute_pct) / ln(1.0408))::LONG END b,
    count() n
  FROM ai_runner_gpu WHERE utilisation_compute_pct IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW ai_runner_gpu_utilisation_compute_pct_hist_1h SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS ai_runner_gpu_utilisation_compute_pct_hist_1d WITH BASE ai_runner_gpu_utilisation_compute_pct_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, node, gpu_id, b, sum(n) n
  FROM ai_runner_gpu_utilisation_compute_pct_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW ai_runner_gpu_utilisation_compute_pct_hist_1d SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS gpu_1m WITH BASE gpu REFRESH EVERY 1m AS (
  SELECT ts,
    node,
    gpu_id,
    count() n,
    count(interval_ms) interval_ms_n,
    sum(interval_ms) interval_ms_sum,
    max(interval_ms) interval_ms_max,
    count(util_gpu_ratio) util_gpu_ratio_n,
    sum(util_gpu_ratio) util_gpu_ratio_sum,
    max(util_gpu_ratio) util_gpu_ratio_max,
    min(util_gpu_ratio) util_gpu_ratio_min,
    sum(util_gpu_ratio::double * util_gpu_ratio::double) util_gpu_ratio_sq,
    count(util_memory_ratio) util_memory_ratio_n,
    sum(util_memory_ratio) util_memory_ratio_sum,
    max(util_memory_ratio) util_memory_ratio_max,
    min(util_memory_ratio) util_memory_ratio_min,
    sum(util_memory_ratio::double * util_memory_ratio::double) util_memory_ratio_sq,
    count(util_encoder_ratio) util_encoder_ratio_n,
    sum(util_encoder_ratio) util_encoder_ratio_sum,
    max(util_encoder_ratio) util_encoder_ratio_max,
    min(util_encoder_ratio) util_encoder_ratio_min,
    sum(util_encoder_ratio::double * util_encoder_ratio::double) util_encoder_ratio_sq,
    count(util_decoder_ratio) util_decoder_ratio_n,
    sum(util_decoder_ratio) util_decoder_ratio_sum,
    max(util_decoder_ratio) util_decoder_ratio_max,
    min(util_decoder_ratio) util_decoder_ratio_min,
    sum(util_decoder_ratio::double * util_decoder_ratio::double) util_decoder_ratio_sq,
    count(encoder_sessions) encoder_sessions_n,
    sum(encoder_sessions) encoder_sessions_sum,
    max(encoder_sessions) encoder_sessions_max,
    min(encoder_sessions) encoder_sessions_min,
    sum(encoder_sessions::double * encoder_sessions::double) encoder_sessions_sq,
    count(encoder_fps) encoder_fps_n,
    sum(encoder_fps) encoder_fps_sum,
    max(encoder_fps) encoder_fps_max,
    min(encoder_fps) encoder_fps_min,
    sum(encoder_fps::double * encoder_fps::double) encoder_fps_sq,
    count(encoder_latency_us) encoder_latency_us_n,
    sum(encoder_latency_us) encoder_latency_us_sum,
    max(encoder_latency_us) encoder_latency_us_max,
    min(encoder_latency_us) encoder_latency_us_min,
    sum(encoder_latency_us::double * encoder_latency_us::double) encoder_latency_us_sq,
    count(mem_used_bytes) mem_used_bytes_n,
    sum(mem_used_bytes) mem_used_bytes_sum,
    max(mem_used_bytes) mem_used_bytes_max,
    min(mem_used_bytes) mem_used_bytes_min,
    sum(mem_used_bytes::double * mem_used_bytes::double) mem_used_bytes_sq,
    count(temp_gpu_c) temp_gpu_c_n,
    sum(temp_gpu_c) temp_gpu_c_sum,
    max(temp_gpu_c) temp_gpu_c_max,
    min(temp_gpu_c) temp_gpu_c_min,
    sum(temp_gpu_c::double * temp_gpu_c::double) temp_gpu_c_sq,
    count(temp_memory_c) temp_memory_c_n,
    sum(temp_memory_c) temp_memory_c_sum,
    max(temp_memory_c) temp_memory_c_max,
    min(temp_memory_c) temp_memory_c_min,
    sum(temp_memory_c::double * temp_memory_c::double) temp_memory_c_sq,
    count(power_mw) power_mw_n,
    sum(power_mw) power_mw_sum,
    max(power_mw) power_mw_max,
    min(power_mw) power_mw_min,
    sum(power_mw::double * power_mw::double) power_mw_sq,
    count(energy_mj) energy_mj_n,
    sum(energy_mj) energy_mj_sum,
    max(energy_mj) energy_mj_max,
    count(clock_sm_mhz) clock_sm_mhz_n,
    sum(clock_sm_mhz) clock_sm_mhz_sum,
    max(clock_sm_mhz) clock_sm_mhz_max,
    min(clock_sm_mhz) clock_sm_mhz_min,
    sum(clock_sm_mhz::double * clock_sm_mhz::double) clock_sm_mhz_sq,
    count(clock_mem_mhz) clock_mem_mhz_n,
    sum(clock_mem_mhz) clock_mem_mhz_sum,
    max(clock_mem_mhz) clock_mem_mhz_max,
    min(clock_mem_mhz) clock_mem_mhz_min,
    sum(clock_mem_mhz::double * clock_mem_mhz::double) clock_mem_mhz_sq,
    count(idle) idle_n,
    sum(idle) idle_sum,
    max(idle) idle_max,
    min(idle) idle_min,
    sum(idle::double * idle::double) idle_sq,
    count(throttle_power) throttle_power_n,
    sum(throttle_power) throttle_power_sum,
    max(throttle_power) throttle_power_max,
    min(throttle_power) throttle_power_min,
    sum(throttle_power::double * throttle_power::double) throttle_power_sq,
    count(throttle_thermal) throttle_thermal_n,
    sum(throttle_thermal) throttle_thermal_sum,
    max(throttle_thermal) throttle_thermal_max,
    min(throttle_thermal) throttle_thermal_min,
    sum(throttle_thermal::double * throttle_thermal::double) throttle_thermal_sq,
    count(throttle_hw) throttle_hw_n,
    sum(throttle_hw) throttle_hw_sum,
    max(throttle_hw) throttle_hw_max,
    min(throttle_hw) throttle_hw_min,
    sum(throttle_hw::double * throttle_hw::double) throttle_hw_sq,
    count(violation_power_us) violation_power_us_n,
    sum(violation_power_us) violation_power_us_sum,
    max(violation_power_us) violation_power_us_max,
    count(violation_thermal_us) violation_thermal_us_n,
    sum(violation_thermal_us) violation_thermal_us_sum,
    max(violation_thermal_us) violation_thermal_us_max,
    count(pcie_replays) pcie_replays_n,
    sum(pcie_replays) pcie_replays_sum,
    max(pcie_replays) pcie_replays_max,
    count(pcie_rx_bytes_per_s) pcie_rx_bytes_per_s_n,
    sum(pcie_rx_bytes_per_s) pcie_rx_bytes_per_s_sum,
    max(pcie_rx_bytes_per_s) pcie_rx_bytes_per_s_max,
    min(pcie_rx_bytes_per_s) pcie_rx_bytes_per_s_min,
    sum(pcie_rx_bytes_per_s::double * pcie_rx_bytes_per_s::double) pcie_rx_bytes_per_s_sq,
    count(pcie_tx_bytes_per_s) pcie_tx_bytes_per_s_n,
    sum(pcie_tx_bytes_per_s) pcie_tx_bytes_per_s_sum,
    max(pcie_tx_bytes_per_s) pcie_tx_bytes_per_s_max,
    min(pcie_tx_bytes_per_s) pcie_tx_bytes_per_s_min,
    sum(pcie_tx_bytes_per_s::double * pcie_tx_bytes_per_s::double) pcie_tx_bytes_per_s_sq,
    count(ecc_corrected) ecc_corrected_n,
    sum(ecc_corrected) ecc_corrected_sum,
    max(ecc_corrected) ecc_corrected_max,
    count(ecc_uncorrected) ecc_uncorrected_n,
    sum(ecc_uncorrected) ecc_uncorrected_sum,
    max(ecc_uncorrected) ecc_uncorrected_max,
    count(nvlink_crc_errors) nvlink_crc_errors_n,
    sum(nvlink_crc_errors) nvlink_crc_errors_sum,
    max(nvlink_crc_errors) nvlink_crc_errors_max,
    count(nvlink_replay_errors) nvlink_replay_errors_n,
    sum(nvlink_replay_errors) nvlink_replay_errors_sum,
    max(nvlink_replay_errors) nvlink_replay_errors_max,
    count(nvlink_recovery_errors) nvlink_recovery_errors_n,
    sum(nvlink_recovery_errors) nvlink_recovery_errors_sum,
    max(nvlink_recovery_errors) nvlink_recovery_errors_max,
    count(graphics_active_ratio) graphics_active_ratio_n,
    sum(graphics_active_ratio) graphics_active_ratio_sum,
    max(graphics_active_ratio) graphics_active_ratio_max,
    min(graphics_active_ratio) graphics_active_ratio_min,
    sum(graphics_active_ratio::double * graphics_active_ratio::double) graphics_active_ratio_sq,
    count(sm_active_ratio) sm_active_ratio_n,
    sum(sm_active_ratio) sm_active_ratio_sum,
    max(sm_active_ratio) sm_active_ratio_max,
    min(sm_active_ratio) sm_active_ratio_min,
    sum(sm_active_ratio::double * sm_active_ratio::double) sm_active_ratio_sq,
    count(sm_occupancy_ratio) sm_occupancy_ratio_n,
    sum(sm_occupancy_ratio) sm_occupancy_ratio_sum,
    max(sm_occupancy_ratio) sm_occupancy_ratio_max,
    min(sm_occupancy_ratio) sm_occupancy_ratio_min,
    sum(sm_occupancy_ratio::double * sm_occupancy_ratio::double) sm_occupancy_ratio_sq,
    count(tensor_active_ratio) tensor_active_ratio_n,
    sum(tensor_active_ratio) tensor_active_ratio_sum,
    max(tensor_active_ratio) tensor_active_ratio_max,
    min(tensor_active_ratio) tensor_active_ratio_min,
    sum(tensor_active_ratio::double * tensor_active_ratio::double) tensor_active_ratio_sq,
    count(dram_active_ratio) dram_active_ratio_n,
    sum(dram_active_ratio) dram_active_ratio_sum,
    max(dram_active_ratio) dram_active_ratio_max,
    min(dram_active_ratio) dram_active_ratio_min,
    sum(dram_active_ratio::double * dram_active_ratio::double) dram_active_ratio_sq,
    count(gpm_pcie_rx_bytes_per_s) gpm_pcie_rx_bytes_per_s_n,
    sum(gpm_pcie_rx_bytes_per_s) gpm_pcie_rx_bytes_per_s_sum,
    max(gpm_pcie_rx_bytes_per_s) gpm_pcie_rx_bytes_per_s_max,
    min(gpm_pcie_rx_bytes_per_s) gpm_pcie_rx_bytes_per_s_min,
    sum(gpm_pcie_rx_bytes_per_s::double * gpm_pcie_rx_bytes_per_s::double) gpm_pcie_rx_bytes_per_s_sq,
    count(gpm_pcie_tx_bytes_per_s) gpm_pcie_tx_bytes_per_s_n,
    sum(gpm_pcie_tx_bytes_per_s) gpm_pcie_tx_bytes_per_s_sum,
    max(gpm_pcie_tx_bytes_per_s) gpm_pcie_tx_bytes_per_s_max,
    min(gpm_pcie_tx_bytes_per_s) gpm_pcie_tx_bytes_per_s_min,
    sum(gpm_pcie_tx_bytes_per_s::double * gpm_pcie_tx_bytes_per_s::double) gpm_pcie_tx_bytes_per_s_sq,
    count(nvlink_rx_bytes_per_s) nvlink_rx_bytes_per_s_n,
    sum(nvlink_rx_bytes_per_s) nvlink_rx_bytes_per_s_sum,
    max(nvlink_rx_bytes_per_s) nvlink_rx_bytes_per_s_max,
    min(nvlink_rx_bytes_per_s) nvlink_rx_bytes_per_s_min,
    sum(nvlink_rx_bytes_per_s::double * nvlink_rx_bytes_per_s::double) nvlink_rx_bytes_per_s_sq,
    count(nvlink_tx_bytes_per_s) nvlink_tx_bytes_per_s_n,
    sum(nvlink_tx_bytes_per_s) nvlink_tx_bytes_per_s_sum,
    max(nvlink_tx_bytes_per_s) nvlink_tx_bytes_per_s_max,
    min(nvlink_tx_bytes_per_s) nvlink_tx_bytes_per_s_min,
    sum(nvlink_tx_bytes_per_s::double * nvlink_tx_bytes_per_s::double) nvlink_tx_bytes_per_s_sq,
    count(xid_errors) xid_errors_n,
    sum(xid_errors) xid_errors_sum,
    max(xid_errors) xid_errors_max
  FROM gpu SAMPLE BY 1m
) PARTITION BY DAY TTL 90 DAYS
;

ALTER MATERIALIZED VIEW gpu_1m SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS gpu_1h WITH BASE gpu_1m REFRESH IMMEDIATE AS (
  SELECT ts,
    node,
    gpu_id,
    sum(n) n,
    sum(interval_ms_n) interval_ms_n,
    sum(interval_ms_sum) interval_ms_sum,
    max(interval_ms_max) interval_ms_max,
    sum(util_gpu_ratio_n) util_gpu_ratio_n,
    sum(util_gpu_ratio_sum) util_gpu_ratio_sum,
    max(util_gpu_ratio_max) util_gpu_ratio_max,
    min(util_gpu_ratio_min) util_gpu_ratio_min,
    sum(util_gpu_ratio_sq) util_gpu_ratio_sq,
    sum(util_memory_ratio_n) util_memory_ratio_n,
    sum(util_memory_ratio_sum) util_memory_ratio_sum,
    max(util_memory_ratio_max) util_memory_ratio_max,
    min(util_memory_ratio_min) util_memory_ratio_min,
    sum(util_memory_ratio_sq) util_memory_ratio_sq,
    sum(util_encoder_ratio_n) util_encoder_ratio_n,
    sum(util_encoder_ratio_sum) util_encoder_ratio_sum,
    max(util_encoder_ratio_max) util_encoder_ratio_max,
    min(util_encoder_ratio_min) util_encoder_ratio_min,
    sum(util_encoder_ratio_sq) util_encoder_ratio_sq,
    sum(util_decoder_ratio_n) util_decoder_ratio_n,
    sum(util_decoder_ratio_sum) util_decoder_ratio_sum,
    max(util_decoder_ratio_max) util_decoder_ratio_max,
    min(util_decoder_ratio_min) util_decoder_ratio_min,
    sum(util_decoder_ratio_sq) util_decoder_ratio_sq,
    sum(encoder_sessions_n) encoder_sessions_n,
    sum(encoder_sessions_sum) encoder_sessions_sum,
    max(encoder_sessions_max) encoder_sessions_max,
    min(encoder_sessions_min) encoder_sessions_min,
    sum(encoder_sessions_sq) encoder_sessions_sq,
    sum(encoder_fps_n) encoder_fps_n,
    sum(encoder_fps_sum) encoder_fps_sum,
    max(encoder_fps_max) encoder_fps_max,
    min(encoder_fps_min) encoder_fps_min,
    sum(encoder_fps_sq) encoder_fps_sq,
    sum(encoder_latency_us_n) encoder_latency_us_n,
    sum(encoder_latency_us_sum) encoder_latency_us_sum,
    max(encoder_latency_us_max) encoder_latency_us_max,
    min(encoder_latency_us_min) encoder_latency_us_min,
    sum(encoder_latency_us_sq) encoder_latency_us_sq,
    sum(mem_used_bytes_n) mem_used_bytes_n,
    sum(mem_used_bytes_sum) mem_used_bytes_sum,
    max(mem_used_bytes_max) mem_used_bytes_max,
    min(mem_used_bytes_min) mem_used_bytes_min,
    sum(mem_used_bytes_sq) mem_used_bytes_sq,
    sum(temp_gpu_c_n) temp_gpu_c_n,
    sum(temp_gpu_c_sum) temp_gpu_c_sum,
    max(temp_gpu_c_max) temp_gpu_c_max,
    min(temp_gpu_c_min) temp_gpu_c_min,
    sum(temp_gpu_c_sq) temp_gpu_c_sq,
    sum(temp_memory_c_n) temp_memory_c_n,
    sum(temp_memory_c_sum) temp_memory_c_sum,
    max(temp_memory_c_max) temp_memory_c_max,
    min(temp_memory_c_min) temp_memory_c_min,
    sum(temp_memory_c_sq) temp_memory_c_sq,
    sum(power_mw_n) power_mw_n,
    sum(power_mw_sum) power_mw_sum,
    max(power_mw_max) power_mw_max,
    min(power_mw_min) power_mw_min,
    sum(power_mw_sq) power_mw_sq,
    sum(energy_mj_n) energy_mj_n,
    sum(energy_mj_sum) energy_mj_sum,
    max(energy_mj_max) energy_mj_max,
    sum(clock_sm_mhz_n) clock_sm_mhz_n,
    sum(clock_sm_mhz_sum) clock_sm_mhz_sum,
    max(clock_sm_mhz_max) clock_sm_mhz_max,
    min(clock_sm_mhz_min) clock_sm_mhz_min,
    sum(clock_sm_mhz_sq) clock_sm_mhz_sq,
    sum(clock_mem_mhz_n) clock_mem_mhz_n,
    sum(clock_mem_mhz_sum) clock_mem_mhz_sum,
    max(clock_mem_mhz_max) clock_mem_mhz_max,
    min(clock_mem_mhz_min) clock_mem_mhz_min,
    sum(clock_mem_mhz_sq) clock_mem_mhz_sq,
    sum(idle_n) idle_n,
    sum(idle_sum) idle_sum,
    max(idle_max) idle_max,
    min(idle_min) idle_min,
    sum(idle_sq) idle_sq,
    sum(throttle_power_n) throttle_power_n,
    sum(throttle_power_sum) throttle_power_sum,
    max(throttle_power_max) throttle_power_max,
    min(throttle_power_min) throttle_power_min,
    sum(throttle_power_sq) throttle_power_sq,
    sum(throttle_thermal_n) throttle_thermal_n,
    sum(throttle_thermal_sum) throttle_thermal_sum,
    max(throttle_thermal_max) throttle_thermal_max,
    min(throttle_thermal_min) throttle_thermal_min,
    sum(throttle_thermal_sq) throttle_thermal_sq,
    sum(throttle_hw_n) throttle_hw_n,
    sum(throttle_hw_sum) throttle_hw_sum,
    max(throttle_hw_max) throttle_hw_max,
    min(throttle_hw_min) throttle_hw_min,
    sum(throttle_hw_sq) throttle_hw_sq,
    sum(violation_power_us_n) violation_power_us_n,
    sum(violation_power_us_sum) violation_power_us_sum,
    max(violation_power_us_max) violation_power_us_max,
    sum(violation_thermal_us_n) violation_thermal_us_n,
    sum(violation_thermal_us_sum) violation_thermal_us_sum,
    max(violation_thermal_us_max) violation_thermal_us_max,
    sum(pcie_replays_n) pcie_replays_n,
    sum(pcie_replays_sum) pcie_replays_sum,
    max(pcie_replays_max) pcie_replays_max,
    sum(pcie_rx_bytes_per_s_n) pcie_rx_bytes_per_s_n,
    sum(pcie_rx_bytes_per_s_sum) pcie_rx_bytes_per_s_sum,
    max(pcie_rx_bytes_per_s_max) pcie_rx_bytes_per_s_max,
    min(pcie_rx_bytes_per_s_min) pcie_rx_bytes_per_s_min,
    sum(pcie_rx_bytes_per_s_sq) pcie_rx_bytes_per_s_sq,
    sum(pcie_tx_bytes_per_s_n) pcie_tx_bytes_per_s_n,
    sum(pcie_tx_bytes_per_s_sum) pcie_tx_bytes_per_s_sum,
    max(pcie_tx_bytes_per_s_max) pcie_tx_bytes_per_s_max,
    min(pcie_tx_bytes_per_s_min) pcie_tx_bytes_per_s_min,
    sum(pcie_tx_bytes_per_s_sq) pcie_tx_bytes_per_s_sq,
    sum(ecc_corrected_n) ecc_corrected_n,
    sum(ecc_corrected_sum) ecc_corrected_sum,
    max(ecc_corrected_max) ecc_corrected_max,
    sum(ecc_uncorrected_n) ecc_uncorrected_n,
    sum(ecc_uncorrected_sum) ecc_uncorrected_sum,
    max(ecc_uncorrected_max) ecc_uncorrected_max,
    sum(nvlink_crc_errors_n) nvlink_crc_errors_n,
    sum(nvlink_crc_errors_sum) nvlink_crc_errors_sum,
    max(nvlink_crc_errors_max) nvlink_crc_errors_max,
    sum(nvlink_replay_errors_n) nvlink_replay_errors_n,
    sum(nvlink_replay_errors_sum) nvlink_replay_errors_sum,
    max(nvlink_replay_errors_max) nvlink_replay_errors_max,
    sum(nvlink_recovery_errors_n) nvlink_recovery_errors_n,
    sum(nvlink_recovery_errors_sum) nvlink_recovery_errors_sum,
    max(nvlink_recovery_errors_max) nvlink_recovery_errors_max,
    sum(graphics_active_ratio_n) graphics_active_ratio_n,
    sum(graphics_active_ratio_sum) graphics_active_ratio_sum,
    max(graphics_active_ratio_max) graphics_active_ratio_max,
    min(graphics_active_ratio_min) graphics_active_ratio_min,
    sum(graphics_active_ratio_sq) graphics_active_ratio_sq,
    sum(sm_active_ratio_n) sm_active_ratio_n,
    sum(sm_active_ratio_sum) sm_active_ratio_sum,
    max(sm_active_ratio_max) sm_active_ratio_max,
    min(sm_active_ratio_min) sm_active_ratio_min,
    sum(sm_active_ratio_sq) sm_active_ratio_sq,
    sum(sm_occupancy_ratio_n) sm_occupancy_ratio_n,
    sum(sm_occupancy_ratio_sum) sm_occupancy_ratio_sum,
    max(sm_occupancy_ratio_max) sm_occupancy_ratio_max,
    min(sm_occupancy_ratio_min) sm_occupancy_ratio_min,
    sum(sm_occupancy_ratio_sq) sm_occupancy_ratio_sq,
    sum(tensor_active_ratio_n) tensor_active_ratio_n,
    sum(tensor_active_ratio_sum) tensor_active_ratio_sum,
    max(tensor_active_ratio_max) tensor_active_ratio_max,
    min(tensor_active_ratio_min) tensor_active_ratio_min,
    sum(tensor_active_ratio_sq) tensor_active_ratio_sq,
    sum(dram_active_ratio_n) dram_active_ratio_n,
    sum(dram_active_ratio_sum) dram_active_ratio_sum,
    max(dram_active_ratio_max) dram_active_ratio_max,
    min(dram_active_ratio_min) dram_active_ratio_min,
    sum(dram_active_ratio_sq) dram_active_ratio_sq,
    sum(gpm_pcie_rx_bytes_per_s_n) gpm_pcie_rx_bytes_per_s_n,
    sum(gpm_pcie_rx_bytes_per_s_sum) gpm_pcie_rx_bytes_per_s_sum,
    max(gpm_pcie_rx_bytes_per_s_max) gpm_pcie_rx_bytes_per_s_max,
    min(gpm_pcie_rx_bytes_per_s_min) gpm_pcie_rx_bytes_per_s_min,
    sum(gpm_pcie_rx_bytes_per_s_sq) gpm_pcie_rx_bytes_per_s_sq,
    sum(gpm_pcie_tx_bytes_per_s_n) gpm_pcie_tx_bytes_per_s_n,
    sum(gpm_pcie_tx_bytes_per_s_sum) gpm_pcie_tx_bytes_per_s_sum,
    max(gpm_pcie_tx_bytes_per_s_max) gpm_pcie_tx_bytes_per_s_max,
    min(gpm_pcie_tx_bytes_per_s_min) gpm_pcie_tx_bytes_per_s_min,
    sum(gpm_pcie_tx_bytes_per_s_sq) gpm_pcie_tx_bytes_per_s_sq,
    sum(nvlink_rx_bytes_per_s_n) nvlink_rx_bytes_per_s_n,
    sum(nvlink_rx_bytes_per_s_sum) nvlink_rx_bytes_per_s_sum,
    max(nvlink_rx_bytes_per_s_max) nvlink_rx_bytes_per_s_max,
    min(nvlink_rx_bytes_per_s_min) nvlink_rx_bytes_per_s_min,
    sum(nvlink_rx_bytes_per_s_sq) nvlink_rx_bytes_per_s_sq,
    sum(nvlink_tx_bytes_per_s_n) nvlink_tx_bytes_per_s_n,
    sum(nvlink_tx_bytes_per_s_sum) nvlink_tx_bytes_per_s_sum,
    max(nvlink_tx_bytes_per_s_max) nvlink_tx_bytes_per_s_max,
    min(nvlink_tx_bytes_per_s_min) nvlink_tx_bytes_per_s_min,
    sum(nvlink_tx_bytes_per_s_sq) nvlink_tx_bytes_per_s_sq,
    sum(xid_errors_n) xid_errors_n,
    sum(xid_errors_sum) xid_errors_sum,
    max(xid_errors_max) xid_errors_max
  FROM gpu_1m SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW gpu_1h SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS gpu_1d WITH BASE gpu_1h REFRESH IMMEDIATE AS (
  SELECT ts,
    node,
    gpu_id,
    sum(n) n,
    sum(interval_ms_n) interval_ms_n,
    sum(interval_ms_sum) interval_ms_sum,
    max(interval_ms_max) interval_ms_max,
    sum(util_gpu_ratio_n) util_gpu_ratio_n,
    sum(util_gpu_ratio_sum) util_gpu_ratio_sum,
    max(util_gpu_ratio_max) util_gpu_ratio_max,
    min(util_gpu_ratio_min) util_gpu_ratio_min,
    sum(util_gpu_ratio_sq) util_gpu_ratio_sq,
    sum(util_memory_ratio_n) util_memory_ratio_n,
    sum(util_memory_ratio_sum) util_memory_ratio_sum,
    max(util_memory_ratio_max) util_memory_ratio_max,
    min(util_memory_ratio_min) util_memory_ratio_min,
    sum(util_memory_ratio_sq) util_memory_ratio_sq,
    sum(util_encoder_ratio_n) util_encoder_ratio_n,
    sum(util_encoder_ratio_sum) util_encoder_ratio_sum,
    max(util_encoder_ratio_max) util_encoder_ratio_max,
    min(util_encoder_ratio_min) util_encoder_ratio_min,
    sum(util_encoder_ratio_sq) util_encoder_ratio_sq,
    sum(util_decoder_ratio_n) util_decoder_ratio_n,
    sum(util_decoder_ratio_sum) util_decoder_ratio_sum,
    max(util_decoder_ratio_max) util_decoder_ratio_max,
    min(util_decoder_ratio_min) util_decoder_ratio_min,
    sum(util_decoder_ratio_sq) util_decoder_ratio_sq,
    sum(encoder_sessions_n) encoder_sessions_n,
    sum(encoder_sessions_sum) encoder_sessions_sum,
    max(encoder_sessions_max) encoder_sessions_max,
    min(encoder_sessions_min) encoder_sessions_min,
    sum(encoder_sessions_sq) encoder_sessions_sq,
    sum(encoder_fps_n) encoder_fps_n,
    sum(encoder_fps_sum) encoder_fps_sum,
    max(encoder_fps_max) encoder_fps_max,
    min(encoder_fps_min) encoder_fps_min,
    sum(encoder_fps_sq) encoder_fps_sq,
    sum(encoder_latency_us_n) encoder_latency_us_n,
    sum(encoder_latency_us_sum) encoder_latency_us_sum,
    max(encoder_latency_us_max) encoder_latency_us_max,
    min(encoder_latency_us_min) encoder_latency_us_min,
    sum(encoder_latency_us_sq) encoder_latency_us_sq,
    sum(mem_used_bytes_n) mem_used_bytes_n,
    sum(mem_used_bytes_sum) mem_used_bytes_sum,
    max(mem_used_bytes_max) mem_used_bytes_max,
    min(mem_used_bytes_min) mem_used_bytes_min,
    sum(mem_used_bytes_sq) mem_used_bytes_sq,
    sum(temp_gpu_c_n) temp_gpu_c_n,
    sum(temp_gpu_c_sum) temp_gpu_c_sum,
    max(temp_gpu_c_max) temp_gpu_c_max,
    min(temp_gpu_c_min) temp_gpu_c_min,
    sum(temp_gpu_c_sq) temp_gpu_c_sq,
    sum(temp_memory_c_n) temp_memory_c_n,
    sum(temp_memory_c_sum) temp_memory_c_sum,
    max(temp_memory_c_max) temp_memory_c_max,
    min(temp_memory_c_min) temp_memory_c_min,
    sum(temp_memory_c_sq) temp_memory_c_sq,
    sum(power_mw_n) power_mw_n,
    sum(power_mw_sum) power_mw_sum,
    max(power_mw_max) power_mw_max,
    min(power_mw_min) power_mw_min,
    sum(power_mw_sq) power_mw_sq,
    sum(energy_mj_n) energy_mj_n,
    sum(energy_mj_sum) energy_mj_sum,
    max(energy_mj_max) energy_mj_max,
    sum(clock_sm_mhz_n) clock_sm_mhz_n,
    sum(clock_sm_mhz_sum) clock_sm_mhz_sum,
    max(clock_sm_mhz_max) clock_sm_mhz_max,
    min(clock_sm_mhz_min) clock_sm_mhz_min,
    sum(clock_sm_mhz_sq) clock_sm_mhz_sq,
    sum(clock_mem_mhz_n) clock_mem_mhz_n,
    sum(clock_mem_mhz_sum) clock_mem_mhz_sum,
    max(clock_mem_mhz_max) clock_mem_mhz_max,
    min(clock_mem_mhz_min) clock_mem_mhz_min,
    sum(clock_mem_mhz_sq) clock_mem_mhz_sq,
    sum(idle_n) idle_n,
    sum(idle_sum) idle_sum,
    max(idle_max) idle_max,
    min(idle_min) idle_min,
    sum(idle_sq) idle_sq,
    sum(throttle_power_n) throttle_power_n,
    sum(throttle_power_sum) throttle_power_sum,
    max(throttle_power_max) throttle_power_max,
    min(throttle_power_min) throttle_power_min,
    sum(throttle_power_sq) throttle_power_sq,
    sum(throttle_thermal_n) throttle_thermal_n,
    sum(throttle_thermal_sum) throttle_thermal_sum,
    max(throttle_thermal_max) throttle_thermal_max,
    min(throttle_thermal_min) throttle_thermal_min,
    sum(throttle_thermal_sq) throttle_thermal_sq,
    sum(throttle_hw_n) throttle_hw_n,
    sum(throttle_hw_sum) throttle_hw_sum,
    max(throttle_hw_max) throttle_hw_max,
    min(throttle_hw_min) throttle_hw_min,
    sum(throttle_hw_sq) throttle_hw_sq,
    sum(violation_power_us_n) violation_power_us_n,
    sum(violation_power_us_sum) violation_power_us_sum,
    max(violation_power_us_max) violation_power_us_max,
    sum(violation_thermal_us_n) violation_thermal_us_n,
    sum(violation_thermal_us_sum) violation_thermal_us_sum,
    max(violation_thermal_us_max) violation_thermal_us_max,
    sum(pcie_replays_n) pcie_replays_n,
    sum(pcie_replays_sum) pcie_replays_sum,
    max(pcie_replays_max) pcie_replays_max,
    sum(pcie_rx_bytes_per_s_n) pcie_rx_bytes_per_s_n,
    sum(pcie_rx_bytes_per_s_sum) pcie_rx_bytes_per_s_sum,
    max(pcie_rx_bytes_per_s_max) pcie_rx_bytes_per_s_max,
    min(pcie_rx_bytes_per_s_min) pcie_rx_bytes_per_s_min,
    sum(pcie_rx_bytes_per_s_sq) pcie_rx_bytes_per_s_sq,
    sum(pcie_tx_bytes_per_s_n) pcie_tx_bytes_per_s_n,
    sum(pcie_tx_bytes_per_s_sum) pcie_tx_bytes_per_s_sum,
    max(pcie_tx_bytes_per_s_max) pcie_tx_bytes_per_s_max,
    min(pcie_tx_bytes_per_s_min) pcie_tx_bytes_per_s_min,
    sum(pcie_tx_bytes_per_s_sq) pcie_tx_bytes_per_s_sq,
    sum(ecc_corrected_n) ecc_corrected_n,
    sum(ecc_corrected_sum) ecc_corrected_sum,
    max(ecc_corrected_max) ecc_corrected_max,
    sum(ecc_uncorrected_n) ecc_uncorrected_n,
    sum(ecc_uncorrected_sum) ecc_uncorrected_sum,
    max(ecc_uncorrected_max) ecc_uncorrected_max,
    sum(nvlink_crc_errors_n) nvlink_crc_errors_n,
    sum(nvlink_crc_errors_sum) nvlink_crc_errors_sum,
    max(nvlink_crc_errors_max) nvlink_crc_errors_max,
    sum(nvlink_replay_errors_n) nvlink_replay_errors_n,
    sum(nvlink_replay_errors_sum) nvlink_replay_errors_sum,
    max(nvlink_replay_errors_max) nvlink_replay_errors_max,
    sum(nvlink_recovery_errors_n) nvlink_recovery_errors_n,
    sum(nvlink_recovery_errors_sum) nvlink_recovery_errors_sum,
    max(nvlink_recovery_errors_max) nvlink_recovery_errors_max,
    sum(graphics_active_ratio_n) graphics_active_ratio_n,
    sum(graphics_active_ratio_sum) graphics_active_ratio_sum,
    max(graphics_active_ratio_max) graphics_active_ratio_max,
    min(graphics_active_ratio_min) graphics_active_ratio_min,
    sum(graphics_active_ratio_sq) graphics_active_ratio_sq,
    sum(sm_active_ratio_n) sm_active_ratio_n,
    sum(sm_active_ratio_sum) sm_active_ratio_sum,
    max(sm_active_ratio_max) sm_active_ratio_max,
    min(sm_active_ratio_min) sm_active_ratio_min,
    sum(sm_active_ratio_sq) sm_active_ratio_sq,
    sum(sm_occupancy_ratio_n) sm_occupancy_ratio_n,
    sum(sm_occupancy_ratio_sum) sm_occupancy_ratio_sum,
    max(sm_occupancy_ratio_max) sm_occupancy_ratio_max,
    min(sm_occupancy_ratio_min) sm_occupancy_ratio_min,
    sum(sm_occupancy_ratio_sq) sm_occupancy_ratio_sq,
    sum(tensor_active_ratio_n) tensor_active_ratio_n,
    sum(tensor_active_ratio_sum) tensor_active_ratio_sum,
    max(tensor_active_ratio_max) tensor_active_ratio_max,
    min(tensor_active_ratio_min) tensor_active_ratio_min,
    sum(tensor_active_ratio_sq) tensor_active_ratio_sq,
    sum(dram_active_ratio_n) dram_active_ratio_n,
    sum(dram_active_ratio_sum) dram_active_ratio_sum,
    max(dram_active_ratio_max) dram_active_ratio_max,
    min(dram_active_ratio_min) dram_active_ratio_min,
    sum(dram_active_ratio_sq) dram_active_ratio_sq,
    sum(gpm_pcie_rx_bytes_per_s_n) gpm_pcie_rx_bytes_per_s_n,
    sum(gpm_pcie_rx_bytes_per_s_sum) gpm_pcie_rx_bytes_per_s_sum,
    max(gpm_pcie_rx_bytes_per_s_max) gpm_pcie_rx_bytes_per_s_max,
    min(gpm_pcie_rx_bytes_per_s_min) gpm_pcie_rx_bytes_per_s_min,
    sum(gpm_pcie_rx_bytes_per_s_sq) gpm_pcie_rx_bytes_per_s_sq,
    sum(gpm_pcie_tx_bytes_per_s_n) gpm_pcie_tx_bytes_per_s_n,
    sum(gpm_pcie_tx_bytes_per_s_sum) gpm_pcie_tx_bytes_per_s_sum,
    max(gpm_pcie_tx_bytes_per_s_max) gpm_pcie_tx_bytes_per_s_max,
    min(gpm_pcie_tx_bytes_per_s_min) gpm_pcie_tx_bytes_per_s_min,
    sum(gpm_pcie_tx_bytes_per_s_sq) gpm_pcie_tx_bytes_per_s_sq,
    sum(nvlink_rx_bytes_per_s_n) nvlink_rx_bytes_per_s_n,
    sum(nvlink_rx_bytes_per_s_sum) nvlink_rx_bytes_per_s_sum,
    max(nvlink_rx_bytes_per_s_max) nvlink_rx_bytes_per_s_max,
    min(nvlink_rx_bytes_per_s_min) nvlink_rx_bytes_per_s_min,
    sum(nvlink_rx_bytes_per_s_sq) nvlink_rx_bytes_per_s_sq,
    sum(nvlink_tx_bytes_per_s_n) nvlink_tx_bytes_per_s_n,
    sum(nvlink_tx_bytes_per_s_sum) nvlink_tx_bytes_per_s_sum,
    max(nvlink_tx_bytes_per_s_max) nvlink_tx_bytes_per_s_max,
    min(nvlink_tx_bytes_per_s_min) nvlink_tx_bytes_per_s_min,
    sum(nvlink_tx_bytes_per_s_sq) nvlink_tx_bytes_per_s_sq,
    sum(xid_errors_n) xid_errors_n,
    sum(xid_errors_sum) xid_errors_sum,
    max(xid_errors_max) xid_errors_max
  FROM gpu_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW gpu_1d SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS gpu_util_gpu_ratio_hist_1h WITH BASE gpu REFRESH EVERY 10m AS (
  SELECT ts, node, gpu_id,
    CASE WHEN util_gpu_ratio < 0 THEN -1000001 WHEN util_gpu_ratio = 0 THEN -1000000 WHEN util_gpu_ratio < 0.01 THEN -115 WHEN util_gpu_ratio > 1.0 THEN 0 ELSE ceil(ln(util_gpu_ratio) / ln(1.0408))::LONG END b,
    count() n
  FROM gpu WHERE util_gpu_ratio IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW gpu_util_gpu_ratio_hist_1h SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS gpu_util_gpu_ratio_hist_1d WITH BASE gpu_util_gpu_ratio_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, node, gpu_id, b, sum(n) n
  FROM gpu_util_gpu_ratio_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW gpu_util_gpu_ratio_hist_1d SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS gpu_temp_gpu_c_hist_1h WITH BASE gpu REFRESH EVERY 10m AS (
  SELECT ts, node, gpu_id,
    CASE WHEN temp_gpu_c < 0 THEN -1000001 WHEN temp_gpu_c = 0 THEN -1000000 WHEN temp_gpu_c < 10.0 THEN 58 WHEN temp_gpu_c > 120.0 THEN 120 ELSE ceil(ln(temp_gpu_c) / ln(1.0408))::LONG END b,
    count() n
  FROM gpu WHERE temp_gpu_c IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW gpu_temp_gpu_c_hist_1h SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS gpu_temp_gpu_c_hist_1d WITH BASE gpu_temp_gpu_c_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, node, gpu_id, b, sum(n) n
  FROM gpu_temp_gpu_c_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW gpu_temp_gpu_c_hist_1d SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS gpu_power_mw_hist_1h WITH BASE gpu REFRESH EVERY 10m AS (
  SELECT ts, node, gpu_id,
    CASE WHEN power_mw < 0 THEN -1000001 WHEN power_mw = 0 THEN -1000000 WHEN power_mw < 1000.0 THEN 173 WHEN power_mw > 2000000.0 THEN 363 ELSE ceil(ln(power_mw) / ln(1.0408))::LONG END b,
    count() n
  FROM gpu WHERE power_mw IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW gpu_power_mw_hist_1h SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS gpu_power_mw_hist_1d WITH BASE gpu_power_mw_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, node, gpu_id, b, sum(n) n
  FROM gpu_power_mw_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW gpu_power_mw_hist_1d SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS probe_1m WITH BASE probe REFRESH EVERY 1m AS (
  SELECT ts,
    node,
    target,
    count() n,
    count(attempts) attempts_n,
    sum(attempts) attempts_sum,
    max(attempts) attempts_max,
    count(failures) failures_n,
    sum(failures) failures_sum,
    max(failures) failures_max,
    count(connect_min_ms) connect_min_ms_n,
    sum(connect_min_ms) connect_min_ms_sum,
    max(connect_min_ms) connect_min_ms_max,
    min(connect_min_ms) connect_min_ms_min,
    sum(connect_min_ms::double * connect_min_ms::double) connect_min_ms_sq,
    count(connect_mean_ms) connect_mean_ms_n,
    sum(connect_mean_ms) connect_mean_ms_sum,
    max(connect_mean_ms) connect_mean_ms_max,
    min(connect_mean_ms) connect_mean_ms_min,
    sum(connect_mean_ms::double * connect_mean_ms::double) connect_mean_ms_sq,
    count(connect_max_ms) connect_max_ms_n,
    sum(connect_max_ms) connect_max_ms_sum,
    max(connect_max_ms) connect_max_ms_max,
    min(connect_max_ms) connect_max_ms_min,
    sum(connect_max_ms::double * connect_max_ms::double) connect_max_ms_sq,
    count(jitter_ms) jitter_ms_n,
    sum(jitter_ms) jitter_ms_sum,
    max(jitter_ms) jitter_ms_max,
    min(jitter_ms) jitter_ms_min,
    sum(jitter_ms::double * jitter_ms::double) jitter_ms_sq,
    count(tls_ms) tls_ms_n,
    sum(tls_ms) tls_ms_sum,
    max(tls_ms) tls_ms_max,
    min(tls_ms) tls_ms_min,
    sum(tls_ms::double * tls_ms::double) tls_ms_sq,
    count(first_byte_ms) first_byte_ms_n,
    sum(first_byte_ms) first_byte_ms_sum,
    max(first_byte_ms) first_byte_ms_max,
    min(first_byte_ms) first_byte_ms_min,
    sum(first_byte_ms::double * first_byte_ms::double) first_byte_ms_sq
  FROM probe SAMPLE BY 1m
) PARTITION BY DAY TTL 90 DAYS
;

ALTER MATERIALIZED VIEW probe_1m SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS probe_1h WITH BASE probe_1m REFRESH IMMEDIATE AS (
  SELECT ts,
    node,
    target,
    sum(n) n,
    sum(attempts_n) attempts_n,
    sum(attempts_sum) attempts_sum,
    max(attempts_max) attempts_max,
    sum(failures_n) failures_n,
    sum(failures_sum) failures_sum,
    max(failures_max) failures_max,
    sum(connect_min_ms_n) connect_min_ms_n,
    sum(connect_min_ms_sum) connect_min_ms_sum,
    max(connect_min_ms_max) connect_min_ms_max,
    min(connect_min_ms_min) connect_min_ms_min,
    sum(connect_min_ms_sq) connect_min_ms_sq,
    sum(connect_mean_ms_n) connect_mean_ms_n,
    sum(connect_mean_ms_sum) connect_mean_ms_sum,
    max(connect_mean_ms_max) connect_mean_ms_max,
    min(connect_mean_ms_min) connect_mean_ms_min,
    sum(connect_mean_ms_sq) connect_mean_ms_sq,
    sum(connect_max_ms_n) connect_max_ms_n,
    sum(connect_max_ms_sum) connect_max_ms_sum,
    max(connect_max_ms_max) connect_max_ms_max,
    min(connect_max_ms_min) connect_max_ms_min,
    sum(connect_max_ms_sq) connect_max_ms_sq,
    sum(jitter_ms_n) jitter_ms_n,
    sum(jitter_ms_sum) jitter_ms_sum,
    max(jitter_ms_max) jitter_ms_max,
    min(jitter_ms_min) jitter_ms_min,
    sum(jitter_ms_sq) jitter_ms_sq,
    sum(tls_ms_n) tls_ms_n,
    sum(tls_ms_sum) tls_ms_sum,
    max(tls_ms_max) tls_ms_max,
    min(tls_ms_min) tls_ms_min,
    sum(tls_ms_sq) tls_ms_sq,
    sum(first_byte_ms_n) first_byte_ms_n,
    sum(first_byte_ms_sum) first_byte_ms_sum,
    max(first_byte_ms_max) first_byte_ms_max,
    min(first_byte_ms_min) first_byte_ms_min,
    sum(first_byte_ms_sq) first_byte_ms_sq
  FROM probe_1m SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW probe_1h SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS probe_1d WITH BASE probe_1h REFRESH IMMEDIATE AS (
  SELECT ts,
    node,
    target,
    sum(n) n,
    sum(attempts_n) attempts_n,
    sum(attempts_sum) attempts_sum,
    max(attempts_max) attempts_max,
    sum(failures_n) failures_n,
    sum(failures_sum) failures_sum,
    max(failures_max) failures_max,
    sum(connect_min_ms_n) connect_min_ms_n,
    sum(connect_min_ms_sum) connect_min_ms_sum,
    max(connect_min_ms_max) connect_min_ms_max,
    min(connect_min_ms_min) connect_min_ms_min,
    sum(connect_min_ms_sq) connect_min_ms_sq,
    sum(connect_mean_ms_n) connect_mean_ms_n,
    sum(connect_mean_ms_sum) connect_mean_ms_sum,
    max(connect_mean_ms_max) connect_mean_ms_max,
    min(connect_mean_ms_min) connect_mean_ms_min,
    sum(connect_mean_ms_sq) connect_mean_ms_sq,
    sum(connect_max_ms_n) connect_max_ms_n,
    sum(connect_max_ms_sum) connect_max_ms_sum,
    max(connect_max_ms_max) connect_max_ms_max,
    min(connect_max_ms_min) connect_max_ms_min,
    sum(connect_max_ms_sq) connect_max_ms_sq,
    sum(jitter_ms_n) jitter_ms_n,
    sum(jitter_ms_sum) jitter_ms_sum,
    max(jitter_ms_max) jitter_ms_max,
    min(jitter_ms_min) jitter_ms_min,
    sum(jitter_ms_sq) jitter_ms_sq,
    sum(tls_ms_n) tls_ms_n,
    sum(tls_ms_sum) tls_ms_sum,
    max(tls_ms_max) tls_ms_max,
    min(tls_ms_min) tls_ms_min,
    sum(tls_ms_sq) tls_ms_sq,
    sum(first_byte_ms_n) first_byte_ms_n,
    sum(first_byte_ms_sum) first_byte_ms_sum,
    max(first_byte_ms_max) first_byte_ms_max,
    min(first_byte_ms_min) first_byte_ms_min,
    sum(first_byte_ms_sq) first_byte_ms_sq
  FROM probe_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW probe_1d SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS probe_connect_mean_ms_hist_1h WITH BASE probe REFRESH EVERY 10m AS (
  SELECT ts, node, target,
    CASE WHEN connect_mean_ms < 0 THEN -1000001 WHEN connect_mean_ms = 0 THEN -1000000 WHEN connect_mean_ms < 0.1 THEN -57 WHEN connect_mean_ms > 60000.0 THEN 276 ELSE ceil(ln(connect_mean_ms) / ln(1.0408))::LONG END b,
    count() n
  FROM probe WHERE connect_mean_ms IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW probe_connect_mean_ms_hist_1h SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS probe_connect_mean_ms_hist_1d WITH BASE probe_connect_mean_ms_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, node, target, b, sum(n) n
  FROM probe_connect_mean_ms_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW probe_connect_mean_ms_hist_1d SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS probe_first_byte_ms_hist_1h WITH BASE probe REFRESH EVERY 10m AS (
  SELECT ts, node, target,
    CASE WHEN first_byte_ms < 0 THEN -1000001 WHEN first_byte_ms = 0 THEN -1000000 WHEN first_byte_ms < 0.1 THEN -57 WHEN first_byte_ms > 60000.0 THEN 276 ELSE ceil(ln(first_byte_ms) / ln(1.0408))::LONG END b,
    count() n
  FROM probe WHERE first_byte_ms IS NOT NULL SAMPLE BY 1h
) PARTITION BY MONTH TTL 3 YEARS
;

ALTER MATERIALIZED VIEW probe_first_byte_ms_hist_1h SET REFRESH LIMIT 15d
;

CREATE MATERIALIZED VIEW IF NOT EXISTS probe_first_byte_ms_hist_1d WITH BASE probe_first_byte_ms_hist_1h REFRESH IMMEDIATE AS (
  SELECT ts, node, target, b, sum(n) n
  FROM probe_first_byte_ms_hist_1h SAMPLE BY 1d
) PARTITION BY YEAR
;

ALTER MATERIALIZED VIEW probe_first_byte_ms_hist_1d SET REFRESH LIMIT 15d
;
