import { z } from 'zod';
import { BeatInput } from '../../commands/execution/beat-work.ts';
import { TakeInput } from '../../commands/execution/take-work.ts';
import { defined } from '../../domain/defined.ts';
import { DomainError } from '../../domain/domain-error.ts';
import { QueueName } from '../../domain/tasks/worker/given.ts';
import { type QueueRef, queueTarget } from '../../domain/tasks/worker/stored.ts';
import { EVERY_TENANT, Instant, toInstant } from '../../domain/values.ts';
import { encodeCursor, keysetOf } from '../../projections/queries/keyset.ts';
import type { QueueCount } from '../../projections/queries/offers.ts';
import type { Scope } from '../../projections/queries/scope.ts';
import type { Caller } from '../callers/authorize.ts';
import type { ApiContext, ListedWorker } from '../context.ts';
import { JsonSchema } from '../resources/common.ts';
import { pageQuery, pageResponse } from '../responses/pages.ts';
import { createSendSlowly } from '../responses/slow-response.ts';
import { defineRoute, type Route, tenantScope } from '../route.ts';
import { PathId } from '../validate.ts';
import { found } from './shapes.ts';

const QueueParams = z.strictObject({ id: PathId, queue: QueueName });

const WorkSchema = z
  .object({
    executionId: z.int(),
    applicationId: z.int(),
    jobId: z.int(),
    jobName: z.string(),
    attempt: z.int(),
    task: z.string(),
    input: JsonSchema.optional(),
    scheduledAt: Instant,
    deadlineAt: Instant,
    leaseMs: z.int().meta({ description: 'Without a heartbeat for this time, the work is lost' }),
    token: z.string().meta({ description: 'Authenticates heartbeats and the report of this attempt' }),
  })
  .meta({ id: 'Work' });

const TakenSchema = z.object({ work: z.array(WorkSchema) }).meta({ id: 'TakenWork' });

const BeatSchema = z
  .object({
    cancel: z.array(z.int()).meta({ description: 'Executions to cancel: report them as cancelled' }),
    lost: z.array(z.int()).meta({ description: 'Executions that are no longer this worker’s: report nothing' }),
  })
  .meta({ id: 'WorkBeat' });

const QueueSchema = z
  .object({
    applicationId: z.int(),
    applicationName: z.string().optional(),
    queue: z.string(),
    target: z.string().meta({ description: 'By this name, pauses and filters refer to the queue' }),
    offered: z.int(),
    oldestOfferedAt: Instant.optional(),
    taken: z.int(),
    workers: z.array(
      z.object({
        id: z.string(),
        host: z.string().optional(),
        version: z.string().optional(),
        lastSeenAt: Instant,
        running: z.int(),
      }),
    ),
  })
  .meta({ id: 'Queue' });

const QueuesQuery = z.strictObject({ applicationId: PathId.optional(), ...pageQuery });

type NamedQueue = { readonly applicationId: number; readonly queue: string };
const QUEUE_ORDER = { application_id: 'bigint', queue: 'text' } as const;
const NO_WORK = { offered: 0, taken: 0, oldestOfferedAt: undefined };

const keyOf = ({ applicationId, queue }: NamedQueue): string => `${applicationId}/${queue}`;

const compareQueues = (a: NamedQueue, b: NamedQueue): number =>
  a.applicationId - b.applicationId || Number(a.queue > b.queue) - Number(a.queue < b.queue);

type CountedQueue = NamedQueue & Pick<QueueCount, 'offered' | 'taken' | 'oldestOfferedAt'>;

const queueResource = (
  { applicationId, queue, offered, oldestOfferedAt, taken }: CountedQueue,
  applicationName: string | undefined,
) => ({
  ...{ applicationId, applicationName, queue, target: queueTarget(applicationId, queue) },
  ...{ offered, oldestOfferedAt, taken },
});

const workerResource = ({ id, host, version, running, lastSeenMs }: ListedWorker) => ({
  ...{ id, host: host ?? undefined, version: version ?? undefined },
  ...{ lastSeenAt: toInstant(Math.floor(lastSeenMs)), running },
});

/** @throws DomainError FORBIDDEN if the caller's token is limited to other queues */
const requireQueue = ({ queues }: Caller, { applicationId, queue }: QueueRef): void => {
  if (queues?.includes(`${applicationId}/${queue}`) === false) {
    throw new DomainError(
      'FORBIDDEN',
      `the token is limited to other queues than ${queue} of application ${applicationId}`,
    );
  }
};

