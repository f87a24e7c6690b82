-- Up Migration

-- Streams of the log with an event that read models have passed over, since the release that ran couldn't read it.
CREATE TABLE parked_streams (
  log_id text NOT NULL,
  stream text NOT NULL,
  -- Of its first event that could not be read.
  revision integer NOT NULL,
  event_type text NOT NULL,
  why text NOT NULL,
  recorded_at timestamptz NOT NULL,
  -- When a release that reads it had the read models built anew; nothing is parked there any more.
  read_at timestamptz,
  PRIMARY KEY (log_id, stream)
);
