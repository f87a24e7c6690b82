import { expect } from 'chai';
import type { EngineState } from '../../../../src/engine/engine-state.ts';
import type { Parking } from '../../../../src/engine/jobs/parking.ts';
import { createUndecodedRuns } from '../../../../src/engine/jobs/undecoded-runs.ts';
import type { Codec } from '../../../../src/event-store/codec.ts';
import { StreamParked, UnreadableEvent } from '../../../../src/event-store/errors.ts';
import { codec } from '../../../support/codec.ts';
import { runsOf } from '../../../support/run-events.ts';
import { stub } from '../../../support/stub.ts';
import { undecodedRun } from '../../../support/undecoded-run.ts';

const SLOT_MS = Date.parse('2026-03-01T12:00:00Z');

describe('run events that an engine has left undecoded', () => {
  const given = (limitBytes?: number) => {
    const parked: { readonly stream: string }[] = [];
    const failures: unknown[] = [];
    const parking = stub<Parking>({ park: (one) => void parked.push(one) });
    const state = stub<EngineState>({ fail: (error) => void failures.push(error) });
    const undecoded = createUndecodedRuns({ parking, state }, limitBytes);
    return { undecoded, parked, failures };
  };
  const claimOf = (jobId: number, revision: number, by?: Codec) =>
    undecodedRun(runsOf(jobId).start(jobId, SLOT_MS), revision, by);

  it('are the newest of each job, decoded once they are taken', () => {
    const { undecoded } = given();
    undecoded.keep(1, claimOf(1, 4));
    undecoded.keep(1, claimOf(1, 5));
    undecoded.keep(2, claimOf(2, 0));
    expect(undecoded.take(1)).to.deep.include({ type: 'ExecutionStarted', revision: 5 });
    expect(undecoded.take(1)).to.equal(undefined);
    expect(undecoded.takeAll().map(({ data }) => data.jobId)).to.deep.equal([2]);
    expect(undecoded.takeAll()).to.deep.equal([]);
  });

  it('are forgotten if a newer event of the job is known', () => {
    const { undecoded } = given();
    undecoded.keep(1, claimOf(1, 4));
    undecoded.forget(1, 4);
    expect(undecoded.take(1)?.revision).to.equal(4);
    undecoded.keep(1, claimOf(1, 4));
    undecoded.forget(1, 5);
    expect(undecoded.take(1)).to.equal(undefined);
  });

  it('are decoded once they are too large, those first whose jobs have run longest ago', () => {
    const { stored } = claimOf(1, 0);
    const { undecoded } = given(2.5 * (stored.data.length + stored.metadata.length));
    expect(undecoded.keep(1, claimOf(1, 0))).to.deep.equal([]);
    expect(undecoded.keep(2, claimOf(2, 0))).to.deep.equal([]);
    expect(undecoded.keep(1, claimOf(1, 1))).to.deep.equal([]);
    expect(undecoded.keep(3, claimOf(3, 0)).map(({ data }) => data.jobId)).to.deep.equal([2]);
    expect(undecoded.takeAll().map(({ data }) => data.jobId)).to.deep.equal([1, 3]);
  });

  it('park their stream where they can not be read', () => {
    const { undecoded, parked, failures } = given();
    const spoiled: Codec = { ...codec, decode: (stored) => new StreamParked({ ...stored, why: 'spoiled' }) };
    undecoded.keep(1, claimOf(1, 0, spoiled));
    expect(undecoded.take(1)).to.equal(undefined);
    expect(parked.map(({ stream }) => stream)).to.deep.equal(['runs-1']);
    expect(failures).to.deep.equal([]);
  });

  it('end the engine if they require a newer reader', () => {
    const { undecoded, failures } = given();
    const decode: Codec['decode'] = (stored) => {
      throw new UnreadableEvent({ ...stored, minReader: 2, reader: 1 });
    };
    undecoded.keep(1, claimOf(1, 0, { ...codec, decode }));
    expect(undecoded.takeAll()).to.deep.equal([]);
    expect(failures[0]).to.be.instanceOf(UnreadableEvent);
  });
});
