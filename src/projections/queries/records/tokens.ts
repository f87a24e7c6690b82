import { ApiToken } from '../../../domain/events/index.ts';
import { bigint, instant, integer, json, record, text } from '../../record.ts';

export const tokenRecord = record(
  'token',
  {
    id: bigint().named('token_id'),
    tenant: text().inner(),
    createdAt: instant(),
    /** Without the hash of its secret, which is in the log only. */
    token: json(ApiToken.omit({ secretHash: true })),
    revision: integer().inner(),
  },
  { key: ['id'] },
);
