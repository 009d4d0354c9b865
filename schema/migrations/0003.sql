-- Migration 3. Released: never edit it, add another one (`naap-schema emit`).

ALTER TABLE ledger ADD COLUMN IF NOT EXISTS recorded_seq LONG
;

ALTER TABLE ledger ADD COLUMN IF NOT EXISTS holes VARCHAR
;

CREATE OR REPLACE VIEW public_ledger AS (
  SELECT ts, node, epoch, through_seq, stored, duplicates, rejected, gaps, last_row_at, updated_at, skew_ms, recorded_seq, holes FROM ledger
)
;
