-- Migration 4. Released: never edit it, add another one (`naap-schema emit`).

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
