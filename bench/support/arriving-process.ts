import { setTimeout as sleep } from 'node:timers/promises';
import { createPostgresEventStore } from '../../src/event-store/postgres/store.ts';
import { codec, world } from './read-model-host.ts';
import { runEvents } from './seed-runs.ts';

/**
 * Appends claims and outcomes of executions for some seconds, 500 events at a time, at 10,000 per second or as fast as the
 * responses allow. Reports for each batch its last position and when the log had responded.
 */
const [databaseUrl = '', seconds] = process.argv.slice(2);
const EVERY_MS = 50;
const JOBS = { first: 5_000_000, count: 250 };
const store = createPostgresEventStore({ connection: { connectionString: databaseUrl }, codec, world });

/** A claim gets revision 1, an outcome 2, of streams that are new each time: no append fails. */
const round = (index: number) => {
  const jobs = { first: JOBS.first + index * JOBS.count, count: JOBS.count };
  const at = new Date().toISOString();
  const [events = []] = runEvents(
    { applicationId: 1, jobs, executions: JOBS.count },
    { from: 0, until: JOBS.count },
    at,
  );
  return events;
};

const startMs = performance.now();
const endMs = startMs + Number(seconds) * 1_000;
for (let index = 0; performance.now() < endMs; index++) {
  const events = round(index);
  const claims = events.slice(0, JOBS.count);
  const outcomes = events.slice(JOBS.count);
  const results = [];
  for (const [step, part] of [claims, outcomes].entries()) {
    results.push(
      ...(await Promise.all(
        part.map(({ stream, event }) => store.append({ stream, expectedRevision: step - 1, events: [event] })),
      )),
    );
  }
  const position = results
    .map((result) => result.position)
    .toSorted()
    .at(-1);
  process.send?.({ position, atMs: Date.now(), events: events.length });
  const dueMs = startMs + (index + 1) * EVERY_MS;
  if (performance.now() < dueMs) await sleep(dueMs - performance.now());
}
await store.close();
process.disconnect?.();
