import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { requests, watchRequests } from './requests.ts';
import { statements, watchStatements } from './statements.ts';

/** So many turns of the event loop in which nothing happens are a rest: on this machine bytes arrive within a turn. */
const CALM_TURNS = 3;
/** Only what hangs takes so long, however busy the machine is. */
const GIVE_UP_MS = 120_000;
/** How often to look whether the system has done what only it can tell of. */
const POLL_INTERVAL_MS = 1;
/** What the system does for this process, by the names that Node gives it; all else waits to be called, or for a time. */
const WORK = /Req|Connect|Immediate/;

/** Connections to servers of this process that take real time of their own, such as a mail server's before its greeting. */
export const slowConnections = new Set<Socket>();

/** Has this process watched, so that `settled` can tell. */
export const watchProcess = (): void => {
  watchStatements();
  watchRequests();
};

/**
 * Resolves when nothing more happens in this process until time goes on: Postgres has answered every statement, no
 * request and no notification is on its way, and no code has work left.
 * @throws Error naming what still works, where that takes longer than anything but what hangs
 */
export const settled = async (): Promise<void> => {
  const startedMs = performance.now();
  await calm(startedMs);
  while (statements.mayNotify()) {
    await statements.notified();
    await calm(startedMs);
  }
};

const calm = async (startedMs: number): Promise<void> => {
  for (let [turns, seen] = [0, Number.NaN]; turns < CALM_TURNS; ) {
    await turn();
    const statement = statements.requestInProgress();
    const work = statement ?? requests.onTheWay() ?? systemWork();
    const happened = statements.count() + performance.nodeTiming.uvMetricsInfo.events;
    turns = work === undefined && happened === seen ? turns + 1 : 0;
    seen = happened;
    if (performance.now() - startedMs > GIVE_UP_MS) {
      throw new Error(`The process never becomes idle. It waits for ${work ?? 'nothing, but is active'}.`);
    }
    if (statement !== undefined) await statements.rested();
    else if (work !== undefined) await sleep(POLL_INTERVAL_MS);
  }
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const systemWork = (): string | undefined => {
  if (slowConnections.size > 0) return 'a server of this process that takes real time';
  const kind = process.getActiveResourcesInfo().find((name) => WORK.test(name));
  return kind === undefined ? undefined : `the system to do ${kind}`;
};
