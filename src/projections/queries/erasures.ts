import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import { storable } from '../columns.ts';
import type { Queries } from './port.ts';
import { bigint } from './row.ts';
import { views } from './views.ts';

const Found = z.object({ tenant: z.string() });

export const openErasures =
  (readerFor: RowReaderFor): Queries['openErasures'] =>
  async (limit) => {
    const rows = await readerFor({}).any(sql.type(Found)`
      SELECT tenant FROM ${views.erasures} WHERE NOT ended ORDER BY requested_at, tenant LIMIT ${limit}`);
    return rows.map(({ tenant }) => tenant);
  };

const Counted = z.object({ action: z.string(), count: bigint });

export const countEnded =
  (readerFor: RowReaderFor): Queries['countEnded'] =>
  async (scope, { correlationId, from }) => {
    const rows = await readerFor(scope).any(sql.type(Counted)`
      SELECT action, count(*)::int8 AS count FROM ${views.changes}
      WHERE tenant = ${storable(scope.tenant)} AND at >= ${from}::timestamptz
        AND request_id = ${storable(correlationId)} AND kind <> 'tenant'
      GROUP BY action ORDER BY action`);
    return Object.fromEntries(rows.map(({ action, count }) => [action, count]));
  };
