import { createHash } from 'node:crypto';
import type { IdKind } from './events/index.ts';
import type { SessionOwner } from './session.ts';
import type { ApplicationId, JobId, OperationId, PauseId, Tenant, TokenId } from './values.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hashOf = (tenant: Tenant, name: string): string => sha256(JSON.stringify([tenant, name]));

/** Name prefixes of streams, by kind. */
export const PREFIX_OF = {
  job: 'job-',
  runs: 'runs-',
  application: 'app-',
  keys: 'keys-',
  calendar: 'calendar-',
  alertRule: 'alertrule-',
  alertBook: 'alerts-',
  pause: 'pause-',
  operation: 'operation-',
  token: 'token-',
  acknowledgement: 'acknowledgement-',
  savedViews: 'views-',
  sessions: 'sessions-',
  tenant: 'tenant-',
  testCalls: 'testcalls-',
  engine: 'engine-',
  rejections: 'rejections-',
  jobName: 'jobname-',
  applicationName: 'appname-',
} as const;

/** A job's definitions, whole in each event. There are as many streams as jobs and names, never one per slot. */
export const jobStream = (jobId: JobId): string => `${PREFIX_OF.job}${jobId}`;
export const runsStream = (jobId: JobId): string => `${PREFIX_OF.runs}${jobId}`;
export const jobOfRuns = (stream: string): JobId => Number(stream.slice(PREFIX_OF.runs.length));
export const applicationStream = (applicationId: ApplicationId): string => `${PREFIX_OF.application}${applicationId}`;
export const keysStream = (applicationId: ApplicationId, generation: number): string =>
  `${PREFIX_OF.keys}${applicationId}-${generation}`;
/** The dates of a tenant's calendar, whole in each event. */
export const calendarStream = (tenant: Tenant, name: string): string => `${PREFIX_OF.calendar}${hashOf(tenant, name)}`;
/** A tenant's alert rule, whole in each event. */
export const alertRuleStream = (tenant: Tenant, name: string): string =>
  `${PREFIX_OF.alertRule}${hashOf(tenant, name)}`;
/** The alerts of a rule and their notifications, whole in each event. */
export const alertBookStream = (tenant: Tenant, name: string): string =>
  `${PREFIX_OF.alertBook}${hashOf(tenant, name)}`;
/** Position up to which all alert rules have evaluated the jobs' events; only the last event is kept. */
export const alertCheckpointStream = 'alertcheckpoint';
/** A pause, from its creation to its end. */
export const pauseStream = (pauseId: PauseId): string => `${PREFIX_OF.pause}${pauseId}`;
/** A change of many jobs or executions, from the request to its end. */
export const operationStream = (operationId: OperationId): string => `${PREFIX_OF.operation}${operationId}`;
/** A token of the API, from when it was created until it was revoked. */
export const tokenStream = (tokenId: TokenId): string => `${PREFIX_OF.token}${tokenId}`;
/** Who takes care of a job that needs attention. */
export const acknowledgementStream = (jobId: JobId): string => `${PREFIX_OF.acknowledgement}${jobId}`;
/** The saved views of a tenant, whole in each event. */
export const savedViewsStream = (tenant: Tenant): string => `${PREFIX_OF.savedViews}${sha256(tenant)}`;
/** Ended sessions of a user or API token. */
export const sessionsStream = ({ tenant, callerId }: SessionOwner): string =>
  `${PREFIX_OF.sessions}${sha256(JSON.stringify([tenant, callerId]))}`;
export const tenantStream = (tenant: Tenant): string => `${PREFIX_OF.tenant}${sha256(tenant)}`;
/** Test calls of a tenant. */
export const testCallsStream = (tenant: Tenant): string => `${PREFIX_OF.testCalls}${sha256(tenant)}`;
/** A tenant's rejected requests; without a tenant, those of unknown callers. */
export const rejectionsStream = (tenant?: Tenant): string =>
  `${PREFIX_OF.rejections}${tenant === undefined ? 'installation' : sha256(tenant)}`;
/** Leaves of trees with events that can be cut; never cut itself. */
export const leavesStream = 'leaves';
export const idsStream = (kind: IdKind): string => `ids-${kind}`;
/** Heartbeats of an engine incarnation, written while it can't reach Postgres. */
export const engineStream = (engineId: string): string => `${PREFIX_OF.engine}${engineId}`;
export const logStream = 'log';
/** Where the log is stored, and whether its engines were released there. */
export const homeStream = 'home';
/** The internal targets that jobs can call, whole in each event. */
export const allowedTargetsStream = 'allowedtargets';
