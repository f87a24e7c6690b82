import type { ClientBase } from 'pg';
import type { ExecutionChange } from '../queries/records/executions.ts';

/** Tables partitioned by the month of `created_at`, in UTC. */
const PARTED = ['executions_ended', 'execution_terms'];
const PARENTS = `ARRAY[${PARTED.map((name) => `'${name}'`).join(', ')}]`;

/**
 * Returns the DDL of two functions. `hold_months` creates missing partitions for the months of these instants and for the
 * month after each. It creates a table before it attaches it, so that queries continue. `drop_emptied_months` drops months
 * that ended by an instant and have no rows left. Dropping waits for queries, and later queries wait for it: after
 * `DROP_WAITS` it gives up and leaves the rest to the next call.
 */
export const monthFunctions = (schema: string): string => `
  CREATE FUNCTION ${schema}.hold_months(instants timestamptz[]) RETURNS void LANGUAGE plpgsql AS $$
  DECLARE
    beginning timestamptz;
    ending timestamptz;
    parent text;
    part text;
    not_sampled text;
  BEGIN
    FOR beginning, ending IN
      SELECT month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC' FROM (
        SELECT DISTINCT date_trunc('month', instant AT TIME ZONE 'UTC') + ahead * interval '1 month' AS month
        FROM unnest(instants) AS instant CROSS JOIN generate_series(0, 1) AS ahead
      ) AS months ORDER BY 1
    LOOP
      FOREACH parent IN ARRAY ${PARENTS} LOOP
        part := parent || to_char(beginning AT TIME ZONE 'UTC', '"_"YYYY"_"MM');
        CONTINUE WHEN to_regclass('${schema}.' || part) IS NOT NULL;
        EXECUTE format('CREATE TABLE ${schema}.%I (LIKE ${schema}.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', part, parent);
        -- LIKE does not copy which columns ANALYZE samples.
        SELECT string_agg(format('ALTER COLUMN %I SET STATISTICS 0', attname), ', ') INTO not_sampled
        FROM pg_attribute WHERE attrelid = ('${schema}.' || parent)::regclass AND attnum > 0 AND attstattarget = 0;
        IF not_sampled IS NOT NULL THEN
          EXECUTE format('ALTER TABLE ${schema}.%I %s', part, not_sampled);
        END IF;
        EXECUTE format('ALTER TABLE ${schema}.%I ATTACH PARTITION ${schema}.%I FOR VALUES FROM (%L) TO (%L)',
          parent, part, beginning, ending);
      END LOOP;
    END LOOP;
  END $$;
  CREATE FUNCTION ${schema}.drop_emptied_months(until timestamptz) RETURNS void LANGUAGE plpgsql
  SET lock_timeout TO '${DROP_WAITS}' AS $$
  DECLARE
    part text;
    has_rows boolean;
  BEGIN
    FOR part IN
      SELECT child.relname FROM unnest(${PARENTS}) AS parent
      JOIN pg_inherits ON inhparent = ('${schema}.' || parent)::regclass JOIN pg_class AS child ON child.oid = inhrelid
      WHERE (to_date(substring(child.relname FROM '\\d+_\\d+$'), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC' <= until
    LOOP
      EXECUTE format('SELECT EXISTS (SELECT FROM ${schema}.%I)', part) INTO has_rows;
      IF NOT has_rows THEN
        EXECUTE format('DROP TABLE ${schema}.%I', part);
      END IF;
    END LOOP;
  EXCEPTION WHEN lock_not_available THEN
    RETURN;
  END $$`;

const DROP_WAITS = '200ms';
const MONTH = 'YYYY-MM'.length;

/** The months in which these executions were created, each as `2026-12`. */
export const monthsOf = (rows: readonly ExecutionChange[]): string[] =>
  [...new Set(rows.map(({ createdAt }) => createdAt.slice(0, MONTH)))].sort();

/** Creates missing partitions for these months. */
export const holdMonths = async (client: ClientBase, schema: string, months: readonly string[]): Promise<void> => {
  const parts = months.flatMap((month) => PARTED.map((name) => `${schema}.${name}_${month.replace('-', '_')}`));
  await client.query({
    name: `${schema}_months`,
    text: `SELECT ${schema}.hold_months($1::timestamptz[])
     WHERE EXISTS (SELECT FROM unnest($2::text[]) AS part WHERE to_regclass(part) IS NULL)`,
    values: [months.map((month) => `${month}-01T00:00:00Z`), parts],
  });
};

/** Drops the partitions of months that ended by this instant (ISO) and have no rows left. */
export const dropEmptiedMonths = async (client: ClientBase, schema: string, until: string): Promise<void> => {
  await client.query({ name: `${schema}_drop`, text: `SELECT ${schema}.drop_emptied_months($1)`, values: [until] });
};
