import { z } from 'zod';
import { ALERT_RULES, loadDocument } from '../../commands/loop/documents.ts';
import { applicationOfJob } from '../../commands/loop/load.ts';
import { DomainError, rejectField } from '../../domain/domain-error.ts';
import { EVERY_TENANT } from '../../domain/values.ts';
import type { Scope } from '../../projections/queries/scope.ts';
import type { ApiContext } from '../context.ts';
import { executionMissing } from '../instants.ts';
import { PathId, type RawInput, validate } from '../validate.ts';

/**
 * An API token can be limited to applications, which are in the scope of its requests. For every route, this first checks
 * the requested resource: jobs and executions never move to another application, so those of others can be rejected before
 * the handler runs.
 */
type BoundRequest = RequestToServe & {
  /** Returns whether it is one of the caller's applications. */
  readonly isOwn: (applicationId: unknown) => boolean;
};
type RequestToServe = { readonly scope: Scope; readonly input: RawInput };

const idIn = ({ input }: BoundRequest): number => validate('BAD_ID', IdIn, input.params).id;

/** The kinds of resources that routes are about, and how to check them. */
const CHECKS = {
  /** Belongs to no application. */
  closed: async () => {
    throw closed();
  },
  /** Reads and changes only resources of the scope's applications, whatever the filter. */
  narrowed: async () => {},
  application: async (request) => {
    const id = idIn(request);
    if (!request.isOwn(id)) throw new DomainError('APPLICATION_NOT_FOUND', `there is no application ${id}`);
  },
  job: async (request, deps) => requireOwnJob(idIn(request), request, deps),
  execution: async (request, api) => {
    const id = idIn(request);
    const execution = await api.queries.getExecution(request.scope, id);
    if (execution === undefined) throw await executionMissing(api, request.scope, id);
    if (!request.isOwn(execution.applicationId)) {
      throw new DomainError('EXECUTION_NOT_FOUND', `there is no execution ${id}`);
    }
  },
  alertRule: async ({ scope: { tenant }, input, isOwn }, { store }) => {
    const { name } = validate('BAD_ID', NameIn, input.params);
    const rule = tenant === EVERY_TENANT ? undefined : (await loadDocument(store, ALERT_RULES, tenant, name)).state;
    if (rule !== undefined && !isOwn(rule.applicationId)) {
      throw new DomainError('ALERT_RULE_NOT_FOUND', `there is no alert rule ${name} in the applications of the token`);
    }
  },
  alertRuleToSet: async (request, deps) => {
    await CHECKS.alertRule(request, deps);
    if (!request.isOwn(await applicationIn(request.input.body, deps))) throw closed();
  },
  newJob: async ({ input, isOwn }) => {
    if (!isOwn(ApplicationIn.safeParse(input.body).data?.applicationId)) throw otherApplication();
  },
  preview: async (request, deps) => {
    const { applicationId, id } = PreviewIn.parse(request.input.body);
    if (applicationId !== undefined && !request.isOwn(applicationId)) throw otherApplication();
    if (typeof id === 'number') await requireOwnJob(id, request, deps);
  },
} satisfies Record<string, (request: BoundRequest, deps: ApiContext) => Promise<void>>;

/** The check for a caller that is limited to applications. */
export type BoundCheck = keyof typeof CHECKS;

/**
 * Requires that a request is about one of the applications that the caller is limited to; an unlimited caller passes.
 * @throws DomainError FORBIDDEN if the route is about no application; JOB_NOT_FOUND, EXECUTION_NOT_FOUND,
 * APPLICATION_NOT_FOUND, ALERT_RULE_NOT_FOUND, UNKNOWN_APPLICATION if it is about another
 */
export const requireBound = async (
  { bound }: { readonly bound: BoundCheck },
  { scope, input }: RequestToServe,
  deps: ApiContext,
): Promise<void> => {
  const { applications } = scope;
  if (applications === undefined) return;
  await CHECKS[bound](
    { scope, input, isOwn: (applicationId) => applications.some((own) => own === applicationId) },
    deps,
  );
};

/** @throws DomainError JOB_NOT_FOUND */
const requireOwnJob = async (id: number, { isOwn }: BoundRequest, { store }: ApiContext): Promise<void> => {
  if (!isOwn(await applicationOfJob(store, id))) throw new DomainError('JOB_NOT_FOUND', `there is no job ${id}`);
};

const otherApplication = (): DomainError =>
  rejectField('UNKNOWN_APPLICATION', '/applicationId', 'must be an application of the token');

const IdIn = z.looseObject({ id: PathId });
const NameIn = z.looseObject({ name: z.string() });
const RuleIn = z.discriminatedUnion('scope', [
  z.looseObject({ scope: z.literal('job'), of: z.int().positive() }),
  z.looseObject({ scope: z.literal('application'), of: z.int().positive() }),
]);

/** The application of a new alert rule; `undefined` for a tenant-wide one. */
const applicationIn = async (body: unknown, { store }: ApiContext): Promise<number | undefined> => {
  const rule = RuleIn.safeParse(body).data;
  return rule?.scope === 'job' ? applicationOfJob(store, rule.of) : rule?.of;
};

const ApplicationIn = z.looseObject({ applicationId: z.int() });
/** The preview validates the other fields. */
const PreviewIn = z.looseObject({ applicationId: z.unknown().optional(), id: z.unknown().optional() }).catch({});

const closed = (): DomainError =>
  new DomainError('FORBIDDEN', 'the token is limited to applications, and this request affects more than those');
