import { setTimeout as sleep } from 'node:timers/promises';
import type { Job, Projection, Queue, Readiness, Session, Statistics } from '../../packages/client/src/schema.ts';
import { plain } from '../runtime/text.ts';
import { accessOf } from './access.ts';
import type { CommandInput, LocalTools } from './command.ts';
import { EXIT } from './fail.ts';
import { connect, type Server, ServerRejected } from './server.ts';
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

/** `carillon doctor`: checks each part and prints a next step for each issue. The exit code is 1 if a check failed. */
export const doctor = async ({ options, nowMs }: CommandInput, tools: LocalTools): Promise<void> => {
  const { terminal, shape, say } = tools;
  const findings: Finding[] = [];
  for await (const finding of findingsOf(options, tools, nowMs)) {
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

async function* findingsOf(
  options: CommandInput['options'],
  { terminal }: LocalTools,
  nowMs: number,
): AsyncGenerator<Finding> {
  let server: Server;
  try {
    const { url } = await accessOf(options, terminal.env);
    server = await connect(options, terminal);
    const { headers } = await server.ask({ path: '/session' });
    yield { check: 'server', status: 'ok', description: `${url} responds` };
    yield clockFinding(Date.parse(headers.get('date') ?? '') - nowMs);
  } catch (error) {
    const [description = '', ...nextStep] = (error instanceof Error ? error.message : String(error)).split('\n  ');
    const check = error instanceof ServerRejected ? 'token' : 'server';
    return yield {
      check,
      status: 'failed',
      description,
      ...(nextStep.length === 0 ? {} : { nextStep: nextStep.join(' ') }),
    };
  }
  const { session } = (await server.ask<Session>({ path: '/session' })).data;
  yield tokenFinding(session, nowMs);
  yield await releaseFinding(server);
  if (session?.permissions.some((each) => JOB_READERS.has(each))) {
    yield await calendarsFinding(server);
    yield await queuesFinding(server);
  }
  const readiness = await server.readiness();
  if (readiness === undefined)
    yield { check: 'roles', status: 'skipped', description: '/readyz is not reachable from here' };
  else yield* partFindings(readiness);
  if (session?.permissions.includes('scheduler:admin')) {
    yield enginesFinding((await server.ask<Statistics>({ path: '/stats' })).data);
    yield await modelsFinding(server);
  } else {
    yield { check: 'engines', status: 'skipped', description: ADMINISTRATORS_ONLY };
    yield { check: 'read models', status: 'skipped', description: ADMINISTRATORS_ONLY };
  }
}

/** The `Date` header has seconds only, and the response takes time to arrive. */
const LARGEST_SKEW_MS = 5_000;

const clockFinding = (aheadMs: number): Finding =>
  Math.abs(aheadMs) <= LARGEST_SKEW_MS
    ? { check: 'clock', status: 'ok', description: 'in sync' }
    : {
        check: 'clock',
        status: 'failed',
        description: `the server's clock is ${Math.round(Math.abs(aheadMs) / 1_000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's`,
        nextStep: "Synchronize both with NTP: slots, tokens and relative times use the server's clock.",
      };

const SOON_MS = 86_400_000;

const tokenFinding = (session: Session['session'], nowMs: number): Finding => {
  if (session === null)
    return { check: 'token', status: 'failed', description: 'not recognized', nextStep: 'Use another token.' };
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
  const { info } = (await server.ask<{ readonly info: { readonly version: string } }>({ path: '/openapi.json' })).data;
  return info.version === version
    ? { check: 'version', status: 'ok', description: version }
    : {
        check: 'version',
        status: 'warning',
        description: `server ${info.version}, this command ${version}`,
        nextStep: `To use the server's version: \`npx carillon@${info.version}\`.`,
      };
};

const JOB_READERS: ReadonlySet<string> = new Set(['scheduler:jobs:read', 'scheduler:admin']);
const MAX_NAMED = 3;
const MAX_LISTED = 100;

/** Active jobs whose calendars exclude every future slot. In this order, jobs without a next run come first. */
const calendarsFinding = async (server: Server): Promise<Finding> => {
  const query = { state: 'active', sort: '-nextRunAt', limit: MAX_LISTED } as const;
  let jobs: readonly Job[];
  try {
    jobs = (await server.ask<Job[]>({ path: '/jobs', query })).data;
  } catch (error) {
    if (!(error instanceof ServerRejected)) throw error;
    return { check: 'calendars', status: 'skipped', description: error.message };
  }
  const excluded = jobs.filter(({ state }) => state?.reason === 'CALENDAR');
  if (excluded.length === 0)
    return { check: 'calendars', status: 'ok', description: 'every active job has a next run' };
  const named = excluded.slice(0, MAX_NAMED).map(({ application, name }) => `${application.name}/${name}`);
  const more = excluded.length - named.length;
  const all = [...named, ...(more === 0 ? [] : [`${more}${jobs.length === MAX_LISTED ? ' or more' : ' more'}`])].join(
    ', ',
  );
  return {
    check: 'calendars',
    status: 'warning',
    description: `no slot to come, because calendars exclude all: ${all}`,
    nextStep:
      'To add dates to a calendar: `carillon calendars put`. To change the calendars of a job: `carillon jobs put`.',
  };
};

/** Queues with offered work, and without a worker that sent a heartbeat lately. */
const queuesFinding = async (server: Server): Promise<Finding> => {
  const queues = (await server.ask<Queue[]>({ path: '/queues' })).data;
  const left = queues.filter(({ offered, workers }) => offered > 0 && workers.length === 0);
  if (left.length === 0) return { check: 'queues', status: 'ok', description: 'every queue with work has a worker' };
  const named = left.map(({ applicationName, applicationId, queue }) => `${applicationName ?? applicationId}/${queue}`);
  return {
    check: 'queues',
    status: 'warning',
    description: `no worker takes the work of ${named.slice(0, MAX_NAMED).join(', ')}${named.length > MAX_NAMED ? ', …' : ''}`,
    nextStep: 'Start workers, or check their token and address: docs/how-to/run-workers.md.',
  };
};

/** The roles of the responding process, and its state of Postgres, Kafka and the log. */
function* partFindings({ roles, degraded }: Readiness): Generator<Finding> {
  for (const [role, { ready, reason = 'not ready; administrators can see why' }] of Object.entries(roles)) {
    yield ready
      ? { check: role, status: 'ok', description: 'ready' }
      : { check: role, status: 'failed', description: reason, nextStep: ISSUES_PAGE };
  }
  for (const { component, since, reason = 'administrators can see why' } of degraded) {
    yield { check: component, status: 'failed', description: `since ${since}: ${reason}`, nextStep: ISSUES_PAGE };
  }
}

const ISSUES_PAGE = 'docs/how-to/monitor.md explains each issue.';

const ADMINISTRATORS_ONLY = 'needs the permission scheduler:admin';

const enginesFinding = ({ engines }: Statistics): Finding => {
  const idsOf = (sought: Statistics['engines'][number]['status']): string[] =>
    engines.filter(({ status }) => status === sought).map(({ engineId }) => engineId);
  const [working, joining, silent] = [idsOf('working'), idsOf('joining'), idsOf('silent')];
  const description = `${working.length} of ${engines.length} working${silent.length === 0 ? '' : `; silent: ${silent.join(', ')}`}`;
  if (working.length > 0) return { check: 'engines', status: 'ok', description };
  if (joining.length > 0)
    return { check: 'engines', status: 'warning', description: `${description}; ${joining.length} joining` };
  return {
    check: 'engines',
    status: 'failed',
    description: `${description}: no job runs`,
    nextStep: 'Start a process with the role engine. If engines wait for a release: `carillon engine release`.',
  };
};

/** A healthy read model shows an event a few milliseconds after it is stored. */
const CATCH_UP_MS = 2_000;
const POLL_INTERVAL_MS = 100;

/** Checks the read models. Waits up to 2 s until they have reached the log's end of when the check began. */
const modelsFinding = async (server: Server): Promise<Finding> => {
  const load = async () => (await server.ask<Projection[]>({ path: '/projections' })).data;
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
  if (stopped !== '')
    return {
      check: 'read models',
      status: 'failed',
      description: `stopped, or with parked streams: ${stopped}`,
      nextStep,
    };
  const behind = behindAmong(projections, logEnd);
  return behind === ''
    ? { check: 'read models', status: 'ok', description: `all ${projections.length} up to date` }
    : { check: 'read models', status: 'warning', description: `catching up with the log: ${behind}`, nextStep };
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
