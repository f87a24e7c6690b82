import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Projection, Queue, Readiness, Session, Statistics } from '../../packages/client/src/schema.ts';
import { defined } from '../domain/defined.ts';
import { plain } from '../runtime/text.ts';
import type { CommandCall } from './command.ts';
import { EXIT } from './fail.ts';
import { type Server, ServerRejected } from './server.ts';
import { inColour, relative } from './table.ts';
import { version } from './version.ts';

/** The result of one check. `warning`: still healthy, but action is needed soon. `skipped`: the check was not possible. */
type Finding = {
  readonly check: string;
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly description: string;
  /** What the user can do. */
  readonly nextStep?: string;
};

const ok = (check: string, description: string): Finding => ({ check, status: 'ok', description });
const skipped = (check: string, description: string): Finding => ({ check, status: 'skipped', description });
const warning = (check: string, description: string, nextStep: string): Finding => ({
  check,
  status: 'warning',
  description,
  nextStep,
});
const failed = (check: string, description: string, nextStep: string): Finding => ({
  check,
  status: 'failed',
  description,
  nextStep,
});

/** `carillon doctor`: checks each part and prints a next step for each issue. The exit code is 1 if a check failed. */
export const doctor = async (call: CommandCall): Promise<void> => {
  const { options, terminal, shape, say } = call;
  const findings: Finding[] = [];
  for await (const finding of findingsOf(call)) {
    findings.push(finding);
    if (options.json) continue;
    const { check, status, description, nextStep } = finding;
    const mark = status.padEnd('skipped'.length);
    const line = `${shape.isColoured ? inColour(mark) : mark}  ${check.padEnd(WIDEST)}  ${plain(description)}\n`;
    terminal.stdout.write(nextStep === undefined ? line : `${line}${' '.repeat('skipped'.length + 2)}${nextStep}\n`);
  }
  if (options.json) say('', findings);
  if (findings.some(({ status }) => status === 'failed')) terminal.exitCode = EXIT.no;
};

const WIDEST = 'read models'.length;

async function* findingsOf({ connected, send, nowMs }: CommandCall): AsyncGenerator<Finding> {
  let server: Server;
  try {
    server = await connected();
    const { headers } = await server.send({ path: '/session' });
    yield ok('server', `${server.url} responds`);
    yield clockFinding(Date.parse(headers.get('date') ?? '') - nowMs);
  } catch (error) {
    const [description = '', ...nextStep] = (error instanceof Error ? error.message : String(error)).split('\n  ');
    const check = error instanceof ServerRejected ? 'token' : 'server';
    return yield { check, status: 'failed', description, ...defined({ nextStep: nextStep.join(' ') || undefined }) };
  }
  const { session } = (await server.send<Session>({ path: '/session' })).data;
  yield tokenFinding(session, nowMs);
  yield await releaseFinding(server);
  if (session?.permissions.some((each) => JOB_READERS.has(each))) {
    yield await calendarsFinding(send);
    yield queuesFinding((await send('listQueues', { query: { limit: 500 } })).data);
  }
  const readiness = await server.readiness();
  if (readiness === undefined) yield skipped('roles', '/readyz is not reachable from here');
  else yield* partFindings(readiness);
  if (session?.permissions.includes('scheduler:admin')) {
    yield enginesFinding((await send('getStatistics')).data);
    yield await modelsFinding(send);
  } else {
    yield skipped('engines', ADMINISTRATORS_ONLY);
    yield skipped('read models', ADMINISTRATORS_ONLY);
  }
}

/** The `Date` header has seconds only, and the response takes time to arrive. */
const LARGEST_SKEW_MS = 5_000;

const clockFinding = (aheadMs: number): Finding =>
  Math.abs(aheadMs) <= LARGEST_SKEW_MS
    ? ok('clock', 'in sync')
    : failed(
        'clock',
        `the server's clock is ${Math.round(Math.abs(aheadMs) / 1_000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's`,
        "Synchronize both with NTP: slots, tokens and relative times use the server's clock.",
      );

const SOON_MS = 86_400_000;

const tokenFinding = (session: Session['session'], nowMs: number): Finding => {
  if (session === null) return failed('token', 'not recognized', 'Use another token.');
  const { user, tenant, permissions, expiresAt } = session;
  const all = permissions.includes('scheduler:admin') ? 'all permissions' : permissions.join(', ') || 'no permissions';
  const end = expiresAt === undefined ? '' : `, expires ${relative(expiresAt, nowMs)}`;
  const isEnding = expiresAt !== undefined && Date.parse(expiresAt) - nowMs < SOON_MS;
  return {
    check: 'token',
    status: permissions.length === 0 ? 'failed' : isEnding ? 'warning' : 'ok',
    description: `${user} of tenant ${tenant}: ${all}${end}`,
    ...(isEnding ? { nextStep: 'To create a token that lasts longer: `carillon tokens create`.' } : {}),
  };
};

const releaseFinding = async (server: Server): Promise<Finding> => {
  const { info } = (await server.send<{ readonly info: { readonly version: string } }>({ path: '/openapi.json' })).data;
  return info.version === version
    ? ok('version', version)
    : warning(
        'version',
        `server ${info.version}, this command ${version}`,
        `To use the server's version: \`npx carillon@${info.version}\`.`,
      );
};

