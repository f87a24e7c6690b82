-- Up Migration

-- Heartbeats change often and must not enter the log. A crash of Postgres empties these tables: then every worker has a
-- whole new lease.
CREATE UNLOGGED TABLE workers (
  tenant text NOT NULL,
  application_id bigint NOT NULL,
  queue text NOT NULL,
  worker text NOT NULL,
  host text,
  version text,
  running integer NOT NULL,
  beaten_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, application_id, queue, worker)
);

CREATE UNLOGGED TABLE work_beats (
  token_hash text PRIMARY KEY,
  beaten_at timestamptz NOT NULL,
  -- The progress that was recorded last, and when.
  progress text,
  progress_at timestamptz
);
CREATE INDEX old_work_beats ON work_beats (beaten_at);

-- Down Migration

DROP TABLE work_beats;
DROP TABLE workers;
