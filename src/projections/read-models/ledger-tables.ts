/** Returns the DDL of the tables. Executions of slots that were called are in the read model of executions. */
export const ledgerTables = (schema: string): string => `
  -- Every definition of a job, and from when until when it was in force; never, where a later one came first.
  CREATE TABLE ${schema}.definitions_in_force (
    job_id bigint NOT NULL,
    job_revision integer NOT NULL,
    tenant text NOT NULL,
    has_slots boolean NOT NULL,
    definition text NOT NULL,
    in_force_from timestamptz,
    in_force_until timestamptz,
    -- When it was recorded that it came into force.
    taken_at timestamptz,
    PRIMARY KEY (job_id, job_revision)
  ) WITH (fillfactor = 70);
  -- Slots that were settled without a call, from the first to the last.
  CREATE TABLE ${schema}.slot_ranges (
    job_id bigint NOT NULL,
    -- Of the event in the job's stream of runs.
    revision integer NOT NULL,
    tenant text NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    first timestamptz NOT NULL,
    last timestamptz NOT NULL,
    execution_id bigint,
    recorded_at timestamptz NOT NULL,
    -- How many; 10,000 for more.
    slots integer NOT NULL,
    PRIMARY KEY (job_id, revision)
  );
  -- What is still known of ranges that have expired, as JSON, by their jobs.
  CREATE TABLE ${schema}.expired_slots (
    job_id bigint PRIMARY KEY,
    tenant text NOT NULL,
    before timestamptz NOT NULL,
    kept_from integer NOT NULL,
    uncalled text NOT NULL
  ) WITH (fillfactor = 70);
  -- Slots that were settled without a call.
  CREATE TABLE ${schema}.uncalled_slot_counts (
    tenant text NOT NULL,
    outcome text NOT NULL,
    reason text NOT NULL,
    slots bigint NOT NULL,
    PRIMARY KEY (tenant, outcome, reason)
  ) WITH (fillfactor = 70)`;

/** Returns the DDL of the indexes: ranges of a job do not overlap, so those of a span are found by their last slots. */
export const ledgerIndexes = (schema: string): string => `
  CREATE INDEX IF NOT EXISTS definitions_of_tenant ON ${schema}.definitions_in_force (tenant, job_id) WHERE has_slots;
  CREATE INDEX IF NOT EXISTS slot_ranges_of_job ON ${schema}.slot_ranges (job_id, last);
  CREATE INDEX IF NOT EXISTS slot_ranges_of_tenant ON ${schema}.slot_ranges (tenant, last)`;
