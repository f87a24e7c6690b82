import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';
import { DomainError } from '../domain/domain-error.ts';
import type { TenantQuotas } from '../domain/quotas.ts';
import type { Tenant } from '../domain/values.ts';
import { awaitWithTimeout } from '../runtime/timeout.ts';
import { awaitReadModels, type CommandReads } from './read-models.ts';

/** Resources with a quota per tenant; of pauses, only active ones count. */
type HoldingKind = 'jobs' | 'alertRules' | 'calendars' | 'pauses';

/**
 * Runs an operation that may add a resource to a tenant. Call `admit` before adding it. The operation counts against the
 * quota until its promise settles: by then, the resource is in the log or the operation has failed.
 * @throws DomainError TOO_MANY_… from `admit`, if the tenant has reached its quota
 */
type AddHolding = <T>(tenant: Tenant, add: (admit: () => Promise<void>) => Promise<T>) => Promise<T>;

export type ResourceQuotas = Readonly<Record<HoldingKind, AddHolding>>;

/** Counts a tenant's resources, including everything in the log at the time of the call. */
type CountHoldings = Readonly<Record<HoldingKind, (tenant: Tenant) => Promise<number>>>;

/** Each rule is evaluated for each job that it watches. */
const MAX_ALERT_RULES = 100;
/** Every engine has all tenants' calendars and pauses in memory. */
const MAX_CALENDARS = 1_000;
const MAX_PAUSES = 1_000;

export const createResourceQuotas = (countOf: CountHoldings, mostJobs: TenantQuotas['jobs']): ResourceQuotas => {
  const tooMany = (code: DomainErrorCode, limit: string, remedy: string) => (): DomainError =>
    new DomainError(code, `the tenant has reached ${limit}: ${remedy}`);
  const raise = 'delete some, or ask the operator to raise TENANT_JOBS';
  const jobs = tooMany('TOO_MANY_JOBS', `its limit of ${mostJobs} jobs`, raise);
  const rules = tooMany('TOO_MANY_ALERT_RULES', `the limit of ${MAX_ALERT_RULES} alert rules`, 'delete one first');
  const calendars = tooMany('TOO_MANY_CALENDARS', `the limit of ${MAX_CALENDARS} calendars`, 'delete one first');
  const pauses = tooMany('TOO_MANY_PAUSES', `the limit of ${MAX_PAUSES} active pauses`, 'end one first');
  return {
    jobs: addWithin(countOf.jobs, mostJobs, jobs),
    alertRules: addWithin(countOf.alertRules, MAX_ALERT_RULES, rules),
    calendars: addWithin(countOf.calendars, MAX_CALENDARS, calendars),
    pauses: addWithin(countOf.pauses, MAX_PAUSES, pauses),
  };
};

/** @param most `undefined` for no limit */
const addWithin = (
  count: CountHoldings[HoldingKind],
  most: number | undefined,
  tooMany: () => DomainError,
): AddHolding => {
  if (most === undefined) return (_tenant, add) => add(async () => {});
  const requestInProgress = new Map<Tenant, Set<Promise<void>>>();

  /**
   * Returns whether there is quota for one more, after the operations that began before. Waits for their ends if it depends
   * on them.
   */
  const hasRoom = async (tenant: Tenant, before: readonly Promise<void>[]): Promise<boolean> => {
    const has = await count(tenant);
    if (has >= most || has + before.length < most) return has < most;
    await Promise.all(before);
    return (await count(tenant)) < most;
  };

  return async (tenant, add) => {
    const ended = Promise.withResolvers<void>();
    const admit = async () => {
      const others = requestInProgress.get(tenant) ?? new Set();
      if (others.has(ended.promise)) return;
      const before = [...others];
      requestInProgress.set(tenant, others.add(ended.promise));
      if (!(await hasRoom(tenant, before))) throw tooMany();
    };
    try {
      return await add(admit);
    } finally {
      ended.resolve();
      const others = requestInProgress.get(tenant);
      if (others?.delete(ended.promise) && others.size === 0) requestInProgress.delete(tenant);
    }
  };
};

/** How long a pause or calendar waits for the count. */
const TIMEOUT_MS = 3_000;

/**
 * Counts with the read models, when they are up to date or after the timeout. Pauses and calendars can be set while Postgres
 * is unavailable, without a count.
 */
export const resourceCounts = (reads: CommandReads): CountHoldings => {
  const { queries, world } = reads;
  const shown =
    (count: (tenant: string) => Promise<number | undefined>) =>
    async (tenant: string): Promise<number> => {
      await awaitReadModels(reads);
      return (await count(tenant)) ?? 0;
    };
  const orNone = (count: (tenant: string) => Promise<number>) => async (tenant: string) =>
    (await awaitWithTimeout(
      world.timers,
      TIMEOUT_MS,
      count(tenant).catch(() => 0),
    )) ?? 0;
  const one = { limit: 1 };
  return {
    jobs: shown(async (tenant) => (await queries.listJobs({ tenant }, {}, one)).total),
    alertRules: shown(queries.countAlertRules),
    calendars: orNone(shown(async (tenant) => (await queries.listCalendars({ tenant }, one)).total)),
    pauses: orNone(shown(async (tenant) => (await queries.listPauses({ tenant }, one)).total)),
  };
};
