import { expect } from 'chai';
import { jobStream, runsStream } from '../../../../../src/domain/streams.ts';
import { lastEventAt, runsAt } from '../../../../../src/projections/queries/as-of/log-at.ts';
import { memoryLog, storeOver } from '../../../../support/engines.ts';
import { history, metadata, type Step } from '../../../../support/histories.ts';
import { manualWorld } from '../../../../support/world.ts';

/** A log in which each event of these steps of a job was recorded a second after the one before. */
const logOf = async (...steps: Step['step'][]) => {
  const world = manualWorld({ nowMs: 0 });
  const store = storeOver(memoryLog(world));
  const revisions = new Map<string, number>();
  for (const { stream, event } of history(steps.map((step) => ({ jobId: 7, step })))) {
    await world.advance(1_000);
    const expectedRevision = revisions.get(stream) ?? -1;
    revisions.set(stream, expectedRevision + 1);
    await store.append({ stream, expectedRevision, events: [{ ...event, id: world.random.uuid(), metadata }] });
  }
  return store;
};

describe('the log at an instant', () => {
  it('ends with the last event that was recorded up to it, wherever its stream begins', async () => {
    const store = await logOf('claim', 'succeed', 'claim', 'fail', 'claim', 'succeed', 'claim');
    const stream = runsStream(7);
    const at = async (ms: number) => (await lastEventAt(store, stream, ms))?.revision;
    // An application and the job come first, at 1 s and 2 s.
    expect(await Promise.all([2_999, 3_000, 3_999, 4_000, 8_500, 9_000, 99_000].map(at))).to.deep.equal([
      undefined,
      0,
      0,
      1,
      5,
      6,
      6,
    ]);
    await store.truncateBefore(stream, 3);
    expect(await Promise.all([4_000, 5_999, 6_000, 7_000].map(at))).to.deep.equal([undefined, undefined, 3, 4]);
    expect(await lastEventAt(store, jobStream(8), 99_000)).to.equal(undefined);
  });

  it('reports the executions that were open then, by their own events alone', async () => {
    const store = await logOf('request', 'claim', 'try again', 'succeed', 'start', 'cancel');
    const open = async (ms: number) => {
      const runs = await runsAt(store, 7, ms);
      return [...(runs?.open ?? [])].map(([id, { status, attempt }]) => [id, status, attempt]);
    };
    expect(await open(2_500)).to.deep.equal([]);
    expect(await open(3_000)).to.deep.equal([[1, 'pending', 0]]);
    expect(await open(4_000)).to.deep.equal([
      [1, 'pending', 0],
      [2, 'running', 1],
    ]);
    expect(await open(5_000)).to.deep.equal([
      [1, 'pending', 0],
      [2, 'pending', 1],
    ]);
  });
});
