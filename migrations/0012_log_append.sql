-- Up Migration

-- Makes a batch of appends, each whatever becomes of the others, except that an append isn't tried after a rejected one
-- of its list. One statement, because each message to Postgres and each round trip costs more than the work itself.
--
-- The function is VOLATILE and runs in a transaction with READ COMMITTED, so each of its statements sees what was
-- committed before that statement. The first takes the lock of the writers, and Postgres releases that lock only after
-- the commit is visible. So the later ones see all that other writers have appended.
--
-- The number in the name counts versions with other parameters, results or effects on other processes. A version is kept
-- as long as processes that call it can run beside newer ones.
CREATE FUNCTION log_append_1(
  -- The distinct streams. Their heads are what the writer remembers, null if nothing. They hold if the log still ends at
  -- this position.
  known_end bigint,
  streams text[],
  known_heads integer[],
  -- For each append: the place of its stream above, the number of its list, the revision that it expects (-1: no stream),
  -- and the place of its last event below.
  append_streams integer[],
  lists integer[],
  expected bigint[],
  last_events integer[],
  -- For each event: the place of its append above, and its columns.
  event_appends integer[],
  ids uuid[],
  types text[],
  datas text[],
  metadatas text[],
  -- Where the log ended before, and the time that the events were recorded at, in epoch ms.
  OUT log_start bigint,
  OUT recorded_ms double precision,
  -- Null if every append was made. Otherwise for each one the position of its last event if it was made, now or before;
  -- or else the actual revision of its stream (-2: the stream was deleted). If both are null, it wasn't tried.
  OUT positions json,
  OUT actual json,
  -- Whether events were deleted at once from streams that keep only their last one.
  OUT was_cut boolean
) LANGUAGE plpgsql AS $$
DECLARE
  log_end bigint;
  recorded timestamptz;
  heads integer[];
  append_count integer := cardinality(append_streams);
  -- Position of an event minus its place in the batch; null for appends that are not made now.
  shifts bigint[] := array_fill(NULL::bigint, ARRAY[append_count]);
  made_at bigint[] := array_fill(NULL::bigint, ARRAY[append_count]);
  rejected_at integer[] := array_fill(NULL::integer, ARRAY[append_count]);
  is_whole boolean := true;
  lost_list integer := 0;
  -- The appends up to this one are in the table, with these heads.
  inserted_append integer := 0;
  inserted_heads integer[];
  of_stream integer;
  head integer;
  first_event integer := 1;
  next_event integer := 1;
  repeated_at bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(4846318273410263);

  SELECT max(ends.position), greatest(date_trunc('milliseconds', clock_timestamp()), max(ends.recorded_at))
  INTO log_end, recorded
  FROM (
    (SELECT position, recorded_at FROM log_events ORDER BY position DESC LIMIT 1)
    UNION ALL SELECT position, recorded_at FROM log_floor
  ) AS ends;
  log_start := log_end;
  recorded_ms := date_part('epoch', recorded) * 1000;

  -- LIMIT keeps the lookup of each stream by its key. A join could read the whole table.
  SELECT array_agg(asked.head ORDER BY asked.place), bool_or(asked.keeps_last) INTO heads, was_cut
  FROM (
    SELECT given.place, kept.keeps_last,
      CASE
        WHEN kept.deleted THEN -2
        WHEN known_end = log_end AND given.known IS NOT NULL THEN given.known
        ELSE coalesce((SELECT e.revision FROM log_events e WHERE e.stream = given.stream ORDER BY e.revision DESC LIMIT 1), -1)
      END AS head
    FROM unnest(streams, known_heads) WITH ORDINALITY AS given (stream, known, place)
    LEFT JOIN LATERAL (
      SELECT s.deleted, s.keeps_last FROM log_streams s WHERE s.stream = given.stream LIMIT 1
    ) AS kept ON TRUE
  ) AS asked;
  inserted_heads := heads;

  FOR at_append IN 1 .. append_count + 1 LOOP
    IF at_append <= append_count THEN
      first_event := next_event;
      next_event := last_events[at_append] + 1;
      CONTINUE WHEN lists[at_append] = lost_list;
      of_stream := append_streams[at_append];
      head := heads[of_stream];
      IF head = expected[at_append] THEN
        shifts[at_append] := log_end - first_event + 1;
        log_end := log_end + next_event - first_event;
        made_at[at_append] := log_end;
        heads[of_stream] := head + next_event - first_event;
        CONTINUE;
      END IF;
    END IF;

    -- At the end, and before an append is compared with events of its stream that this batch has accepted.
    IF at_append > append_count OR head <> inserted_heads[of_stream] THEN
      INSERT INTO log_events (position, stream, revision, id, type, data, metadata, recorded_at)
      SELECT shifts[given.append] + given.place, streams[append_streams[given.append]],
        expected[given.append] + given.place - coalesce(last_events[given.append - 1], 0),
        given.id, given.type, given.data, given.metadata, recorded
      FROM unnest(event_appends, ids, types, datas, metadatas) WITH ORDINALITY
        AS given (append, id, type, data, metadata, place)
      WHERE given.append > inserted_append AND given.append < at_append AND shifts[given.append] IS NOT NULL;
      inserted_append := at_append - 1;
      inserted_heads := heads;
    END IF;
    EXIT WHEN at_append > append_count;

    -- It was made before if its ids are stored at its revisions. Those that were cut since are not compared.
    is_whole := false;
    repeated_at := NULL;
    IF head > expected[at_append] THEN
      SELECT max(e.position) FILTER (WHERE e.revision = expected[at_append] + next_event - first_event)
      INTO repeated_at
      FROM log_events e
      WHERE e.stream = streams[of_stream] AND e.revision > expected[at_append]
        AND e.revision <= expected[at_append] + next_event - first_event
      HAVING bool_and(e.id = ids[first_event + e.revision - expected[at_append] - 1]);
    END IF;
    IF repeated_at IS NOT NULL THEN
      made_at[at_append] := repeated_at;
    ELSE
      rejected_at[at_append] := head;
      lost_list := lists[at_append];
    END IF;
  END LOOP;

  was_cut := coalesce(was_cut, false) AND log_end > log_start;
  IF was_cut THEN
    DELETE FROM log_events e USING log_streams s
    WHERE s.stream = ANY (streams) AND s.keeps_last AND e.stream = s.stream
      AND e.revision < (SELECT max(last.revision) FROM log_events last WHERE last.stream = s.stream);
  END IF;

  IF log_end > log_start THEN
    PERFORM pg_notify('carillon_log', lpad(log_end::text, 20, '0'));
  END IF;
  IF NOT is_whole THEN
    positions := to_json(made_at);
    actual := to_json(rejected_at);
  END IF;
END $$;

-- Down Migration

DROP FUNCTION log_append_1;
