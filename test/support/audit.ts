import { isDeepStrictEqual } from 'node:util';
import { ensureLogIdentity } from '../../src/event-store/identity.ts';
import type { EventStore } from '../../src/event-store/port.ts';
import { allProjections } from '../../src/projections/all.ts';
import { watchPositions } from '../../src/projections/queries/await-position.ts';
import { startProjections } from '../../src/projections/runner.ts';
import { executionsAmiss } from '../simulation/books/executions.ts';
import { checkExplained } from '../simulation/books/explained.ts';
import { checkLedger } from '../simulation/books/ledger.ts';

import { databaseOfService } from './postgres.ts';
import { allEvents, realWorld as world } from './publishing.ts';
import { readModelRows } from './read-model-rows.ts';
import { openServiceLog, type ServiceLog } from './service-log.ts';

const TIMEOUT_MS = 240_000;

/** The remains of a stopped service. */
export type Left = ServiceLog & {
  /** When it was requested to stop, epoch ms. */
  readonly endedAtMs: number;
};

/**
 * Checks the invariants of the simulation on a stopped service: each slot settled once, no execution open, and read models
 * equal to a fresh fold of the log.
 * @throws Error naming all violations
 */
export const audit = async (left: Left): Promise<void> => {
  const store = openServiceLog(left);
  try {
    const events = await allEvents(store);
    const amiss = [
      ...checkLedger({ events, endedAtMs: left.endedAtMs }),
      ...checkExplained({ events, endedAtMs: left.endedAtMs }),
      ...executionsAmiss(events, { graceMs: 0, endedAtMs: left.endedAtMs }),
      ...(await readModelsAmiss(store, left.databaseUrl)),
    ];
    if (amiss.length > 0) throw new Error(`the service left its books out of balance:\n${amiss.join('\n')}`);
  } finally {
    await store.close();
  }
};

const readModelsAmiss = async (store: EventStore, databaseUrl: string): Promise<string[]> => {
  const fresh = await databaseOfService();
  try {
    const [left, folded] = await Promise.all([caughtUpRows(store, databaseUrl), caughtUpRows(store, fresh.url)]);
    return Object.keys(folded)
      .filter((view) => !isDeepStrictEqual(left[view], folded[view]))
      .map((view) => `the read model ${view} differs from a fresh fold of the log`);
  } finally {
    await fresh.drop();
  }
};

/** The rows of every read model, once it has come to the end of the log. */
const caughtUpRows = async (store: EventStore, databaseUrl: string): Promise<Record<string, string[]>> => {
  const logId = await ensureLogIdentity(store, world);
  const end = (await store.end()) ?? '';
  const positions = watchPositions({ databaseUrl, projections: allProjections, world });
  const runner = startProjections({ store, logId, databaseUrl, world });
  try {
    if (!(await positions.awaitPosition(end, TIMEOUT_MS))) throw new Error(`the read models never came to ${end}`);
    return await readModelRows(databaseUrl);
  } finally {
    await runner.stop();
    await positions.close();
  }
};
