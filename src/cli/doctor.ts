import { setTimeout as sleep } from 'node:timers/promises';
import type { Projection, Readiness, Session, Statistics } from '../client/schema.ts';
import { plain } from '../runtime/plain.ts';
import { accessOf } from './access.ts';
import { EXIT } from './fail.ts';
import type { CommandInput, LocalTools } from './run-command.ts';
import { connect, type Server, ServerRejected } from './server.ts';
import { inColour, relative } from './table.ts';
import { version } from './version.ts';

/** What was found of one thing: it is well, it will not be for long, it is not, or it could not be looked at. */
type Finding = {
  readonly what: string;
  readonly is: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly says: string;
  /** What can be done. */
  readonly next?: string;
};

/** `carillon doctor`: says of each part whether it is well, and what to do where it is not. Exit code 1 where one is not. */
export const doctor = async ({ options, nowMs }: CommandInput, tools: LocalTools): Promise<void> => {
  const { terminal, shape, say } = tools;
  const findings: Finding[] = [];
  for await (const finding of findingsOf(options, tools, nowMs)) {
    findings.push(finding);
    if (options.json) continue;
    const { what, is, says, next } = finding;
    const mark = is.padEnd('skipped'.length);
    const line = `${shape.isColoured ? inColour(mark) : mark}  ${what.padEnd(WIDEST)}  ${plain(says)}\n`;
    terminal.stdout.write(next === undefined ? line : `${line}${' '.repeat('skipped'.length + 2)}${next}\n`);
  }
  if (options.json) say('', findings);
  if (findings.some(({ is }) => is === 'failed')) terminal.exitCode = EXIT.no;
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
    yield { what: 'server', is: 'ok', says: `${url} responds` };
    yield clockFinding(Date.parse(headers.get('date') ?? '') - nowMs);
  } catch (error) {
    const [says = '', ...next] = (error instanceof Error ? error.message : String(error)).split('\n  ');
    const what = error instanceof ServerRejected ? 'token' : 'server';
    return yield { what, is: 'failed', says, ...(next.length === 0 ? {} : { next: next.join(' ') }) };
  }
  const { session } = (await server.ask<Session>({ path: '/session' })).data;
  yield tokenFinding(session, nowMs);
  yield await releaseFinding(server);
  const readiness = await server.readiness();
  if (readiness === undefined) yield { what: 'roles', is: 'skipped', says: '/readyz is not reachable from here' };
  else yield* partFindings(readiness);
  if (session?.permissions.includes('scheduler:admin')) {
    yield enginesFinding((await server.ask<Statistics>({ path: '/stats' })).data);
    yield await modelsFinding(server);
  } else {
    yield { what: 'engines', is: 'skipped', says: ADMINISTRATORS_ONLY };
    yield { what: 'read models', is: 'skipped', says: ADMINISTRATORS_ONLY };
  }
}

/** A header tells seconds, and takes a while to come. */
const LARGEST_SKEW_MS = 5_000;

const clockFinding = (aheadMs: number): Finding =>
  Math.abs(aheadMs) <= LARGEST_SKEW_MS
    ? { what: 'clock', is: 'ok', says: 'in sync' }
    : {
        what: 'clock',
        is: 'failed',
        says: `the server's clock is ${Math.round(Math.abs(aheadMs) / 1_000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's`,
        next: "Synchronize both with NTP: slots, tokens and relative times use the server's clock.",
      };

const SOON_MS = 86_400_000;

const tokenFinding = (session: Session['session'], nowMs: number): Finding => {
  if (session === null) return { what: 'token', is: 'failed', says: 'not recognized', next: 'Use another token.' };
  const { user, tenant, permissions, expiresAt } = session;
  const all = permissions.includes('scheduler:admin') ? 'all permissions' : permissions.join(', ') || 'no permissions';
  const end = expiresAt === undefined ? '' : `, expires ${relative(expiresAt, nowMs)}`;
  const isEnding = expiresAt !== undefined && Date.parse(expiresAt) - nowMs < SOON_MS;
  return {
    what: 'token',
    is: permissions.length === 0 ? 'failed' : isEnding ? 'warning' : 'ok',
    says: `${user} of tenant ${tenant}: ${all}${end}`,
    ...(isEnding ? { next: 'To create a token that lasts longer: `carillon tokens create`.' } : {}),
  };
};

const releaseFinding = async (server: Server): Promise<Finding> => {
  const { info } = (await server.ask<{ readonly info: { readonly version: string } }>({ path: '/openapi.json' })).data;
  return info.version === version
    ? { what: 'version', is: 'ok', says: version }
    : {
        what: 'version',
        is: 'warning',
        says: `server ${info.version}, this command ${version}`,
        next: `To use the server's version: \`npx carillon@${info.version}\`.`,
      };
};

/** The roles of the process that answered, with what it says of Postgres, Kafka and the log. */
function* partFindings({ roles, degraded }: Readiness): Generator<Finding> {
  for (const [role, { ready, reason = 'not ready; administrators can see why' }] of Object.entries(roles)) {
    yield ready ? { what: role, is: 'ok', says: 'ready' } : { what: role, is: 'failed', says: reason, next: TROUBLES };
  }
  for (const { component, since, reason = 'administrators can see why' } of degraded) {
    yield { what: component, is: 'failed', says: `since ${since}: ${reason}`, next: TROUBLES };
  }
}
const TROUBLES = 'docs/how-to/monitor.md explains each issue.';

const ADMINISTRATORS_ONLY = 'needs the permission scheduler:admin';

const enginesFinding = ({ engines }: Statistics): Finding => {
  const idsOf = (sought: Statistics['engines'][number]['status']): string[] =>
    engines.filter(({ status }) => status === sought).map(({ engineId }) => engineId);
  const [working, joining, silent] = [idsOf('working'), idsOf('joining'), idsOf('silent')];
  const says = `${working.length} of ${engines.length} working${silent.length === 0 ? '' : `; silent: ${silent.join(', ')}`}`;
  if (working.length > 0) return { what: 'engines', is: 'ok', says };
  if (joining.length > 0) return { what: 'engines', is: 'warning', says: `${says}; ${joining.length} joining` };
  return {
    what: 'engines',
    is: 'failed',
    says: `${says}: no job runs`,
    next: 'Start a process with the role engine. If engines wait for a release: `carillon engine release`.',
  };
};

/** A healthy read model shows an event a few milliseconds after it is stored. */
const CATCH_UP_MS = 2_000;
const POLL_INTERVAL_MS = 100;

/** The read models, once they have what the log had at first; up to 2 s later where they haven't. */
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
  const next = '`carillon projections list` shows the progress of each and why it stopped.';
  const stopped = namesOf(projections, isStopped);
  if (stopped !== '')
    return { what: 'read models', is: 'failed', says: `stopped, or with parked streams: ${stopped}`, next };
  const behind = behindAmong(projections, logEnd);
  return behind === ''
    ? { what: 'read models', is: 'ok', says: `all ${projections.length} up to date` }
    : { what: 'read models', is: 'warning', says: `catching up with the log: ${behind}`, next };
};

const isStopped = ({ status, parked }: Projection): boolean => status !== 'live' || parked.length > 0;

/** Those that go on, but have not reached a position of the log. */
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
