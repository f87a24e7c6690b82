import { isRunEvent } from '../../domain/events/families.ts';
import type { ExecutionStatus, RunEvent } from '../../domain/events/index.ts';
import { toInstant, toMs } from '../../domain/values.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { type Column, incomingRows, storable } from '../columns.ts';
import { defineProjection } from '../projection.ts';

type Ending = Extract<ExecutionStatus, 'succeeded' | 'failed' | 'cancelled'>;
const ENDINGS = ['succeeded', 'failed', 'cancelled'] as const satisfies readonly Ending[];

/** The executions of a tenant whose end was recorded in one minute. */
type EndsRow = Readonly<Record<Ending, number>> & {
  readonly tenant: string;
  readonly minute: string;
  /** When the oldest of them was created. */
  readonly earliestMs: number;
};

const MINUTE_MS = 60_000;

const endingOf = ({ type }: RunEvent): Ending | undefined => {
  switch (type) {
    case 'ExecutionSucceeded':
      return 'succeeded';
    case 'ExecutionFailed':
      return 'failed';
    case 'ExecutionCancelled':
      return 'cancelled';
    case 'DefinitionTaken':
    case 'ExecutionRequested':
    case 'ExecutionStarted':
    case 'CallAccepted':
    case 'HeartbeatReceived':
    case 'CancelRequested':
    case 'ExecutionAttemptFailed':
    case 'OccurrencesSkipped':
    case 'OccurrencesMissed':
    case 'BackfillRequested':
    case 'BackfillCancelled':
      return undefined;
  }
};

export const foldEnds = (events: readonly RecordedEvent[]): readonly EndsRow[] | undefined => {
  const rows = new Map<string, EndsRow>();
  for (const event of events) {
    if (!isRunEvent(event)) continue;
    const ending = endingOf(event);
    if (ending === undefined || !('createdAt' in event.data)) continue;
    const { tenant, createdAt } = event.data;
    const minute = toInstant(Math.floor(event.recordedAt / MINUTE_MS) * MINUTE_MS);
    const key = `${minute} ${tenant}`;
    const row = rows.get(key) ?? { tenant, minute, earliestMs: toMs(createdAt), succeeded: 0, failed: 0, cancelled: 0 };
    const earliestMs = Math.min(toMs(createdAt), row.earliestMs);
    rows.set(key, { ...row, earliestMs, [ending]: row[ending] + 1 });
  }
  return rows.size === 0 ? undefined : [...rows.values()];
};

const columns: readonly Column<EndsRow>[] = [
  ['tenant', 'text', (row) => storable(row.tenant)],
  ['minute', 'timestamptz', (row) => row.minute],
  ['earliest', 'timestamptz', (row) => toInstant(row.earliestMs)],
  ...ENDINGS.map((ending): Column<EndsRow> => [ending, 'bigint', (row) => row[ending]]),
];

/**
 * How many executions ended in each minute, by when that was recorded, and how old the oldest of them was. By it the
 * executions that were open at an instant are counted and found: none of them is older than those that ended later.
 */
export const executionEnds = defineProjection<readonly EndsRow[]>({
  name: 'execution_ends',
  shape: '1',
  streamPrefixes: ['runs-'],
  views: ['execution_ends'],
  tables: (schema) => `
    CREATE TABLE ${schema}.execution_ends (
      tenant text NOT NULL,
      minute timestamptz NOT NULL,
      earliest timestamptz NOT NULL,
      succeeded bigint NOT NULL,
      failed bigint NOT NULL,
      cancelled bigint NOT NULL,
      PRIMARY KEY (tenant, minute)
    ) WITH (fillfactor = 70)`,
  indexes: () => '',
  fold: foldEnds,
  write: async (client, schema, rows) => {
    const { names, source, values } = incomingRows(columns, rows);
    await client.query({
      name: `${schema}_write`,
      text: `INSERT INTO ${schema}.execution_ends AS kept (${names}) SELECT ${names} FROM ${source}
       ON CONFLICT (tenant, minute) DO UPDATE SET earliest = least(kept.earliest, excluded.earliest),
         succeeded = kept.succeeded + excluded.succeeded, failed = kept.failed + excluded.failed,
         cancelled = kept.cancelled + excluded.cancelled`,
      values,
    });
  },
});