const JOB_READERS: ReadonlySet<string> = new Set(['scheduler:jobs:read', 'scheduler:admin']);
const MAX_NAMED = 3;
const MAX_LISTED = 100;

/** Active jobs whose calendars exclude every future slot. In this order, jobs without a next run come first. */
const calendarsFinding = async (send: CommandCall['send']): Promise<Finding> => {
  const query = { state: 'active', sort: '-nextRunAt', limit: MAX_LISTED };
  let jobs: readonly Job[];
  try {
    jobs = (await send('listJobs', { query })).data;
  } catch (error) {
    if (!(error instanceof ServerRejected)) throw error;
    return skipped('calendars', error.message);
  }
  const excluded = jobs.filter(({ state }) => state?.reason === 'CALENDAR');
  if (excluded.length === 0) return ok('calendars', 'every active job has a next run');
  const named = excluded.slice(0, MAX_NAMED).map(({ application, name }) => `${application.name}/${name}`);
  const more = excluded.length - named.length;
  if (more > 0) named.push(`${more}${jobs.length === MAX_LISTED ? ' or more' : ' more'}`);
  return warning(
    'calendars',
    `no slot to come, because calendars exclude all: ${named.join(', ')}`,
    'To add dates to a calendar: `carillon calendars put`. To change the calendars of a job: `carillon jobs put`.',
  );
};

/** Queues with offered work, and without a worker that was seen lately. */
const queuesFinding = (queues: readonly Queue[]): Finding => {
  const left = queues.filter(({ offered, workers }) => offered > 0 && workers.length === 0);
  if (left.length === 0) return ok('queues', 'every queue with work has a worker');
  const named = left.map(({ applicationName, applicationId, queue }) => `${applicationName ?? applicationId}/${queue}`);
  return warning(
    'queues',
    `no worker takes the work of ${named.slice(0, MAX_NAMED).join(', ')}${named.length > MAX_NAMED ? ', …' : ''}`,
    'Start workers, or check their token and address: docs/how-to/run-workers.md.',
  );
};

/** The roles of the responding process, and its state of Postgres, Kafka and the log. */
function* partFindings({ roles, degraded }: Readiness): Generator<Finding> {
  for (const [role, { ready, reason }] of Object.entries(roles)) {
    yield ready
      ? ok(role, reason ?? 'ready')
      : failed(role, reason ?? 'not ready; administrators can see why', ISSUES_PAGE);
  }
  for (const { component, since, reason = 'administrators can see why' } of degraded) {
    yield failed(component, `since ${since}: ${reason}`, ISSUES_PAGE);
  }
}

const ISSUES_PAGE = 'docs/how-to/monitor.md explains each issue.';

const ADMINISTRATORS_ONLY = 'needs the permission scheduler:admin';

const enginesFinding = ({ engines }: Statistics): Finding => {
  const idsOf = (sought: Statistics['engines'][number]['status']): string[] =>
    engines.filter(({ status }) => status === sought).map(({ engineId }) => engineId);
  const [working, joining, silent] = [idsOf('working'), idsOf('joining'), idsOf('silent')];
  const description = `${working.length} of ${engines.length} working${silent.length === 0 ? '' : `; silent: ${silent.join(', ')}`}`;
  const nextStep = 'Start a process with the role engine. If engines wait for a release: `carillon engine release`.';
  if (working.length > 0) return ok('engines', description);
  if (joining.length === 0) return failed('engines', `${description}: no job runs`, nextStep);
  return { check: 'engines', status: 'warning', description: `${description}; ${joining.length} joining` };
};

/** A healthy read model shows an event a few milliseconds after its list was requested. */
const CATCH_UP_MS = 2_000;
const POLL_INTERVAL_MS = 100;

/** Checks the read models. Waits up to 2 s until they have reached the log's end of when the check began. */
const modelsFinding = async (send: CommandCall['send']): Promise<Finding> => {
  const load = async () => (await send('listProjections')).data;
  let projections = await load();
  const { logEnd } = projections.find((projection) => projection.logEnd !== undefined) ?? {};
  for (
    let waitedMs = 0;
    behindAmong(projections, logEnd) !== '' && waitedMs < CATCH_UP_MS;
    waitedMs += POLL_INTERVAL_MS
  ) {
    await sleep(POLL_INTERVAL_MS);
    projections = await load();
  }
  const nextStep = '`carillon projections list` shows the progress of each and why it stopped.';
  const stopped = namesOf(projections, isStopped);
  if (stopped !== '') return failed('read models', `stopped, or with parked streams: ${stopped}`, nextStep);
  const behind = behindAmong(projections, logEnd);
  return behind === ''
    ? ok('read models', `all ${projections.length} up to date`)
    : warning('read models', `catching up with the log: ${behind}`, nextStep);
};

const isStopped = ({ status, parked }: Projection): boolean => status !== 'live' || parked.length > 0;

/** Returns the running read models that have not reached this position of the log. */
const behindAmong = (projections: readonly Projection[], end: string | undefined): string =>
  namesOf(projections, (projection) => {
    const { progress, position } = projection.live ?? {};
    return !isStopped(projection) && progress !== 1 && (position === undefined || end === undefined || position < end);
  });

const namesOf = (projections: readonly Projection[], isSought: (projection: Projection) => boolean): string =>
  projections
    .filter(isSought)
    .map(({ name }) => name)
    .join(', ');
