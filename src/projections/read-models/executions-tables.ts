/**
 * Returns the DDL of the tables. The counters are in the same schema as the rows, so that one statement updates both.
 */
export const executionsTables = (schema: string): string => `
  CREATE TABLE ${schema}.executions (
    id bigint PRIMARY KEY,
    job_id bigint NOT NULL,
    application_id bigint NOT NULL,
    tenant text NOT NULL,
    status text NOT NULL,
    trigger text NOT NULL,
    attempt integer NOT NULL,
    scheduled_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text,
    labels text,
    -- Of the first attempt; attempt_started_at is of the last, where that is another one.
    started_at timestamptz,
    attempt_started_at timestamptz,
    -- JSON objects with commas between them, so that an update can add one.
    attempts text,
    retry_at timestamptz,
    late text,
    called boolean NOT NULL,
    finished_at timestamptz,
    engine_id text,
    job_revision integer,
    rerun_of bigint,
    backfill_id bigint,
    token_hash text,
    deadline_at timestamptz,
    heard_at timestamptz,
    progress text,
    job_snapshot text,
    result text,
    error text,
    revision integer NOT NULL,
    -- When its first and its newest event were recorded: what is shown as of an instant goes by these.
    first_recorded_at timestamptz NOT NULL,
    last_recorded_at timestamptz NOT NULL
  );
  CREATE TABLE ${schema}.execution_counts (
    tenant text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('tenant', 'application', 'job')),
    -- Of the application or job; 0 for the tenant.
    id bigint NOT NULL,
    pending bigint NOT NULL,
    running bigint NOT NULL,
    succeeded bigint NOT NULL,
    failed bigint NOT NULL,
    cancelled bigint NOT NULL,
    PRIMARY KEY (tenant, kind, id)
  ) WITH (fillfactor = 70);
  CREATE TABLE ${schema}.execution_minutes (
    tenant text NOT NULL,
    minute timestamptz NOT NULL,
    created bigint NOT NULL,
    PRIMARY KEY (tenant, minute)
  ) WITH (fillfactor = 70);
  -- Slots that were called, by why they were late; the empty text for those that were not.
  CREATE TABLE ${schema}.called_slot_counts (
    tenant text NOT NULL,
    late text NOT NULL,
    slots bigint NOT NULL,
    PRIMARY KEY (tenant, late)
  ) WITH (fillfactor = 70)`;

/**
 * Returns the DDL of the indexes. Each list is read newest first from one index. Every key ends with the status, so
 * that a list of one status skips the others without reading their rows. A partial index serves all statuses but
 * `succeeded`. The ledger finds the execution of a slot by its job and its time, and those that were late. A backfill is
 * counted from its executions alone, and before it begins, the other executions of its slots are looked up.
 */
export const executionsIndexes = (schema: string): string => `
  CREATE INDEX IF NOT EXISTS executions_of_tenant ON ${schema}.executions (tenant, created_at, id, status);
  CREATE INDEX IF NOT EXISTS executions_of_application
    ON ${schema}.executions (tenant, application_id, created_at, id, status);
  CREATE INDEX IF NOT EXISTS executions_of_job ON ${schema}.executions (tenant, job_id, created_at, id, status);
  CREATE INDEX IF NOT EXISTS executions_by_status
    ON ${schema}.executions (tenant, status, created_at, id) WHERE status <> 'succeeded';
  CREATE INDEX IF NOT EXISTS executions_of_slots ON ${schema}.executions (job_id, scheduled_at)
    WHERE trigger = 'schedule';
  CREATE INDEX IF NOT EXISTS executions_beside_slots ON ${schema}.executions (job_id, scheduled_at)
    WHERE trigger IN ('backfill', 'rerun');
  CREATE INDEX IF NOT EXISTS executions_of_backfills ON ${schema}.executions (backfill_id, status)
    WHERE backfill_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS late_executions ON ${schema}.executions (job_id, scheduled_at) WHERE late IS NOT NULL`;
