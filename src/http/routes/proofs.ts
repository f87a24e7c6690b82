import { z } from 'zod';
import { DomainError, rejectField } from '../../domain/domain-error.ts';
import { jobStream, runsStream } from '../../domain/streams.ts';
import type { EventPlace, GivenAnchor } from '../../proofs/prover.ts';
import { executionMissing } from '../past.ts';
import { CheckpointSchema, ConsistencySchema, InclusionSchema } from '../resources/audit.ts';
import { defineRoute, type Route, type RouteRequest, tenantScope } from '../route.ts';
import { PathId } from '../validate.ts';
import type { RouteDeps } from './deps.ts';

/** A whole number of leaves, written plainly. */
const Size = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,15})$/, 'is not a number of events')
  .transform(Number)
  .refine(Number.isSafeInteger, 'is not a number of events')
  .meta({ format: 'int64', minimum: 0 });

const InclusionQuery = z.strictObject({
  executionId: PathId.exactOptional().meta({
    description: 'Proves the last event of an execution: its outcome, once it has one',
  }),
  jobId: PathId.exactOptional().meta({ description: 'Proves a version of a job' }),
  version: PathId.exactOptional().meta({ description: 'Version of the job; the first is 1' }),
});
const ConsistencyQuery = z.strictObject({
  older: Size.meta({ description: 'The earlier size of the tree' }),
  newer: Size.exactOptional().meta({ description: 'The later size; default: the current size' }),
});

const AUDIT = {
  permission: 'scheduler:audit:read',
  bound: 'closed',
  readsNoList: true,
  takesLong: true,
} as const;

export const proofRoutes = ({ prover, queries }: Pick<RouteDeps, 'prover' | 'queries'>): Route[] => [
  defineRoute({
    ...AUDIT,
    method: 'get',
    path: '/audit/checkpoint',
    operationId: 'getCheckpoint',
    summary: "Returns a signed checkpoint of a tenant's events, to store outside Carillon",
    result: CheckpointSchema,
    answers: { 200: 'The checkpoint, and the keys that verify it' },
    handle: async (request) => ({
      status: 200,
      body: checkpointResource(await prover.anchor(tenantScope(request).tenant)),
    }),
  }),
  defineRoute({
    ...AUDIT,
    method: 'get',
    path: '/audit/inclusion',
    operationId: 'proveInclusion',
    summary: 'Proves that the log contains an execution or a version of a job as shown',
    query: InclusionQuery,
    result: InclusionSchema,
    answers: { 200: 'The event, and the proof as a file that anyone can verify' },
    handle: async (request) => {
      const found = await prover.inclusion(tenantScope(request).tenant, await placeOf(request, { queries }));
      if (found === undefined) throw notFound(request.query);
      const { index, size, content, file } = found;
      return { status: 200, body: { index, size, event: JSON.parse(content), file } };
    },
  }),
  defineRoute({
    ...AUDIT,
    method: 'get',
    path: '/audit/consistency',
    operationId: 'proveConsistency',
    summary: 'Proves that a later tree extends an earlier one, so that nothing was rewritten',
    query: ConsistencyQuery,
    result: ConsistencySchema,
    answers: { 200: 'Both roots, and the hashes that connect them' },
    handle: async (request) => {
      const { older, newer, proof } = await prover.consistency(tenantScope(request).tenant, request.query);
      return {
        status: 200,
        body: {
          older: { size: older.size, root: older.root.toString('base64') },
          newer: checkpointResource(newer),
          proof: proof.map((hash) => hash.toString('base64')),
        },
      };
    },
  }),
];

const checkpointResource = ({ origin, size, root, checkpoint, keys }: GivenAnchor) => ({
  origin,
  size,
  root: root.toString('base64'),
  checkpoint,
  keys,
});

type InclusionRequest = RouteRequest & { readonly query: z.output<typeof InclusionQuery> };

const placeOf = async (request: InclusionRequest, { queries }: Pick<RouteDeps, 'queries'>): Promise<EventPlace> => {
  const { executionId, jobId, version } = request.query;
  if (executionId !== undefined) {
    if (jobId !== undefined || version !== undefined) {
      throw rejectField('BAD_INPUT', '/executionId', 'cannot be combined with `jobId` and `version`: omit those');
    }
    const last = await queries.lastEventOfExecution(tenantScope(request), executionId);
    if (last === undefined) throw await executionMissing({ queries }, tenantScope(request), executionId);
    return { stream: runsStream(last.jobId), revision: last.revision };
  }
  if (jobId === undefined)
    throw rejectField('BAD_INPUT', '/executionId', 'is required, or else `jobId` with `version`');
  if (version === undefined) throw rejectField('BAD_INPUT', '/version', 'is required with `jobId`');
  return { stream: jobStream(jobId), revision: version - 1 };
};

const notFound = ({ executionId, jobId, version }: InclusionRequest['query']): DomainError =>
  executionId === undefined
    ? new DomainError('VERSION_NOT_FOUND', `there is no version ${version} of a job ${jobId}`)
    : new DomainError('EXECUTION_NOT_FOUND', `there is no execution ${executionId}`);
