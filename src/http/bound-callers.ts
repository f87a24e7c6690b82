import { z } from 'zod';
import { operationNotFound } from '../commands/operations/cancel-operation.ts';
import type { AlertRule } from '../domain/events/index.ts';
import { Refusal, refuseField } from '../domain/refusal.ts';
import { EVERY_TENANT, type Tenant } from '../domain/values.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { Scope } from '../projections/queries/port/scope.ts';
import { executionMissing } from './expired.ts';
import type { RawInput, Route } from './route.ts';
import { PathId, validate } from './validate.ts';

/**
 * An API token may be bound to applications. The list of them is in the scope of its requests. Whatever a route does, the
 * object that its path names is looked at first, here: a job and an execution stay with their application, so what was
 * found of another application can be refused before the handler runs. A route that names none is closed, unless it is a
 * list that the scope narrows.
 */
export type BoundDeps = {
  readonly queries: Pick<Queries, 'getExecution' | 'getOperation' | 'expiredBefore'>;
  /** The application of a job, also of a deleted one; undefined where there is no such job. */
  readonly applicationOfJob: (jobId: number) => Promise<number | undefined>;
  /** An alert rule as the log has it. */
  readonly alertRule: (tenant: Tenant, name: string) => Promise<Pick<AlertRule, 'applicationId'> | undefined>;
};

/** These narrow what they tell to the applications of the scope. */
const NARROWED: ReadonlySet<string> = new Set([
  '/applications',
  '/jobs',
  '/jobs/glances',
  '/upcoming',
  '/stats',
  '/stats/hours',
  '/attention',
  '/executions',
  '/occurrences',
  '/backfills',
  '/operations',
  '/alert-rules',
  '/alerts',
  '/audit',
]);

/** These change what is of the applications of the scope alone, whatever their filter says. */
const NARROWED_CHANGES: ReadonlySet<string> = new Set(['/jobs/bulk', '/executions/bulk']);

/**
 * Requires that a request is about an application that the caller is bound to; a caller that is bound to none passes.
 * @throws Refusal FORBIDDEN where the route is of no application, JOB_NOT_FOUND, EXECUTION_NOT_FOUND,
 * APPLICATION_NOT_FOUND, ALERT_RULE_NOT_FOUND, OPERATION_NOT_FOUND, UNKNOWN_APPLICATION where it is of another
 */
export const requireBound = async (
  { method, path }: Pick<Route, 'method' | 'path'>,
  { scope, input }: { readonly scope: Scope; readonly input: RawInput },
  { queries, applicationOfJob, alertRule }: BoundDeps,
): Promise<void> => {
  const { applications } = scope;
  if (applications === undefined) return;
  const isOwn = (applicationId: unknown): boolean => applications.some((own) => own === applicationId);
  const [, kind = '', parameter] = path.split('/');
  if (parameter === ':id') {
    const { id } = validate('BAD_ID', IdIn, input.params);
    switch (kind) {
      case 'applications':
        if (!isOwn(id)) throw new Refusal('APPLICATION_NOT_FOUND', `there is no application ${id}`);
        return;
      case 'jobs':
        if (!isOwn(await applicationOfJob(id))) throw new Refusal('JOB_NOT_FOUND', `there is no job ${id}`);
        return;
      case 'executions': {
        const execution = await queries.getExecution(scope, id);
        if (execution === undefined) throw await executionMissing({ queries }, scope, id);
        if (!isOwn(execution.applicationId)) {
          throw new Refusal('EXECUTION_NOT_FOUND', `there is no execution ${id}`);
        }
        return;
      }
      case 'operations':
        if ((await queries.getOperation(scope, id)) === undefined) throw operationNotFound(id);
        return;
    }
  }
  if (kind === 'alert-rules' && parameter === ':name') {
    const { name } = validate('BAD_ID', NameIn, input.params);
    const rule = scope.tenant === EVERY_TENANT ? undefined : await alertRule(scope.tenant, name);
    if (rule !== undefined && !isOwn(rule.applicationId)) {
      throw new Refusal('ALERT_RULE_NOT_FOUND', `there is no alert rule ${name} of an application of the token`);
    }
    if (method === 'put' && !isOwn(await applicationIn(input.body, applicationOfJob))) throw closed();
    return;
  }
  if ((method === 'get' ? NARROWED : NARROWED_CHANGES).has(path)) return;
  if (method === 'post' && path === '/preview') {
    const { applicationId, id } = PreviewIn.parse(input.body);
    if (applicationId !== undefined && !isOwn(applicationId)) throw otherApplication();
    if (typeof id === 'number' && !isOwn(await applicationOfJob(id)))
      throw new Refusal('JOB_NOT_FOUND', `there is no job ${id}`);
    return;
  }
  if (method !== 'post' || path !== '/jobs') throw closed();
  if (!isOwn(ApplicationIn.safeParse(input.body).data?.applicationId)) {
    throw otherApplication();
  }
};

const otherApplication = (): Refusal =>
  refuseField('UNKNOWN_APPLICATION', '/applicationId', 'must be an application that the token is bound to');

const IdIn = z.looseObject({ id: PathId });
const NameIn = z.looseObject({ name: z.string() });
const RuleIn = z.discriminatedUnion('scope', [
  z.looseObject({ scope: z.literal('job'), of: z.int().positive() }),
  z.looseObject({ scope: z.literal('application'), of: z.int().positive() }),
]);

/** The application that an alert rule is to be for; undefined for one of the whole tenant. */
const applicationIn = async (
  body: unknown,
  applicationOfJob: BoundDeps['applicationOfJob'],
): Promise<number | undefined> => {
  const rule = RuleIn.safeParse(body).data;
  return rule?.scope === 'job' ? applicationOfJob(rule.of) : rule?.of;
};
const ApplicationIn = z.looseObject({ applicationId: z.int() });
/** What else it says is checked where it is previewed. */
const PreviewIn = z.looseObject({ applicationId: z.unknown().optional(), id: z.unknown().optional() }).catch({});

/** Refuses what is of no application to a caller that is bound to some. */
export const refuseBound = ({ applications }: Pick<Scope, 'applications'>): void => {
  if (applications !== undefined) throw closed();
};

const closed = (): Refusal =>
  new Refusal('FORBIDDEN', 'this is not of one application, and the token is bound to applications');
