-- Up Migration

-- What became of the generations that somebody asked for, one row each.
CREATE TABLE projection_builds (
  projection text NOT NULL,
  generation integer NOT NULL,
  -- A rebuild becomes the live generation; a verification is compared with the live one and dropped.
  purpose text NOT NULL CHECK (purpose IN ('rebuild', 'verify')),
  -- Whether it is compared with the live one.
  compares boolean NOT NULL,
  phase text NOT NULL CHECK (phase IN ('waiting', 'reading', 'indexing', 'comparing', 'done')),
  requested_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  -- Where reading has come to; what is written may be a little behind.
  read_to text COLLATE "C",
  -- Of the reading of now, which a new start begins again.
  events_per_second double precision,
  positions_per_second double precision,
  -- Where both generations were when they were compared.
  compared_at text COLLATE "C",
  difference_count bigint,
  -- The first ones, as JSON.
  differences text,
  PRIMARY KEY (projection, generation)
);

-- How many events came to a generation, with those for read models that share its subscription.
ALTER TABLE projection_generations ADD COLUMN events bigint NOT NULL DEFAULT 0;

-- Down Migration

ALTER TABLE projection_generations DROP COLUMN events;
DROP TABLE projection_builds;
