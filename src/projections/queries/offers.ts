import { sql } from 'slonik';
import { z } from 'zod';
import type { QueueRef } from '../../domain/tasks/worker/stored.ts';
import type { ApplicationId } from '../../domain/values.ts';
import type { QueryContext } from './context.ts';
import { type OfferView, offerRecord } from './records/offers.ts';
import { bigint, instant } from './row.ts';
import { isOfBound, isOfTenant, type Scope } from './scope.ts';
import { views } from './views.ts';

export type OffersQuery = QueueRef & {
  /** If undefined, all tasks. */
  readonly tasks: readonly string[] | undefined;
  /** Hashes of the takes: what they have taken already comes first. */
  readonly takeHashes: readonly string[];
  /** Executions that are returned too, whatever became of their work. */
  readonly executionIds: readonly number[];
  /** How many offered ones are returned. */
  readonly limit: number;
  /** Offered ones after this one. */
  readonly after?: Pick<OfferView, 'isBackfill' | 'scheduledAt' | 'executionId'> | undefined;
};

const Named = offerRecord.row.extend({ job_name: z.string().nullable() });
/** Offered work, with the name of its job. */
type NamedOffer = OfferView & { readonly jobName: string };

/**
 * The work that takes can give, each once: what they gave before, or else offered work, the longest due first and backfills
 * last. What they gave may still be shown as offered.
 */
export const offersToTake =
  ({ readerFor, clock }: QueryContext) =>
  async (requested: OffersQuery): Promise<readonly NamedOffer[]> => {
    const { tenant, applicationId, queue, tasks, takeHashes, executionIds, limit, after } = requested;
    const now = new Date(clock.now()).toISOString();
    const rows = await readerFor({}).any(sql.type(Named)`
      SELECT ${offerRecord.selected}, job.name AS job_name FROM (
        (SELECT * FROM ${views.offers}
         WHERE (take_hash = ANY (${sql.array([...takeHashes], 'text')})
           OR execution_id = ANY (${sql.array([...executionIds], 'int8')}))
           AND application_id = ${applicationId} AND queue = ${queue} AND tenant = ${tenant})
        UNION ALL
        (SELECT * FROM ${views.offers}
         WHERE application_id = ${applicationId} AND queue = ${queue} AND worker IS NULL AND tenant = ${tenant}
           AND ${isOfTasks(tasks)} AND execution_id <> ALL (${sql.array([...executionIds], 'int8')})
           AND (expires_at IS NULL OR expires_at >= ${now}::timestamptz) AND ${isAfter(after)}
         ORDER BY is_backfill, scheduled_at, execution_id LIMIT ${limit})
      ) AS offer LEFT JOIN ${views.jobs} AS job USING (job_id)
      ORDER BY offer.worker IS NULL, offer.is_backfill, offer.scheduled_at, offer.execution_id`);
    return rows.map(({ job_name: jobName, ...row }) => ({
      ...offerRecord.view(row),
      jobName: jobName ?? '',
    }));
  };

const isOfTasks = (tasks: readonly string[] | undefined) =>
  tasks === undefined ? sql.fragment`true` : sql.fragment`task = ANY (${sql.array([...tasks], 'text')})`;

const isAfter = (after: OffersQuery['after']) =>
  after === undefined
    ? sql.fragment`true`
    : sql.fragment`(is_backfill, scheduled_at, execution_id)
        > (${after.isBackfill}, ${after.scheduledAt}::timestamptz, ${after.executionId})`;

/** The open work of these executions. */
export const offersOf =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope, executionIds: readonly number[]): Promise<readonly OfferView[]> => {
    const rows = await readerFor(scope).any(sql.type(offerRecord.row)`
      SELECT ${offerRecord.selected} FROM ${views.offers} AS offer
      WHERE offer.execution_id = ANY (${sql.array([...executionIds], 'int8')})
        AND ${isOfTenant(scope, sql.fragment`offer`)} AND ${isOfBound(scope, sql.fragment`offer`)}`);
    return rows.map(offerRecord.view);
  };

const Counted = z.object({
  tenant: z.string(),
  application_id: bigint,
  queue: z.string(),
  offered: bigint,
  oldest: instant.nullable(),
  taken: bigint,
  tasks: z.array(z.string()),
});

/** Number of offered and taken pieces of work of a queue. */
export type QueueCount = QueueRef & {
  readonly offered: number;
  /** When the oldest offered work was offered. */
  readonly oldestOfferedAt: string | undefined;
  readonly taken: number;
  /** The tasks of offered work. */
  readonly offeredTasks: readonly string[];
};

/** All queues with work, those of one application if it is given. */
export const offeredQueues =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope, applicationId?: ApplicationId): Promise<readonly QueueCount[]> => {
    const rows = await readerFor(scope).any(sql.type(Counted)`
      SELECT tenant, application_id, queue, count(*) FILTER (WHERE worker IS NULL) AS offered,
        min(offered_at) FILTER (WHERE worker IS NULL) AS oldest, count(worker) AS taken,
        coalesce(array_agg(DISTINCT task) FILTER (WHERE worker IS NULL), '{}') AS tasks
      FROM ${views.offers} AS offer
      WHERE ${isOfTenant(scope, sql.fragment`offer`)} AND ${isOfBound(scope, sql.fragment`offer`)}
        ${applicationId === undefined ? sql.fragment`` : sql.fragment`AND application_id = ${applicationId}`}
      GROUP BY tenant, application_id, queue ORDER BY application_id, queue`);
    return rows.map(({ application_id: id, oldest, tasks: offeredTasks, ...row }) => ({
      ...row,
      offeredTasks,
      applicationId: id,
      oldestOfferedAt: oldest ?? undefined,
    }));
  };

const Name = z.object({ application_id: bigint, name: z.string() });

/** The names of all applications that the caller can see. */
export const applicationNames =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope): Promise<ReadonlyMap<ApplicationId, string>> => {
    const rows = await readerFor(scope).any(sql.type(Name)`
      SELECT application_id, name FROM ${views.applications} WHERE ${isOfTenant(scope, sql.fragment`application`)} AND ${isOfBound(scope, sql.fragment`application`)}`);
    return new Map(rows.map((row) => [row.application_id, row.name]));
  };
