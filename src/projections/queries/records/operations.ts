import { Operation } from '../../../domain/events/index.ts';
import { bigint, boolean, instant, integer, json, record, text } from '../../record.ts';

export const operationRecord = record(
  'operation',
  {
    id: bigint().named('operation_id'),
    tenant: text().inner(),
    ended: boolean().inner(),
    requestedAt: instant(),
    /** Without the items that are planned. */
    operation: json(Operation),
    revision: integer().inner(),
  },
  { key: ['id'] },
);
