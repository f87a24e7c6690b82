-- Up Migration

-- The event log. Positions are given out under one writer lock, so they are in commit order and without gaps until
-- events are cut. Data and metadata are text: nothing is ever asked of their insides here, and jsonb costs a second
-- parse on every write and cannot hold U+0000.
CREATE TABLE log_events (
  position bigint NOT NULL,
  stream text COLLATE "C" NOT NULL,
  revision integer NOT NULL,
  id uuid NOT NULL,
  type text COLLATE "C" NOT NULL,
  data text NOT NULL,
  metadata text NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (position),
  UNIQUE (stream, revision)
);

-- Streams that are kept otherwise than whole. A deleted one is remembered for ever: it takes no append again.
CREATE TABLE log_streams (
  stream text COLLATE "C" NOT NULL PRIMARY KEY,
  deleted boolean NOT NULL DEFAULT false,
  keeps_last boolean NOT NULL DEFAULT false
);

-- Where the log's end was when a stream was last deleted: the end is the later of this and the last event, so that it
-- never goes back. Not a head written by each append: a row updated hundreds of times a second grows without bound
-- while a transaction elsewhere stays open.
CREATE TABLE log_floor (
  only_row boolean NOT NULL DEFAULT true PRIMARY KEY CHECK (only_row),
  position bigint NOT NULL,
  recorded_at timestamptz NOT NULL
);
INSERT INTO log_floor (position, recorded_at) VALUES (0, '-infinity');

-- Down Migration

DROP TABLE log_events, log_streams, log_floor;
