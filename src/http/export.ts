import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { DomainError, rejectField } from '../domain/domain-error.ts';
import { EVERY_TENANT, InstantInput, type Tenant, TenantChoice, toInstant, toMs } from '../domain/values.ts';
import { LogAltered } from '../proofs/export-log.ts';
import type { Prover } from '../proofs/prover.ts';
import { EXPORT_FORMATS } from '../proofs/rows.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Authenticate } from './callers/authenticate.ts';
import { requirePermission, tenantOf } from './callers/authorize.ts';
import { rejectBound } from './callers/bound-callers.ts';
import { admitRequest, countCallers, type RequestQuotas } from './callers/quotas.ts';
import { withInstants } from './instants.ts';
import { rejectOtherMethods } from './responses/reject.ts';
import { drained } from './responses/response.ts';
import { validate } from './validate.ts';

/** What an export is asked for. */
export const ExportQuery = z.strictObject({
  from: InstantInput.meta({ description: 'Events recorded at or after this instant' }),
  to: InstantInput.exactOptional().meta({ description: 'Events recorded before this instant; default: now' }),
  format: z.enum(EXPORT_FORMATS).default('ndjson'),
});

export type ExportRouterDeps = {
  readonly prover: Pick<Prover, 'export'>;
  readonly authenticate: Authenticate;
  readonly quotas: Pick<RequestQuotas, 'countRequest'>;
  readonly clock: Runtime['clock'];
  readonly health: { readonly world: Pick<Runtime, 'log'> };
};

const Query = ExportQuery.extend({ tenant: TenantChoice.optional() });
/** Each export reads the log, so a process has few under way, each of another tenant. */
const MAX_AT_ONCE = 4;

/** `GET /audit/export`: the answer is written at the pace at which the client reads it. */
export const exportRouter = ({ prover, authenticate, quotas, clock, health }: ExportRouterDeps): Router => {
  const requestInProgress = new Set<Tenant>();

  const serve = async (request: Request, response: Response): Promise<void> => {
    const caller = await authenticate(request);
    admitRequest(response, caller, quotas);
    requirePermission(caller, 'scheduler:audit:read');
    rejectBound(caller);
    const asked = validate('BAD_INPUT', Query, withInstants(request.query, clock.now()));
    const { from, to = toInstant(clock.now()), format } = asked;
    const tenant = tenantOf(caller, asked.tenant);
    if (tenant === EVERY_TENANT) throw rejectField('BAD_INPUT', '/tenant', 'must be one tenant here, not *');
    if (toMs(to) <= toMs(from)) {
      throw asked.to === undefined
        ? rejectField('BAD_INPUT', '/from', 'is in the future')
        : rejectField('BAD_INPUT', '/to', 'must be after `from`');
    }
    if (requestInProgress.has(tenant)) {
      throw new DomainError('TOO_MANY_STREAMS', 'an export of the tenant is in progress: retry when it has ended');
    }
    if (requestInProgress.size >= MAX_AT_ONCE) {
      throw new DomainError(
        'TOO_MANY_STREAMS',
        `${requestInProgress.size} exports are in progress: retry when one has ended`,
      );
    }
    requestInProgress.add(tenant);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      const chunks = await prover.export({ tenant, from, to, format, exportedBy: caller.user, signal: gone.signal });
      response.status(200).set({
        'Content-Type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8',
        'Content-Disposition': `attachment; filename="carillon-${from.slice(0, 10)}-${to.slice(0, 10)}.${format}"`,
        'Cache-Control': 'no-store',
      });
      for await (const chunk of sayingWhy(chunks, health.world)) {
        if (gone.signal.aborted) return;
        if (!response.write(chunk)) await drained(response);
      }
      response.end();
    } catch (error) {
      // Once the answer has begun, it cannot become a problem; without its manifest it does not pass for an export.
      if (!response.headersSent) throw error;
      if (!gone.signal.aborted) health.world.log.warn({ error }, 'an export failed before its end');
      response.destroy();
    } finally {
      requestInProgress.delete(tenant);
    }
  };

  const router = Router({ caseSensitive: true });
  router
    .route('/audit/export')
    .get(serve)
    .all(rejectOtherMethods(['GET'], countCallers(authenticate, quotas)));
  return router;
};

/** Where the log was altered, the last line says so instead of a manifest. */
async function* sayingWhy(
  chunks: AsyncIterable<Buffer>,
  { log }: Pick<Runtime, 'log'>,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* chunks;
  } catch (error) {
    if (!(error instanceof LogAltered)) throw error;
    log.error({ error: error.message }, 'the log does not match its hash tree: someone altered it');
    yield Buffer.from(`\n${JSON.stringify({ brokenOff: error.message })}\n`);
  }
}
