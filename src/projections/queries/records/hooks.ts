import { HookCall } from '../../../domain/events/index.ts';
import { bigint, choice, instant, json, type RecordChange, type RecordView, record, text } from '../../record.ts';

const { name, status, error } = HookCall.shape;

/** The hook call that reports the end of one execution. */
export const hookRecord = record(
  'hook',
  {
    executionId: bigint().inner(),
    jobId: bigint().inner(),
    tenant: text().inner(),
    /** When the execution was created, which determines its expiry. */
    createdAt: instant().inner(),
    name: choice(name),
    plannedAt: instant().hidden(),
    status: choice(status),
    attempts: bigint(),
    nextAt: instant().optional().describe('Time of the next attempt'),
    lastAt: instant().optional(),
    response: text().optional().describe('The last response'),
    error: json(error.unwrap()).optional().describe('The error of the last attempt'),
    revision: bigint().inner(),
  },
  { key: ['executionId'] },
);
export type HookView = RecordView<typeof hookRecord>;
export type HookChange = RecordChange<typeof hookRecord>;

/** A due hook call. */
export const dueHook = hookRecord.only('executionId', 'jobId', 'name', 'plannedAt', 'attempts');
export type DueHook = RecordView<typeof dueHook>;
