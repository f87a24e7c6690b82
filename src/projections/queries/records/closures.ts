import { z } from 'zod';
import { defined } from '../../../domain/defined.ts';
import { CatchUp, PauseScope } from '../../../domain/events/index.ts';
import { IdRanges } from '../../../domain/id-ranges.ts';
import {
  bigint,
  boolean,
  choice,
  instant,
  integer,
  json,
  type RecordChange,
  type RecordSource,
  type RecordView,
  record,
  sortedText,
  text,
} from '../../record.ts';

/** A version of a calendar. */
export const calendarRecord = record(
  'calendar',
  {
    tenant: text(),
    name: sortedText(),
    revision: integer(),
    /** There is no calendar from `updatedAt` on. */
    deleted: boolean(),
    dates: json(z.array(z.string())),
    dateCount: integer(),
    description: text().optional(),
    /** Slots due from here on are judged by its dates. */
    updatedAt: instant().named('valid_from'),
    /** When the next version began; undefined for the newest so far. */
    until: instant().named('valid_to').optional(),
    updatedBy: text(),
  },
  { key: ['tenant', 'name', 'revision'] },
);
export type CalendarChange = RecordChange<typeof calendarRecord>;

export const calendarSummary = calendarRecord.only('name', 'description', 'updatedAt', 'updatedBy', 'dateCount');
export const calendarShown = calendarRecord.only('name', 'description', 'updatedAt', 'updatedBy', 'dates');
export type CalendarSummary = RecordView<typeof calendarSummary>;
export type CalendarView = RecordView<typeof calendarShown>;
/** What slots are judged by. */
export const calendarVersion = calendarRecord.only('tenant', 'name', 'revision', 'deleted', 'dates', 'updatedAt');

export const pauseRecord = record(
  'pause',
  {
    pauseId: bigint(),
    tenant: text().inner(),
    scope: choice(PauseScope),
    applicationId: bigint().optional(),
    jobId: bigint().optional(),
    target: text().optional(),
    labels: json(z.record(z.string(), z.string())).optional(),
    jobs: json(IdRanges).inner().optional(),
    operationId: bigint().optional(),
    catchUp: choice(CatchUp).optional(),
    reason: text().optional(),
    createdAt: instant(),
    until: instant().optional(),
    createdBy: text(),
    liftedAt: instant().optional(),
    liftedBy: text().optional(),
    revision: integer().inner(),
  },
  { key: ['pauseId'] },
);
export type PauseChange = RecordChange<typeof pauseRecord>;

export type PauseView = Omit<
  RecordView<typeof pauseRecord>,
  'pauseId' | 'applicationId' | 'jobId' | 'target' | 'labels'
> & {
  readonly id: number;
  /** The application, job, target or labels whose jobs are paused. */
  readonly of?: number | string | Readonly<Record<string, string>>;
};
export const pauseView = (source: RecordSource<typeof pauseRecord>): PauseView => {
  const { pauseId, applicationId, jobId, target, labels, ...shown } = pauseRecord.view(source);
  return defined({ id: pauseId, ...shown, of: applicationId ?? jobId ?? target ?? labels });
};
/** What a pause binds, and when, and who says why. */
export const pauseVersion = pauseRecord.only(
  ...([
    'pauseId',
    'tenant',
    'scope',
    'applicationId',
    'jobId',
    'target',
    'labels',
    'jobs',
    'operationId',
    'catchUp',
    'createdAt',
    'until',
    'liftedAt',
    'createdBy',
    'reason',
    'revision',
  ] as const),
);
