-- Migration 2. Released: never edit it, add another one (`naap-schema emit`).

ALTER TABLE agent ADD COLUMN IF NOT EXISTS spool SYMBOL
;

CREATE OR REPLACE VIEW public_agent AS (
  SELECT ts, node, kind, origin, region, version, schema_version, skew_ms, rows_taken, rows_pending, bytes_pending, rows_evicted, rows_rejected, bytes_sent, connects, rss_bytes, cpu_ms, spool FROM agent
)
;
