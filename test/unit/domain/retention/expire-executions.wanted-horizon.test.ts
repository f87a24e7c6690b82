import { expect } from 'chai';
import { wantedHorizonMs } from '../../../../src/domain/retention/expire-executions.ts';

const DAY_MS = 86_400_000;
const NOW_MS = 1_000 * DAY_MS;
type Input = Omit<Parameters<typeof wantedHorizonMs>[0], 'nowMs'>;
/** How many days ago what expires was created at the latest. */
const daysAgo = (input: Partial<Input>): number | undefined => {
  const nothing: Input = { retention: undefined, longestMs: undefined, lastKeptMs: undefined };
  const wantedMs = wantedHorizonMs({ ...nothing, ...input, nowMs: NOW_MS });
  return wantedMs === undefined ? undefined : (NOW_MS - wantedMs) / DAY_MS;
};

const ago = (days: number): number => NOW_MS - days * DAY_MS;

describe('how far executions of a job are to expire', () => {
  it('is nowhere if no one states anything', () => {
    expect(daysAgo({})).to.equal(undefined);
  });
  it('is the age of the job, and no more than that of the installation', () => {
    expect(daysAgo({ longestMs: 90 * DAY_MS })).to.equal(90);
    expect(daysAgo({ retention: { maxAge: '40d' } })).to.equal(40);
    expect(daysAgo({ retention: { maxAge: '40d' }, longestMs: 90 * DAY_MS })).to.equal(40);
    expect(daysAgo({ retention: { maxAge: '200d' }, longestMs: 90 * DAY_MS })).to.equal(90);
  });
  it('stops at the last ones that are kept although they are older, but not beyond the installation', () => {
    const retention = { maxAge: '40d', keepLast: 3 };
    expect(daysAgo({ retention, lastKeptMs: ago(60) })).to.equal(60);
    expect(daysAgo({ retention, lastKeptMs: ago(10) }), 'there are more that are young enough').to.equal(40);
    expect(daysAgo({ retention }), 'there are fewer').to.equal(undefined);
    expect(daysAgo({ retention, lastKeptMs: ago(60), longestMs: 50 * DAY_MS })).to.equal(50);
    expect(daysAgo({ retention, longestMs: 50 * DAY_MS })).to.equal(50);
  });
});
