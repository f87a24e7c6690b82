import { type Difference, differences } from '../domain/difference.ts';
import { actorName } from '../domain/events/index.ts';
import type { Tenant } from '../domain/values.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { JobView } from '../projections/queries/jobs-row.ts';
import { allItems } from '../projections/queries/page.ts';
import { type AppResource, type AppResourceKind, type Waits, WHOLE_APPLICATION } from './app-resources.ts';

/** An existing resource. */
export type StoredAppResource = AppResource & {
  /** Who set it last. */
  readonly by: string;
  readonly at: string;
  /** Id of a pause. */
  readonly id?: number;
};

/** Why a resource is left unchanged although its file names it. */
export type ResourceSkipReason = 'set by someone else' | 'its instant has passed' | Waits;

/** What the sync does with a resource. */
export type AppResourceAction =
  | { readonly kind: 'create'; readonly wanted: AppResource }
  | {
      readonly kind: 'update';
      readonly wanted: AppResource;
      readonly stored: StoredAppResource;
      readonly changes: readonly Difference[];
    }
  | {
      readonly kind: 'skip';
      readonly wanted: AppResource;
      readonly stored?: StoredAppResource | undefined;
      readonly changes: readonly Difference[];
      readonly reason: ResourceSkipReason;
    }
  | { readonly kind: 'keep' | 'delete'; readonly stored: StoredAppResource };

type PlanInput = {
  readonly wanted: readonly AppResource[];
  readonly stored: readonly StoredAppResource[];
  /** The kinds that the file defines; all others are left unchanged. */
  readonly kinds: ReadonlySet<AppResourceKind>;
  readonly owner: string;
  readonly nowMs: number;
  /** Whether the sync adopts what others have set. */
  readonly adopts: boolean;
};

type ResourceKey = { readonly kind: AppResourceKind; readonly name: string };
const keyOf = ({ kind, name }: ResourceKey): string => `${kind} ${name}`;

/** Plans the changes from the stored to the wanted resources. Resources that others set last are left unchanged. Pure. */
export const planAppResources = ({ wanted, stored, kinds, owner, nowMs, adopts }: PlanInput): AppResourceAction[] => {
  const there = new Map(stored.map((each) => [keyOf(each), each]));
  const names = new Set(wanted.map(keyOf));
  const unwanted = stored.filter((each) => kinds.has(each.kind) && each.by === owner && !names.has(keyOf(each)));
  return [
    ...wanted.map((each): AppResourceAction => {
      const before = there.get(keyOf(each));
      if (hasEnded(each, nowMs)) {
        return { kind: 'skip', wanted: each, stored: before, changes: [], reason: 'its instant has passed' };
      }
      if (each.waits !== undefined) {
        return { kind: 'skip', wanted: each, stored: before, changes: [], reason: each.waits };
      }
      if (before === undefined) return { kind: 'create', wanted: each };
      const changes = differences(before.value, each.value);
      if (changes.length === 0) return { kind: 'keep', stored: before };
      const change = { wanted: each, stored: before, changes };
      return before.by === owner || (adopts && !isBootstrap(before.by))
        ? { kind: 'update', ...change }
        : { kind: 'skip', ...change, reason: 'set by someone else' };
    }),
    ...unwanted.map((each): AppResourceAction => ({ kind: 'delete', stored: each })),
  ];
};

/**
 * Returns whether a bootstrap sync owns the resource. Calendars and rules have tenant-wide names: no application takes
 * another's.
 */
const isBootstrap = (by: string): boolean => by.startsWith(actorName({ type: 'bootstrap', name: '' }));

/** Returns whether it is a pause that would end before it begins. */
const hasEnded = ({ kind, value: { until } }: AppResource, nowMs: number): boolean =>
  kind === 'pause' && typeof until === 'string' && Date.parse(until) <= nowMs;

type ReadInput = {
  readonly tenant: Tenant;
  readonly applicationId: number;
  readonly jobs: readonly JobView[];
  readonly wanted: readonly AppResource[];
  readonly kinds: ReadonlySet<AppResourceKind>;
  readonly owner: string;
};

/** Reads resources of these kinds that are wanted or that the sync has set. */
export const readAppResources = async (queries: Queries, input: ReadInput): Promise<StoredAppResource[]> => {
  const { tenant, applicationId, jobs, wanted, kinds, owner } = input;
  const scope = { tenant };
  const names = new Set(wanted.map(keyOf));
  const isMeant = (key: ResourceKey, by: string): boolean => names.has(keyOf(key)) || by === owner;
  const jobNames = new Map(jobs.map(({ job: { jobId, name } }) => [jobId, name]));
  const found: StoredAppResource[] = [];

  if (kinds.has('variable') || kinds.has('limit')) {
    const { variables = [], limits = [] } = (await queries.getValues(scope, applicationId)) ?? {};
    for (const { name, value, updatedBy: by, updatedAt: at } of variables) {
      found.push({ kind: 'variable', name, value: { value }, by, at });
    }
    for (const { name, parallel, rate, updatedBy: by, updatedAt: at } of limits) {
      found.push({ kind: 'limit', name, value: { parallel, rate }, by, at });
    }
  }
  if (kinds.has('calendar')) {
    for await (const { name, updatedBy: by, updatedAt: at } of allItems((page) => queries.listCalendars(scope, page))) {
      if (!isMeant({ kind: 'calendar', name }, by)) continue;
      const { dates, description } = (await queries.getCalendar(scope, name)) ?? {};
      found.push({ kind: 'calendar', name, value: { dates, description }, by, at });
    }
  }
  if (kinds.has('alertRule')) {
    for await (const { rule } of allItems((page) => queries.listAlertRules(scope, page))) {
      const {
        tenant: _,
        name,
        jobId,
        applicationId: of,
        createdAt: __,
        createdBy: ___,
        updatedAt: at,
        updatedBy: by,
        ...fields
      } = rule;
      if (!isMeant({ kind: 'alertRule', name }, by)) continue;
      const job = jobId === undefined ? undefined : (jobNames.get(jobId) ?? jobId);
      // A resource of another application never matches.
      const elsewhere = of === applicationId ? {} : { applicationId: of };
      found.push({ kind: 'alertRule', name, value: { ...fields, job, ...elsewhere }, by, at });
    }
  }
  if (kinds.has('pause')) {
    for await (const pause of allItems((page) => queries.listPauses(scope, page))) {
      const { id, scope: what, of, from, until, catchUp, reason, createdBy: by, createdAt: at } = pause;
      const job = what === 'job' ? jobNames.get(Number(of)) : undefined;
      const name = what === 'application' && of === applicationId ? WHOLE_APPLICATION : job;
      // Pauses that others set apply beside the sync's own.
      if (name === undefined || by !== owner) continue;
      found.push({ kind: 'pause', name, value: { from, until, catchUp, reason }, by, at, id });
    }
  }
  return found;
};
