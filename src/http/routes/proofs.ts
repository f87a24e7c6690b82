import type { Response } from 'express';
import { z } from 'zod';
import { DomainError, rejectField } from '../../domain/domain-error.ts';
import { jobStream, runsStream } from '../../domain/streams.ts';
import { InstantInput, type Tenant, toInstant, toMs } from '../../domain/values.ts';
import type { ExportRequest } from '../../proofs/export-log.ts';
import { LogAltered } from '../../proofs/export-log.ts';
import type { EventPlace, GivenAnchor } from '../../proofs/prover.ts';
import { EXPORT_FORMATS } from '../../proofs/rows.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { ApiContext } from '../context.ts';
import { executionMissing } from '../instants.ts';
import { CheckpointSchema, ConsistencySchema, InclusionSchema } from '../resources/audit.ts';
import { drained } from '../responses/response.ts';
import { defineRoute, type Route, type RouteRequest } from '../route.ts';
import { PathId } from '../validate.ts';

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
  ofOneTenant: true,
  readsNoList: true,
  takesLong: true,
} as const;

export const proofRoutes = (api: ApiContext): Route[] => [
  defineRoute({
    ...AUDIT,
    method: 'get',
    path: '/audit/checkpoint',
    operationId: 'getCheckpoint',
    summary: "Returns a signed checkpoint of a tenant's events, to store outside Carillon",
    result: CheckpointSchema,
    responses: { 200: 'The checkpoint, and the keys that verify it' },
    handle: async (request) => ({
      status: 200,
      body: checkpointResource(await api.prover.anchor(request.scope.tenant)),
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
    responses: { 200: 'The event, and the proof as a file that anyone can verify' },
    handle: async (request) => {
      const found = await api.prover.inclusion(request.scope.tenant, await placeOf(request, api));
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
    responses: { 200: 'Both roots, and the hashes that connect them' },
    handle: async (request) => {
      const { older, newer, proof } = await api.prover.consistency(request.scope.tenant, request.query);
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

const placeOf = async (request: InclusionRequest, api: ApiContext): Promise<EventPlace> => {
  const { executionId, jobId, version } = request.query;
  if (executionId !== undefined) {
    if (jobId !== undefined || version !== undefined) {
      throw rejectField('BAD_INPUT', '/executionId', 'cannot be combined with `jobId` and `version`: omit those');
    }
    const last = await api.queries.lastEventOfExecution(request.scope, executionId);
    if (last === undefined) throw await executionMissing(api, request.scope, executionId);
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

const ExportQuery = z.strictObject({
  from: InstantInput.meta({ description: 'Events recorded at or after this instant' }),
  to: InstantInput.exactOptional().meta({ description: 'Events recorded before this instant; default: now' }),
  format: z.enum(EXPORT_FORMATS).default('ndjson'),
});

/** Each export reads the log, so a process has few in progress, each of another tenant. */
const MAX_EXPORTS = 4;

/** `GET /audit/export`: the client's reading sets the pace. */
export const exportRoutes = ({ prover, clock, health }: ApiContext): Route[] => {
  const inProgress = new Set<Tenant>();
  const stream = async (response: Response, request: Omit<ExportRequest, 'signal'>): Promise<void> => {
    const { tenant, from, to, format } = request;
    if (inProgress.has(tenant)) {
      throw new DomainError('TOO_MANY_STREAMS', 'an export of the tenant is in progress: retry when it has ended');
    }
    if (inProgress.size >= MAX_EXPORTS) {
      throw new DomainError('TOO_MANY_STREAMS', `${inProgress.size} exports are in progress: retry when one has ended`);
    }
    inProgress.add(tenant);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      const chunks = await prover.export({ ...request, signal: gone.signal });
      response.status(200).set({
        'Content-Type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8',
        'Content-Disposition': `attachment; filename="carillon-${from.slice(0, 10)}-${to.slice(0, 10)}.${format}"`,
        'Cache-Control': 'no-store',
      });
      for await (const chunk of withReason(chunks, health.world)) {
        if (gone.signal.aborted) return;
        if (!response.write(chunk)) await drained(response);
      }
      response.end();
    } catch (error) {
      // A response that has begun can't become a problem; without its manifest it is no valid export.
      if (!response.headersSent) throw error;
      if (!gone.signal.aborted) health.world.log.warn({ error }, 'an export failed before its end');
      response.destroy();
    } finally {
      inProgress.delete(tenant);
    }
  };
  return [
    defineRoute({
      ...AUDIT,
      method: 'get',
      path: '/audit/export',
      operationId: 'exportLog',
      summary: 'Exports the events of a tenant with a signed manifest that proves that none was changed or omitted',
      details: 'Each line is a row; the first is a header and the last is the manifest. See docs/how-to/audit.md.',
      query: ExportQuery,
      result: z.string(),
      mediaType: 'application/x-ndjson',
      responses: { 200: 'The export' },
      problems: { 409: 'The server has no signing key', 429: 'The limit of simultaneous exports is reached' },
      handle: async ({ query, caller: { user: exportedBy }, scope: { tenant } }) => {
        const { from, to = toInstant(clock.now()), format } = query;
        if (toMs(to) <= toMs(from)) {
          throw query.to === undefined
            ? rejectField('BAD_INPUT', '/from', 'is in the future')
            : rejectField('BAD_INPUT', '/to', 'must be after `from`');
        }
        return { status: 200, stream: (response) => stream(response, { tenant, from, to, format, exportedBy }) };
      },
    }),
  ];
};

/** If the log was altered, the last line states it in place of a manifest. */
async function* withReason(chunks: AsyncIterable<Buffer>, { log }: Runtime): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* chunks;
  } catch (error) {
    if (!(error instanceof LogAltered)) throw error;
    log.error({ error: error.message }, 'the log does not match its hash tree: someone altered it');
    yield Buffer.from(`\n${JSON.stringify({ brokenOff: error.message })}\n`);
  }
}
