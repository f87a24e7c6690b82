import { expect } from 'chai';
import { backoffMs, createOutageLog, retryUntilDone, withFullJitter } from '../../../src/runtime/retry.ts';
import type { Random } from '../../../src/runtime/runtime.ts';
import { stub } from '../../support/stub.ts';
import { manualWorld, recordingLog } from '../../support/world.ts';

describe('backoff', () => {
  it('doubles the pause with each retry, up to the longest', () => {
    const pauses = [1, 2, 3, 4, 5, 6].map((retry) => backoffMs(retry, { firstMs: 50, longestMs: 500 }));
    expect(pauses).to.deep.equal([50, 100, 200, 400, 500, 500]);
  });

  it('stays at the longest pause however often it failed', () => {
    expect(backoffMs(100_000, { firstMs: 50, longestMs: 500 })).to.equal(500);
  });

  it('shortens a pause by up to half', () => {
    const shortened = [0, 0.5, 1].map((fraction) => withFullJitter(200, stub<Random>({ fraction: () => fraction })));
    expect(shortened).to.deep.equal([100, 150, 200]);
  });
});

describe('an outage', () => {
  it('is reported once when it begins and once when it ends, however many tries fail', () => {
    const { log, lines } = recordingLog();
    const beats = createOutageLog(log, 'heartbeats', { engineId: 'one' });
    const told = () => lines.filter(({ level }) => level !== 'debug').map(({ message }) => message);
    beats.worked();
    for (let tries = 0; tries < 5; tries++) beats.failed(new Error('rejected'));
    expect(told()).to.deep.equal(['heartbeats fail']);
    beats.worked();
    beats.worked();
    expect(told()).to.deep.equal(['heartbeats fail', 'heartbeats work again']);
    beats.failed(new Error('rejected'));
    expect(told()).to.have.length(3);
    expect(lines[0]?.fields).to.deep.include({ engineId: 'one', failures: 1 });
  });
});

describe('what is repeated until it is done', () => {
  const begun = (run: () => Promise<string>) => {
    const world = manualWorld();
    const stopping = new AbortController();
    const outages = createOutageLog(world.log, 'records');
    const done = retryUntilDone({ world, outages, signal: stopping.signal }, run);
    return { world, stop: () => stopping.abort(), done };
  };
  const away = async (): Promise<string> => {
    throw new Error('away');
  };

  it('is begun again after longer and longer pauses', async () => {
    let tries = 0;
    const { world, done } = begun(async () => (++tries < 4 ? away() : 'done'));
    const after: number[] = [];
    for (const ms of [499, 1, 999, 1, 1_999, 1]) {
      await world.advance(ms);
      after.push(tries);
    }
    expect(after).to.deep.equal([1, 2, 2, 3, 3, 4]);
    expect(await done).to.equal('done');
  });

  it('is begun again soon if it went well for a while', async () => {
    let tries = 0;
    const { world, stop } = begun(async () => {
      tries += 1;
      await world.timers.sleep(tries < 4 ? 0 : 11_000);
      return away();
    });
    await world.advance(3_500 + 11_000);
    const before = tries;
    await world.advance(500);
    expect([before, tries]).to.deep.equal([4, 5]);
    stop();
  });

  it('ends with nothing once it is stopped', async () => {
    const { world, stop, done } = begun(away);
    await world.advance(1);
    stop();
    expect(await done).to.equal(undefined);
  });
});
