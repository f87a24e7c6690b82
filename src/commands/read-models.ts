import type { ApplicationOwner } from '../domain/application.ts';
import type { SlotHistory } from '../domain/backfill/backfill.ts';
import type { ClosureBook } from '../domain/closure/closure-book.ts';
import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';
import { DomainError } from '../domain/domain-error.ts';
import { durationMs } from '../domain/duration.ts';
import type { Application, JobSelection } from '../domain/events/index.ts';
import type { IdRanges } from '../domain/id-ranges.ts';
import { type ApplicationId, type PauseId, type Tenant, toInstant } from '../domain/values.ts';
import type { EventStore, Position } from '../event-store/port.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** The first jobs that use a resource, and their number, according to the read models. */
export type JobReferences = {
  readonly first: readonly { readonly jobId: number; readonly name: string }[];
  readonly total: number;
};

/** The first open executions, and their number. */
type OpenExecutions = { readonly first: readonly number[]; readonly total: number };

type OfTenant = { readonly tenant: Tenant };
type OfApplication = { readonly applicationId: ApplicationId; readonly name: string };
/** The jobs to search; `applications` undefined means all. */
type JobsScope = OfTenant & { readonly applications?: readonly number[] };
type ListTotal = Promise<{ readonly total?: number }>;
type One = { readonly limit: number };

/** The queries of commands. */
export type CommandReads = {
  readonly store: EventStore;
  readonly world: Runtime;
  readonly queries: {
    awaitPosition(position: Position, timeoutMs: number): Promise<boolean>;
    listJobs(scope: OfTenant, filter: Readonly<Record<never, never>>, page: One): ListTotal;
    listCalendars(scope: OfTenant, page: One): ListTotal;
    listPauses(scope: OfTenant, page: One): ListTotal;
    countAlertRules(tenant: Tenant): Promise<number>;
    jobsWithCalendar(scope: OfTenant, name: string): Promise<JobReferences>;
    jobsWithLimit(scope: OfTenant, limit: OfApplication): Promise<JobReferences>;
    jobsWithHookVariable(scope: OfTenant, variable: OfApplication): Promise<JobReferences>;
    jobsOfApplication(scope: OfTenant, applicationId: ApplicationId): Promise<JobReferences>;
    openExecutionsOf(scope: OfTenant, applicationId: ApplicationId): Promise<OpenExecutions>;
    pausesOfApplication(scope: OfTenant, applicationId: ApplicationId): Promise<readonly PauseId[]>;
    loadClosures(
      scope: OfTenant,
      search: { readonly calendars: readonly string[]; readonly afterMs: number },
    ): Promise<ClosureBook>;
    slotHistory(scope: OfTenant, jobId: number, slotsMs: readonly number[]): Promise<SlotHistory>;
    findJobs(scope: JobsScope, filter: JobSelection): Promise<IdRanges>;
    limitUse(
      scope: OfTenant,
      limit: OfApplication & { readonly since: string },
    ): Promise<{ readonly running: number; readonly begun: number }>;
  };
};

/** How long a command waits for the read models that it depends on. */
const CATCH_UP_MS = 2_000;

/** Waits until the read models reach the current end of the log; false if that takes longer than `limitMs`. */
export const awaitReadModels = async ({ store, queries }: CommandReads, limitMs = CATCH_UP_MS): Promise<boolean> => {
  const end = await store.end();
  return end === undefined || queries.awaitPosition(end, limitMs);
};

type NamedRef = ApplicationOwner & { readonly name: string };

/** What commands look up in the read models, which first reach the end of the log, or as much of it as they can in time. */
export const readModelsOf = (reads: CommandReads) => {
  const { queries, world } = reads;
  /** @throws DomainError READ_MODELS_BEHIND */
  const requireCaughtUp = async (what: string): Promise<void> => {
    if (await awaitReadModels(reads)) return;
    throw new DomainError(
      'READ_MODELS_BEHIND',
      `the read models have not caught up, so ${what} are not known yet: retry`,
    );
  };
  return {
    /** Finds all jobs that match a filter; `undefined` if the read models are not up to date in time. */
    findJobs: async (scope: JobsScope, filter: JobSelection): Promise<IdRanges | undefined> => {
      try {
        return (await awaitReadModels(reads)) ? await queries.findJobs(scope, filter) : undefined;
      } catch (error) {
        world.log.warn({ error }, 'the jobs of a bulk operation could not be read at its start');
        return undefined;
      }
    },
    /** The outcomes of a job's slots, epoch ms. @throws DomainError READ_MODELS_BEHIND */
    slotHistory: async (
      { tenant, jobId }: { readonly tenant: Tenant; readonly jobId: number },
      slotsMs: readonly number[],
    ): Promise<SlotHistory> => {
      await requireCaughtUp('the called slots');
      return queries.slotHistory({ tenant }, jobId, slotsMs);
    },
    /** Whether an application's limit has capacity for one more call. */
    hasRoom: async ({ tenant, applicationId, limits = [] }: Application, name: string): Promise<boolean> => {
      const limit = limits.find((each) => each.name === name);
      if (limit === undefined) return true;
      const { parallel, rate } = limit;
      const since = toInstant(world.clock.now() - (rate === undefined ? 0 : durationMs(rate.per)));
      const { running, begun } = await queries.limitUse({ tenant }, { applicationId, name, since });
      return (parallel === undefined || running < parallel) && (rate === undefined || begun < rate.count);
    },
    jobsWithCalendar: async (tenant: Tenant, name: string): Promise<JobReferences> => {
      await awaitReadModels(reads);
      return queries.jobsWithCalendar({ tenant }, name);
    },
    jobsWithLimit: async ({ tenant, ...limit }: NamedRef): Promise<JobReferences> => {
      await awaitReadModels(reads);
      return queries.jobsWithLimit({ tenant }, limit);
    },
    /** Jobs with a hook that has a variable in its URL. @throws DomainError READ_MODELS_BEHIND */
    jobsWithHookVariable: async ({ tenant, ...variable }: NamedRef): Promise<JobReferences> => {
      await requireCaughtUp('the jobs');
      return queries.jobsWithHookVariable({ tenant }, variable);
    },
    /**
     * An application's existing jobs, and open executions, including those of deleted jobs.
     * @throws DomainError READ_MODELS_BEHIND
     */
    usesOfApplication: async ({ tenant, applicationId }: ApplicationOwner) => {
      await requireCaughtUp('the jobs');
      const [jobs, executions] = await Promise.all([
        queries.jobsOfApplication({ tenant }, applicationId),
        queries.openExecutionsOf({ tenant }, applicationId),
      ]);
      return { jobs, executions };
    },
    /** The active pauses of an application. */
    pausesOfApplication: async ({ tenant, applicationId }: ApplicationOwner): Promise<readonly PauseId[]> => {
      await awaitReadModels(reads);
      return queries.pausesOfApplication({ tenant }, applicationId);
    },
  };
};

export type ReadModels = ReturnType<typeof readModelsOf>;

/** @throws DomainError with this code if jobs use it */
export const rejectInUse = (code: DomainErrorCode, what: string, { first, total }: JobReferences): void => {
  if (total === 0) return;
  const named = first.map(({ jobId, name }) => `${jobId} (${name})`).join(', ');
  const others = total > first.length ? ` and ${total - first.length} more` : '';
  throw new DomainError(
    code,
    `${what} is used by ${total === 1 ? 'job' : 'jobs'} ${named}${others}: change these first`,
  );
};
