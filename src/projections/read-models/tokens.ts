import { isTokenEvent } from '../../domain/events/families.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { tokenRecord } from '../queries/records/tokens.ts';
import type { RecordChange } from '../record.ts';
import { writeNewest } from '../write-records.ts';

type TokenChanges = ReadonlyMap<number, RecordChange<typeof tokenRecord>>;

/** Folds the events of API tokens: the last event of each holds it whole. */
export const foldTokens = (events: readonly RecordedEvent[]): TokenChanges | undefined => {
  const changes = new Map<number, RecordChange<typeof tokenRecord>>();
  for (const event of events) {
    if (!isTokenEvent(event)) continue;
    const { secretHash: _, ...token } = event.data;
    const { tokenId: id, tenant, createdAt } = token;
    changes.set(id, { id, tenant, createdAt, token, revision: event.revision });
  }
  return changes.size === 0 ? undefined : changes;
};

/** API tokens, also those that have expired or were revoked. */
export const tokens = defineProjection<TokenChanges>({
  name: 'tokens',
  shape: '1',
  streamPrefixes: [PREFIX_OF.token],
  views: ['tokens'],
  tables: (schema) => `CREATE TABLE ${schema}.tokens (${tokenRecord.ddl})`,
  indexes: (schema) => `CREATE INDEX IF NOT EXISTS tokens_of_tenant ON ${schema}.tokens (tenant, created_at, token_id)`,
  fold: foldTokens,
  write: (client, schema, changes) =>
    writeNewest(client, `${schema}.tokens`, { ...tokenRecord, rows: changes.values() }),
});
