import type { ClientBase } from 'pg';
import { PREFIX_OF } from '../../domain/streams.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { type ExecutionChange, executionRecord } from '../queries/records/executions.ts';
import { copyRows } from '../write-records.ts';
import { copyTerms } from './execution-terms.ts';
import { countExecutions, countRows } from './executions-counts.ts';
import { expireRows } from './executions-expiry.ts';
import { type ExecutionChanges, foldExecutions } from './executions-fold.ts';
import { holdMonths } from './executions-months.ts';
import { executionsIndexes, executionsTables } from './executions-tables.ts';
import { writeRows } from './executions-write.ts';
import { type Expiries, foldExpiries } from './expiry-fold.ts';

type Changes = { readonly changed: ExecutionChanges; readonly expiries: Expiries };

const fold = (events: readonly RecordedEvent[], held?: Changes): Changes | undefined => {
  const changed = foldExecutions(events, held?.changed) ?? new Map();
  const expiries = foldExpiries(events, held?.expiries);
  return changed.size + expiries.size === 0 ? undefined : { changed, expiries };
};

export const executions = defineProjection<Changes>({
  name: 'executions',
  shape: '14',
  streamPrefixes: [PREFIX_OF.runs],
  views: [
    'executions',
    'execution_terms',
    'execution_counts',
    'execution_minutes',
    'called_slot_counts',
    'expired_executions',
  ],
  tables: executionsTables,
  indexes: executionsIndexes,
  fold,
  count: countExecutions,
  write: async (client, schema, { changed, expiries }) => {
    await Promise.all([
      changed.size > 0 ? writeRows(client, schema, [...changed.values()]) : undefined,
      expiries.size > 0 ? expireRows(client, schema, [...expiries.values()]) : undefined,
    ]);
  },
  fill: {
    // Those that are open when rows are written are written twice, by a dearer statement: so not often.
    holdsRows: { live: 5_000, building: 20_000 },
    rowsOf: ({ changed, expiries }) => changed.size + expiries.size,
    begin: async ({ client: reader, schema: tables, state }) => {
      const open = await openIds(reader, tables);
      return async (client, schema, { changed, expiries }) => {
        const rows = [...changed.values()];
        const isWhole = (row: ExecutionChange): boolean => !row.isOpen && !open.has(row.id);
        const fresh = rows.filter(isWhole);
        await holdMonths(client, schema, fresh);
        await copyRows(client, `${schema}.executions`, { columns: executionRecord.columns, rows: fresh });
        await copyTerms(client, schema, fresh);
        // A rebuild counts them all in the end.
        if (state === 'live') await countRows(client, schema, fresh);
        const changing = rows.filter((row) => !isWhole(row));
        if (changing.length > 0) await writeRows(client, schema, changing);
        for (const row of rows) {
          if (row.isOpen) open.add(row.id);
          else open.delete(row.id);
        }
        if (expiries.size > 0) await expireRows(client, schema, [...expiries.values()]);
      };
    },
  },
});

/** The executions that the table has and that later events change. */
const openIds = async (client: ClientBase, schema: string): Promise<Set<number>> => {
  const { rows } = await client.query<{ id: string }>(`SELECT id FROM ${schema}.executions WHERE is_open`);
  return new Set(rows.map(({ id }) => Number(id)));
};
