import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';
import { DomainError } from '../domain/domain-error.ts';
import type { TenantQuotas } from '../domain/quotas.ts';
import type { Tenant } from '../domain/values.ts';
import { awaitWithTimeout } from '../runtime/timeout.ts';
import { awaitReadModels, type CommandReads } from './read-models.ts';

/** What a tenant may have only so many of; of pauses, those in force. */
type HoldingKind = 'jobs' | 'alertRules' | 'calendars' | 'pauses';

/**
 * Runs what may add one to what the tenant has. It calls `admit` before it adds one, and ends once that is in the log or
 * given up: those under way meanwhile count as if they were there.
 * @throws DomainError TOO_MANY_… from `admit`, if the tenant has as many as it may have
 */
type AddHolding = <T>(tenant: Tenant, add: (admit: () => Promise<void>) => Promise<T>) => Promise<T>;

export type ResourceQuotas = Readonly<Record<HoldingKind, AddHolding>>;

/** How many a tenant has, with all that is in the log when this is asked. */
type CountHoldings = Readonly<Record<HoldingKind, (tenant: Tenant) => Promise<number>>>;

/** An alert rule is judged for each job that it watches. */
const MAX_ALERT_RULES = 100;
/** Every engine has the calendars and pauses of all tenants in memory. */
const MAX_CALENDARS = 1_000;
const MAX_PAUSES = 1_000;

export const createResourceQuotas = (countOf: CountHoldings, mostJobs: TenantQuotas['jobs']): ResourceQuotas => ({
  jobs: addWithin({
    count: countOf.jobs,
    most: mostJobs,
    code: 'TOO_MANY_JOBS',
    why: `the tenant has reached its limit of ${mostJobs} jobs: delete some, or ask the operator to raise TENANT_JOBS`,
  }),
  alertRules: addWithin({
    count: countOf.alertRules,
    most: MAX_ALERT_RULES,
    code: 'TOO_MANY_ALERT_RULES',
    why: `the tenant has reached the limit of ${MAX_ALERT_RULES} alert rules: delete one first`,
  }),
  calendars: addWithin({
    count: countOf.calendars,
    most: MAX_CALENDARS,
    code: 'TOO_MANY_CALENDARS',
    why: `the tenant has reached the limit of ${MAX_CALENDARS} calendars: delete one first`,
  }),
  pauses: addWithin({
    count: countOf.pauses,
    most: MAX_PAUSES,
    code: 'TOO_MANY_PAUSES',
    why: `the tenant has reached the limit of ${MAX_PAUSES} active pauses: end one first`,
  }),
});

type HoldingLimit = {
  readonly count: CountHoldings[HoldingKind];
  /** Undefined where there is no limit. */
  readonly most: number | undefined;
  readonly code: DomainErrorCode;
  readonly why: string;
};

const addWithin = ({ count, most, code, why }: HoldingLimit): AddHolding => {
  if (most === undefined) return (_tenant, add) => add(async () => {});
  const requestInProgress = new Map<Tenant, Set<Promise<void>>>();

  /** Whether one more has room, after those that began before it. Where that depends on them, it waits for their ends. */
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
      if (!(await hasRoom(tenant, before))) throw new DomainError(code, why);
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

/** How long a pause or a calendar waits for its count. */
const TIMEOUT_MS = 3_000;

/** Counts by the read models, as they are once they show the log or are given up on. Pauses and calendars are set also while Postgres is away: then there is none to count. */
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
