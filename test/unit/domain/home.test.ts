import { expect } from 'chai';
import type { HomeEvent, LogHome } from '../../../src/domain/events/index.ts';
import { decideRelease, decideStart, type HomeHistory, judgeStart, type StartMode } from '../../../src/domain/home.ts';

const LOG = '6f1ab1a8-3f51-4f0e-9d6b-0a4f0c2f5c11';
const COPY = '1d0e8a3c-0d6b-4c57-8a33-2b6a0c9e7f02';
const here: LogHome = { logId: LOG, store: 'postgres', system: '7001', database: '16384', timeline: 1 };
const recorded = (home: LogHome): HomeEvent => ({ type: 'HomeRecorded', data: { home } });
const released = (home: LogHome): HomeEvent => ({ type: 'EnginesReleased', data: { home } });

const judged = (home: LogHome, history: HomeHistory, mode: StartMode = 'running'): string => {
  const verdict = judgeStart({ mode, home }, history);
  return verdict.kind === 'claims' ? 'claims' : verdict.why;
};
const records = (home: LogHome, history: HomeHistory, mode: StartMode = 'running') =>
  decideStart({ mode, home }, history);

describe('the start of an engine', () => {
  it('claims on a log that no engine has claimed on, and records where it is', () => {
    expect(judged(here, {})).to.equal('claims');
    expect(records(here, {})).to.deep.equal([recorded(here)]);
  });

  it('claims if the log was before, after a restart and as a second engine, and records nothing', () => {
    expect(judged(here, { last: recorded(here) })).to.equal('claims');
    expect(records(here, { last: recorded(here) })).to.deep.equal([]);
  });

  it('claims after a failover to a standby, and records its timeline', () => {
    const standby = { ...here, timeline: 2 };
    expect(judged(standby, { last: recorded(here) })).to.equal('claims');
    expect(records(standby, { last: recorded(here) })).to.deep.equal([recorded(standby)]);
  });

  it('claims after failovers that followed a recovery which was released', () => {
    const before = { ...here, timeline: 2, recoveredFrom: 1 };
    expect(judged({ ...before, timeline: 3 }, { last: recorded(before) })).to.equal('claims');
  });

  for (const [name, other] of [
    ['recovered to a point in time', { ...here, timeline: 2, recoveredFrom: 1 }],
    ['in another cluster', { ...here, system: '7002' }],
    ['in another database of the same cluster', { ...here, database: '16999' }],
    ['in another kind of store', { logId: LOG, store: 'eventstoredb' }],
  ] as const) {
    it(`waits ${name}, records nothing, and claims once it is released there`, () => {
      const history = { last: recorded(here) };
      expect(judged(other, history)).to.match(/restored copy.*carillon engine release/);
      expect(records(other, history)).to.deep.equal([]);
      expect(decideRelease(other, history)).to.deep.equal([released(other)]);
      expect(judged(other, { last: released(other) })).to.equal('claims');
    });
  }

  it('states what it was and what it is', () => {
    expect(judged({ ...here, system: '7002' }, { last: recorded(here) })).to.match(/cluster 7001 before, 7002 now/);
  });

  it('claims if the server withholds its system identifier, and keeps the one that was known', () => {
    const { system, ...withheld } = here;
    expect(judged(withheld, { last: recorded(here) })).to.equal('claims');
    expect(records({ ...withheld, timeline: 2 }, { last: recorded(here) })).to.deep.equal([
      recorded({ ...here, timeline: 2 }),
    ]);
    expect(judged(here, { last: recorded(withheld) })).to.equal('claims');
    expect(records(here, { last: recorded(withheld) })).to.deep.equal([recorded(here)]);
  });

  it('waits on a copy, unless the copy was released when it was made', () => {
    const copy = { ...here, logId: COPY };
    const copied = (isReleased?: boolean) => ({
      copyOf: LOG,
      ...(isReleased === undefined ? {} : { released: isReleased }),
    });
    for (const last of [undefined, recorded(here)]) {
      expect(judged(copy, { last, copied: copied(false) })).to.match(/is a copy of log/);
      expect(judged(copy, { last, copied: copied(true) })).to.equal('claims');
      expect(records(copy, { last, copied: copied(true) })).to.deep.equal([recorded(copy)]);
      expect(judged(copy, { last, copied: copied() })).to.equal('claims');
    }
    expect(judged(copy, { last: released(copy), copied: copied(false) })).to.equal('claims');
  });

  it('waits with ENGINE_START=paused until a release, which holds for every start after it', () => {
    expect(judged(here, {}, 'paused')).to.match(/ENGINE_START/);
    expect(records(here, {}, 'paused')).to.deep.equal([]);
    expect(judged(here, { last: recorded(here) }, 'paused')).to.match(/ENGINE_START/);
    expect(judged(here, { last: released(here) }, 'paused')).to.equal('claims');
    expect(records(here, { last: released(here) }, 'paused')).to.deep.equal([]);
  });

  it('with ENGINE_START=paused passes over a release from before engines ran without it', () => {
    expect(records(here, { last: released(here) })).to.deep.equal([recorded(here)]);
    expect(judged(here, { last: recorded(here) }, 'paused')).to.match(/ENGINE_START/);
  });

  it('with ENGINE_START=paused waits on a log that was released elsewhere', () => {
    expect(judged({ ...here, system: '7002' }, { last: released(here) }, 'paused')).to.match(/restored copy/);
  });
});

describe('a release', () => {
  it('records nothing if engines were released already', () => {
    expect(decideRelease(here, { last: released(here) })).to.deep.equal([]);
    expect(decideRelease(here, { last: recorded(here) })).to.deep.equal([released(here)]);
    expect(decideRelease(here, {})).to.deep.equal([released(here)]);
  });
});
