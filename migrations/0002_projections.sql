-- Up Migration

-- One row a generation of a projection. Its tables are in the schema <projection>_g<generation>; the views that
-- readers use, in <projection>_v<shape>, point to the live one.
CREATE TABLE projection_generations (
  projection text NOT NULL,
  generation integer NOT NULL,
  shape text NOT NULL,
  state text NOT NULL CHECK (state IN ('live', 'building', 'retired')),
  log_id text,
  -- Everything in the log up to here was considered.
  position text COLLATE "C",
  -- The last event handled: what the log is held against at the next start.
  event_position text COLLATE "C",
  event_id text,
  updated_at timestamptz NOT NULL DEFAULT now(),
  stopped_at timestamptz,
  stopped_because text,
  PRIMARY KEY (projection, generation)
);
CREATE UNIQUE INDEX projection_generations_one_live ON projection_generations (projection, shape) WHERE state = 'live';
CREATE UNIQUE INDEX projection_generations_one_building ON projection_generations (projection, shape)
  WHERE state = 'building';
