import { expect } from 'chai';
import type { Outcome } from '../../../../src/domain/execution/outcome.ts';
import type { EngineSetup } from '../../../../src/engine/context.ts';
import type { HeldClaim } from '../../../../src/engine/run/claim.ts';
import { createExecutionLines } from '../../../../src/engine/run/execution-telemetry.ts';
import type { TraceSpan } from '../../../../src/telemetry/tracer.ts';
import { okResult, runsOf } from '../../../support/run-events.ts';
import { stub } from '../../../support/stub.ts';
import { manualWorld, recordingLog } from '../../../support/world.ts';

const EXECUTIONS = 10_000;
/** Each job in turn: a share by the ids themselves would always be of the same jobs. */
const JOBS = 100;
const SLOT_MS = Date.parse('2026-03-02T09:00:00Z');

const succeeded: Outcome = {
  kind: 'succeeded',
  finishedAtMs: 5,
  result: okResult,
};
const failed: Outcome = { kind: 'failed', finishedAtMs: 5, error: { code: 'ETIMEDOUT', message: 'too late' } };

const attemptOf = (executionId: number) =>
  stub<HeldClaim>({
    claim: runsOf(executionId % JOBS).start(executionId, SLOT_MS).data,
    trace: stub<TraceSpan>({ logFields: {} }),
  });

describe('the lines of executions', () => {
  const linesOf = (share: number) => {
    const world = manualWorld();
    const { log, lines } = recordingLog();
    const written = () => lines.map(({ message, fields }) => `${message} ${fields.executionId}`);
    return {
      world,
      lines,
      written,
      executions: createExecutionLines(stub<EngineSetup>({ loggedShare: share, world: { ...world, log } })),
    };
  };

  it('that state that they started are written together, in order, soon', async () => {
    const { world, written, executions } = linesOf(1);
    for (const id of [1, 2]) executions.started(attemptOf(id), 'nightly');
    expect([written(), world.pendingTimers()]).to.deep.equal([[], 1]);
    await world.advance(20);
    expect(written()).to.deep.equal(['scheduler: job execution started 1', 'scheduler: job execution started 2']);
  });

  it('are written before the lines that follow them', async () => {
    const { world, written, executions } = linesOf(1);
    executions.started(attemptOf(1), 'nightly');
    executions.ended(attemptOf(1), 'nightly', succeeded);
    const both = ['scheduler: job execution started 1', 'scheduler: job execution succeeded 1'];
    expect(written()).to.deep.equal(both);
    await world.advance(20);
    executions.started(attemptOf(2), 'nightly');
    await world.advance(20);
    expect(written()).to.deep.equal([...both, 'scheduler: job execution started 2']);
  });

  it('report a share of them, of each whole and of every job, and of all that fail', async () => {
    const { world, lines, executions } = linesOf(0.25);
    const fails = (id: number): boolean => id % 10 === 0;
    for (let id = 0; id < EXECUTIONS; id++) {
      executions.started(attemptOf(id), 'nightly');
      executions.ended(attemptOf(id), 'nightly', fails(id) ? failed : succeeded);
    }
    await world.advance(20);
    const idsOf = (message: string) =>
      lines.filter((line) => line.message.endsWith(message)).map(({ fields }) => fields);
    const [started, ends] = [idsOf('started'), idsOf('succeeded')];
    expect(started.length / EXECUTIONS).to.be.within(0.23, 0.27);
    expect(ends.map(({ executionId }) => executionId)).to.deep.equal(
      started.map(({ executionId }) => executionId).filter((id) => !fails(Number(id))),
    );
    expect(new Set(started.map(({ jobId }) => jobId)).size).to.equal(JOBS);
    expect(idsOf('failed')).to.have.length(EXECUTIONS / 10);
  });
});
