import { HookCall } from '../../../domain/events/index.ts';
import {
  bigint,
  choice,
  instant,
  integer,
  json,
  type RecordChange,
  type RecordView,
  record,
  text,
} from '../../record.ts';

const { name, status, error } = HookCall.shape;

/** The call that tells of the end of one execution. */
export const hookRecord = record(
  'hook',
  {
    executionId: bigint().inner(),
    jobId: bigint().inner(),
    tenant: text().inner(),
    /** When the execution was created: it expires by that. */
    createdAt: instant().inner(),
    name: choice(name),
    /** When the execution ended. */
    plannedAt: instant().hidden(),
    status: choice(status),
    attempts: integer(),
    nextAt: instant().optional().describe('Time of the next attempt'),
    lastAt: instant().optional(),
    response: text().optional().describe('The last response'),
    error: json(error.unwrap()).optional().describe('The error of the last attempt'),
    revision: integer().inner(),
  },
  { key: ['executionId'] },
);
export type HookView = RecordView<typeof hookRecord>;
export type HookChange = RecordChange<typeof hookRecord>;

/** Which hook is to be called. */
export const dueHook = hookRecord.only('executionId', 'jobId', 'name', 'plannedAt', 'attempts');
export type DueHook = RecordView<typeof dueHook>;
