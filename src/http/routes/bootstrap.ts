import { z } from 'zod';
import { MAX_FILE_BYTES, MAX_JOBS, MAX_VALUES } from '../../bootstrap/bounds.ts';
import { listOfJobs } from '../../bootstrap/definitions.ts';
import { BootstrapReport } from '../../bootstrap/report.ts';
import { defined } from '../../domain/defined.ts';
import { actorName } from '../../domain/events/index.ts';
import type { ApiContext } from '../context.ts';
import { respondToCommand } from '../responses/command-responses.ts';
import { defineRoute, type Route } from '../route.ts';

/** How long to wait for the read models. */
const CATCH_UP_MS = 10_000;

const BootstrapBody = z.strictObject({
  applications: z
    .array(
      z.strictObject({
        /** Folder of the application, for messages. */
        folder: z.string().min(1).max(200).optional(),
        application: z.unknown(),
        jobs: z.unknown().optional(),
      }),
    )
    .max(1_000)
    .refine((applications) => jobsIn(applications) <= MAX_JOBS, `at most ${MAX_JOBS} jobs per request`),
});

const jobsIn = (applications: readonly { readonly jobs?: unknown }[]): number =>
  applications.reduce((sum, { jobs }) => sum + (listOfJobs(jobs)?.jobs.length ?? 0), 0);

const BootstrapQuery = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .default(false),
  /** Addresses of jobs and applications that the files adopt; everything else is unchanged. */
  adopt: z.union([z.string().transform((address) => [address]), z.array(z.string()).max(1_000)]).optional(),
  /** The files adopt everything that others changed; everything else is unchanged. */
  adoptAll: z.literal('true', 'must be true or omitted').optional(),
  /** Maximum deletions of jobs; if absent, no limit. */
  allowDelete: z
    .string()
    .regex(/^\d{1,6}$/, 'is not a number')
    .transform(Number)
    .optional()
    .meta({ format: 'int32', minimum: 0 }),
});

export const bootstrapRoutes = ({ sync }: ApiContext): Route[] => [
  defineRoute({
    method: 'post',
    path: '/bootstrap',
    operationId: 'applyBootstrap',
    summary: 'Applies application and job files, or shows what applying would change',
    permission: 'scheduler:jobs:write',
    bound: 'closed',
    query: BootstrapQuery,
    body: BootstrapBody,
    takesLong: true,
    bounds: { bytes: MAX_FILE_BYTES, values: MAX_VALUES },
    result: BootstrapReport,
    responses: { 200: 'The action for each application and job, done or planned' },
    handle: async ({ context, tenantFor, query: { dryRun, adopt, adoptAll, allowDelete }, body }) => {
      const { correlationId, traceparent, reason, canReadExecutions } = context;
      const requested = `requested by ${actorName(context.actor)}`;
      const { applications, position } = await sync({
        sources: body.applications.map(({ folder, ...source }, index) => ({
          ...source,
          folder: folder ?? `applications/${index}`,
        })),
        mode: dryRun ? 'plan' : 'apply',
        adopt: adoptAll === undefined ? adopt : 'all',
        allowDelete,
        tenantFor,
        origin: defined({
          correlationId,
          reason: reason === undefined ? requested : `${requested}: ${reason}`,
          traceparent,
          ...(canReadExecutions && { canReadExecutions }),
        }),
        catchUpMs: CATCH_UP_MS,
      });
      const response = { status: 200, body: { applied: !dryRun, applications } };
      return respondToCommand({ value: undefined, revision: 0, position }, response);
    },
  }),
];
