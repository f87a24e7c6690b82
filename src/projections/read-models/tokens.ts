import { isTokenEvent } from '../../domain/events/families.ts';
import type { ApiToken } from '../../domain/events/index.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { type Column, incomingRows, storable } from '../columns.ts';
import { defineProjection } from '../projection.ts';

/** A token without the hash of its secret, which is in the log alone. */
export type TokenRow = Omit<ApiToken, 'secretHash'> & { readonly revision: number };
type TokenChanges = ReadonlyMap<number, TokenRow>;

const columns: readonly Column<TokenRow>[] = [
  ['token_id', 'bigint', ({ tokenId }) => tokenId],
  ['tenant', 'text', ({ tenant }) => storable(tenant)],
  ['created_at', 'timestamptz', ({ createdAt }) => createdAt],
  ['token', 'json text', ({ revision: _, ...token }) => JSON.stringify(token)],
  ['revision', 'integer', ({ revision }) => revision],
];

/** Folds the events of API tokens: the last event of each holds it whole. */
export const foldTokens = (events: readonly RecordedEvent[]): TokenChanges | undefined => {
  const changes = new Map<number, TokenRow>();
  for (const event of events) {
    if (!isTokenEvent(event)) continue;
    const { secretHash: _, ...token } = event.data;
    changes.set(token.tokenId, { ...token, revision: event.revision });
  }
  return changes.size === 0 ? undefined : changes;
};

/** API tokens, also those that have expired or were revoked. */
export const tokens = defineProjection<TokenChanges>({
  name: 'tokens',
  shape: '1',
  streamPrefixes: ['token-'],
  views: ['tokens'],
  tables: (schema) => `
    CREATE TABLE ${schema}.tokens (
      token_id bigint PRIMARY KEY,
      tenant text NOT NULL,
      created_at timestamptz NOT NULL,
      token text NOT NULL,
      revision integer NOT NULL
    )`,
  indexes: (schema) => `CREATE INDEX IF NOT EXISTS tokens_of_tenant ON ${schema}.tokens (tenant, created_at, token_id)`,
  fold: foldTokens,
  write: async (client, schema, changes) => {
    const { names, source, values } = incomingRows(columns, changes.values());
    await client.query({
      name: `${schema}_write`,
      text: `INSERT INTO ${schema}.tokens AS kept (${names}) SELECT ${names} FROM ${source}
       ON CONFLICT (token_id) DO UPDATE SET token = excluded.token, revision = excluded.revision
       WHERE kept.revision < excluded.revision`,
      values,
    });
  },
});