export const workerRoutes = (api: ApiContext): Route[] => {
  const { work, queries } = api;
  const sendSlowly = createSendSlowly(api);
  const known = new Set<string>();
  /** @throws DomainError APPLICATION_NOT_FOUND. An application that was found stays known, also once it is deleted. */
  const requireApplication = async (scope: Scope, id: number): Promise<void> => {
    const key = `${id} of ${String(scope.tenant)}`;
    if (known.has(key)) return;
    found(await queries.getApplication(scope, id), 'APPLICATION_NOT_FOUND', `application ${id}`);
    known.add(key);
  };

  return [
    defineRoute({
      method: 'post',
      path: '/queues/:application/:queue/take',
      operationId: 'takeWork',
      summary: 'Takes offered work from a queue, and waits for some if there is none',
      details: 'A response that takes longer than 25 seconds begins with blanks, which JSON allows.',
      permission: 'scheduler:work',
      addresses: 'application',
      bound: 'application',
      params: QueueParams,
      body: TakeInput,
      result: TakenSchema,
      responses: { 200: 'The work; none if none was offered in time' },
      // A repeat is recognized by its takeId.
      changesNothing: true,
      takesLong: true,
      handle: async (request) => {
        const { caller, context, scope, params, body, authorizeAgain } = request;
        const { tenant } = tenantScope(request);
        const queue = { tenant, applicationId: params.id, queue: params.queue };
        requireQueue(caller, queue);
        await requireApplication(scope, params.id);
        const requested = { ...body, ...queue, actor: context.actor, authorizeAgain };
        const take = async () => {
          const end = work.beginPoll({ tenant, callerId: caller.callerId });
          try {
            return { work: await work.take(requested, scope.signal) };
          } finally {
            end();
          }
        };
        return { status: 200, stream: (response) => sendSlowly(response, take) };
      },
    }),
    defineRoute({
      method: 'post',
      path: '/queues/:application/:queue/beat',
      operationId: 'beatWork',
      summary: "Records a worker's heartbeat for all that it runs, and responds what to cancel",
      permission: 'scheduler:work',
      addresses: 'application',
      bound: 'application',
      params: QueueParams,
      body: BeatInput,
      result: BeatSchema,
      responses: { 200: 'What to cancel, and what is lost' },
      changesNothing: true,
      handle: async ({ caller, context, params, body }) => {
        const queue = { tenant: context.tenant, applicationId: params.id, queue: params.queue };
        requireQueue(caller, queue);
        return { status: 200, body: await work.beat(queue, body) };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/queues',
      operationId: 'listQueues',
      summary: 'Lists queues with offered or taken work, or with workers',
      permission: 'scheduler:jobs:read',
      bound: 'narrowed',
      query: QueuesQuery,
      result: z.array(QueueSchema),
      responses: { 200: 'A page of queues, by application and name' },
      handle: async ({ scope, query, link }) => {
        const { applicationId, limit, cursor } = query;
        const isShown = (id: number): boolean =>
          (applicationId === undefined || id === applicationId) && (scope.applications?.includes(id) ?? true);
        const [counts, workers, names] = await Promise.all([
          queries.offeredQueues(scope, applicationId),
          work.workers(scope.tenant === EVERY_TENANT ? undefined : scope.tenant),
          queries.applicationNames(scope),
        ]);
        const seen = workers.filter((each) => isShown(each.applicationId) && names.has(each.applicationId));
        const workersOf = Map.groupBy(seen, keyOf);
        const counted = new Set(counts.map(keyOf));
        const idle = [...workersOf.values()].flatMap(([first]) =>
          first === undefined || counted.has(keyOf(first)) ? [] : [{ ...first, ...NO_WORK }],
        );
        const queues = [...counts, ...idle].sort(compareQueues);
        const [afterId = 0, afterName = ''] = keysetOf(QUEUE_ORDER, defined({ cursor })).place ?? [];
        const after = { applicationId: Number(afterId), queue: String(afterName) };
        const rest = cursor === undefined ? queues : queues.filter((each) => compareQueues(each, after) > 0);
        const items = rest.slice(0, limit);
        const last = rest.length > limit ? items.at(-1) : undefined;
        const next = last && encodeCursor([last.applicationId, last.queue]);
        return pageResponse(defined({ items, next }), link, (queue) => ({
          ...queueResource(queue, names.get(queue.applicationId)),
          workers: (workersOf.get(keyOf(queue)) ?? []).map(workerResource),
        }));
      },
    }),
  ];
};
