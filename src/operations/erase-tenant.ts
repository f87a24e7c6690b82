import { changeDocument, ERASURES, loadDocument } from '../commands/loop/documents.ts';
import { contextOfRequest } from '../commands/operation/operations.ts';
import { DomainError } from '../domain/domain-error.ts';
import { CARILLON, type TenantErasure } from '../domain/events/index.ts';
import { decideEndErasure } from '../domain/tenant.ts';
import { type Tenant, toMs } from '../domain/values.ts';
import { StreamParked } from '../event-store/errors.ts';
import { allItems } from '../projections/queries/page.ts';
import { createWorkRunner, type WorkRunner, type WorkTurn } from '../runtime/leased-work.ts';
import { createSemaphore } from '../runtime/semaphore.ts';
import type { OperationContext } from './context.ts';

/** Maximum resources of each kind to erase per round, and simultaneously. */
const PAGE = 25;
const AT_ONCE = 10;
const ROUND_MS = 500;
/**
 * For this long after the request, a process may accept requests that it began to check before (`commands/tenant.ts`):
 * the erasure does not complete earlier.
 */
const SETTLE_MS = 5_000;
const MAX_ERASURES = 4;

/** Erases tenants, each in one process, with commands that are exempt from the rejection of erased tenants. */
export const createEraser = (deps: OperationContext): WorkRunner =>
  createWorkRunner(deps, {
    name: 'erasures',
    most: MAX_ERASURES,
    find: (limit) => deps.queries.openErasures(limit),
    leaseOf: (tenant) => `erasure of ${tenant}`,
    fieldsOf: (tenant) => ({ tenant }),
    tenantOf: (tenant) => tenant,
    carryOut: (tenant, turn) => eraseTenant(deps, tenant, turn),
  });

/**
 * Erases everything of a tenant, round by round until its turn is over, with the commands that a user would use. Each round
 * looks up what is left, so it does not matter where an earlier process died. Rejections, such as of an application with
 * open executions, are left to the next round.
 * @throws errors of the log and of Postgres, and the signal's reason: call it again
 */
const eraseTenant = async (deps: OperationContext, tenant: Tenant, { signal, isOver }: WorkTurn): Promise<void> => {
  const { clock, timers } = deps.world;
  do {
    signal.throwIfAborted();
    const { state: erasure } = await loadDocument(deps.store, ERASURES, tenant);
    if (erasure === undefined || erasure.erasedAt !== undefined) return;
    const isSettled = clock.now() - toMs(erasure.createdAt) >= SETTLE_MS;
    if (await deps.caughtUp()) {
      const left = await whatIsLeft(deps, erasure);
      if (left.length === 0 && isSettled) return recordEnd(deps, erasure);
      await endAll(deps, left);
    }
    await timers.sleep(ROUND_MS, signal);
  } while (!isOver());
};

type EndCommand = () => Promise<unknown>;

/** The commands that erase what the read models show of the tenant, a page per kind. */
const whatIsLeft = async (
  { queries, commands }: OperationContext,
  erasure: TenantErasure,
): Promise<readonly EndCommand[]> => {
  const scope = { tenant: erasure.tenant };
  const page = { limit: PAGE };
  const context = contextOfRequest(erasure);
  const [executions, jobs, applications, calendars, alertRules] = await Promise.all([
    queries.listExecutions(scope, { status: ['pending', 'running'] }, page),
    queries.listJobs(scope, {}, page),
    queries.listApplications(scope, page),
    queries.listCalendars(scope, page),
    queries.listAlertRules(scope, page),
  ]);
  const endings: EndCommand[] = [
    ...jobs.items.map(
      ({ job: { jobId } }) =>
        () =>
          commands.deleteJob(context, jobId, {}),
    ),
    ...executions.items.map(
      ({ id: executionId, jobId }) =>
        () =>
          commands.cancelExecution(context, { executionId, jobId }),
    ),
    ...applications.items.map(
      ({ id }) =>
        () =>
          commands.deleteApplication(context, id, {}),
    ),
    ...calendars.items.map(
      ({ name }) =>
        () =>
          commands.deleteCalendar(context, name),
    ),
    ...alertRules.items.map(
      ({ rule: { name } }) =>
        () =>
          commands.deleteAlertRule(context, name, {}),
    ),
  ];
  // Pauses of the installation bind all tenants' jobs and are not this tenant's.
  for await (const { id, scope: of } of allItems((next) => queries.listPauses(scope, next))) {
    if (of !== 'installation') endings.push(() => commands.liftPause(context, id, 'tenant'));
  }
  for await (const { id, revokedAt } of allItems((next) => queries.listTokens(scope, next))) {
    if (revokedAt === undefined) endings.push(() => commands.revokeToken(context, id));
  }
  for (const { jobId } of await queries.listAcknowledgements(scope)) {
    endings.push(() => commands.endAcknowledgement(context, jobId));
  }
  for (const { name } of await queries.listSavedViews(scope)) endings.push(() => commands.deleteView(context, name));
  return endings;
};

const endAll = async ({ world }: OperationContext, endings: readonly EndCommand[]): Promise<void> => {
  const places = createSemaphore(AT_ONCE);
  const settled = await Promise.allSettled(endings.map((end) => places.run(end)));
  for (const result of settled) {
    if (result.status === 'fulfilled') continue;
    const { reason } = result;
    if (!(reason instanceof DomainError || reason instanceof StreamParked)) throw reason;
    world.log.debug({ err: reason }, 'erasures: some data remains for the next round');
  }
};

const recordEnd = async (deps: OperationContext, erasure: TenantErasure): Promise<void> => {
  const { tenant, correlationId, createdAt } = erasure;
  const counts = await deps.queries.countEnded({ tenant }, { correlationId, from: createdAt });
  await changeDocument(deps, ERASURES, {
    key: [tenant],
    context: { tenant, actor: CARILLON, correlationId },
    decide: (existing, nowMs) => decideEndErasure(existing, counts, nowMs),
  });
  deps.world.log.info({ tenant, correlationId, counts }, 'erasures: finished erasing a tenant');
};
