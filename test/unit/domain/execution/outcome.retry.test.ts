import { expect } from 'chai';
import fc from 'fast-check';
import type { ExecutionErrorCode } from '../../../../src/domain/codes/execution-error-codes.ts';
import { RETRY_CAUSES, type Retry } from '../../../../src/domain/events/job-events.ts';
import { readRetryAfter, retryAtMs } from '../../../../src/domain/execution/outcome.ts';
import { rulesOf } from '../../../../src/domain/job/rules.ts';

const rulesFor = (retry: Retry) => rulesOf({ retry }).retry;
const failed: Parameters<typeof retryAtMs>[0] = {
  attempt: 1,
  code: 'HTTP_503',
  wasSent: true,
  finishedAtMs: 1_000_000,
  firstStartedAtMs: 990_000,
  retryAfterMs: undefined,
  reportedRetry: undefined,
  randomFraction: 0.5,
};

describe('the next attempt', () => {
  const pauseOf = (retry: Retry, other: Partial<typeof failed> = {}): number | undefined => {
    const atMs = retryAtMs({ ...failed, ...other }, rulesFor({ maxAttempts: 100, ...retry }));
    return atMs === undefined ? undefined : atMs - failed.finishedAtMs;
  };
  const exactly = { jitter: 'none' } as const;

  it('is not made unless the rules allow more than one', () => {
    expect(retryAtMs(failed, rulesFor({}))).to.equal(undefined);
    expect(pauseOf({ maxAttempts: 2 })).to.equal(5_000);
    expect(pauseOf({ maxAttempts: 2 }, { attempt: 2 })).to.equal(undefined);
  });
  it('comes after a pause that grows by the factor, up to the longest', () => {
    const pauses = (retry: Retry) => [1, 2, 3, 99].map((attempt) => pauseOf(retry, { attempt }));
    expect(pauses({ backoff: exactly })).to.deep.equal([10_000, 20_000, 40_000, 3_600_000]);
    expect(pauses({ backoff: { ...exactly, initial: '1s', factor: 1 } })).to.deep.equal([1_000, 1_000, 1_000, 1_000]);
    expect(pauses({ backoff: { ...exactly, initial: 500, factor: 10, max: '30s' } })).to.deep.equal([
      500, 5_000, 30_000, 30_000,
    ]);
  });
  it('comes at any moment of the pause if it has full jitter', () => {
    const any = fc.record({
      attempt: fc.integer({ min: 1, max: 99 }),
      randomFraction: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      initial: fc.integer({ min: 100, max: 86_400_000 }),
      factor: fc.double({ min: 1, max: 100, noNaN: true }),
    });
    fc.assert(
      fc.property(any, ({ initial, factor, ...other }) => {
        const backoff = { initial, factor };
        const longest = pauseOf({ backoff: { ...backoff, ...exactly } }, other) ?? 0;
        const pause = pauseOf({ backoff }, other);
        expect(pause).to.equal(Math.floor(longest * other.randomFraction));
        expect(pause).to.be.within(0, 3_600_000);
      }),
    );
  });
  it('waits for Retry-After, even beyond the longest pause', () => {
    expect(pauseOf({ backoff: { ...exactly, max: '20s' } }, { retryAfterMs: 60_000 })).to.equal(60_000);
    expect(pauseOf({ backoff: exactly }, { retryAfterMs: 2_000 })).to.equal(10_000);
  });
  it('is not made after the longest time since the first attempt started', () => {
    expect(pauseOf({ backoff: exactly, maxElapsed: '20s' })).to.equal(10_000);
    expect(pauseOf({ backoff: exactly, maxElapsed: 19_999 })).to.equal(undefined);
    expect(pauseOf({ backoff: exactly, maxElapsed: '1m' }, { retryAfterMs: 60_000 })).to.equal(undefined);
  });

  it('waits exactly as long as the report of the target states, and is not made if the report reports it', () => {
    const reported = { code: 'REPORTED_FAILED' } as const;
    const retry: Retry = { backoff: exactly, retryOn: ['reported'], maxElapsed: '1m' };
    expect(pauseOf(retry, reported)).to.equal(10_000);
    expect(pauseOf(retry, { ...reported, reportedRetry: 0 })).to.equal(0);
    expect(pauseOf(retry, { ...reported, reportedRetry: 30_000 })).to.equal(30_000);
    expect(pauseOf(retry, { ...reported, reportedRetry: 60_000 })).to.equal(undefined);
    expect(pauseOf(retry, { ...reported, reportedRetry: false })).to.equal(undefined);
    expect(pauseOf({ maxAttempts: 1, retryOn: ['reported'] }, { ...reported, reportedRetry: 0 })).to.equal(undefined);
    expect(pauseOf({ backoff: exactly }, { ...reported, reportedRetry: 0 })).to.equal(undefined);
  });

  describe('is made for', () => {
    const causes: readonly (readonly [ExecutionErrorCode, 'sent' | 'unsent', readonly string[]])[] = [
      ['HTTP_503', 'sent', ['5xx', '503']],
      ['HTTP_404', 'sent', ['404']],
      ['HTTP_429', 'sent', ['429']],
      ['OUTCOME_UNKNOWN', 'sent', ['timeout', 'unknown']],
      ['OUTCOME_UNKNOWN', 'unsent', ['timeout', 'unknown']],
      ['ETIMEDOUT', 'sent', ['timeout', 'unknown']],
      ['ETIMEDOUT', 'unsent', ['connect', 'timeout']],
      ['DEADLINE_EXCEEDED', 'sent', ['lost', 'timeout']],
      ['HEARTBEAT_LOST', 'sent', ['lost', 'timeout']],
      ['REPORTED_FAILED', 'sent', ['reported']],
      ['ENOTFOUND', 'unsent', ['connect']],
      ['EAI_AGAIN', 'unsent', ['connect']],
      ['CONNECTION_FAILED', 'unsent', ['connect']],
      ['CONNECTION_FAILED', 'sent', ['unknown']],
      ['ENGINE_STOPPED', 'unsent', ['connect']],
      ['ACCESS_TOKEN_UNAVAILABLE', 'unsent', ['connect']],
      ['ACCESS_TOKEN_REJECTED', 'unsent', []],
      ['LEASE_LOST', 'unsent', ['connect']],
      ['INVALID_RESPONSE', 'sent', []],
      ['TOO_MANY_REDIRECTS', 'sent', []],
      ['INVALID_REQUEST', 'unsent', []],
      ['TARGET_BLOCKED', 'unsent', []],
      ['BAD_PARAMETER', 'unsent', []],
      ['SECRET_ERASED', 'unsent', []],
      ['OUTCOME_NOT_RECORDED', 'sent', []],
      ['INTERNAL_ERROR', 'unsent', []],
    ];
    const all = [...RETRY_CAUSES, 404, 429, 503] as const;
    for (const [code, sent, expected] of causes) {
      it(`${code} (${sent}): ${expected.join(', ') || 'nothing'}`, () => {
        const other = { code, wasSent: sent === 'sent' };
        const named = all.filter((cause) => pauseOf({ retryOn: [cause] }, other) !== undefined);
        expect(named.map(String).sort()).to.deep.equal([...expected].sort());
      });
    }
    it('refused connections and certificates, as the system names them', () => {
      for (const code of ['ECONNREFUSED', 'CERT_HAS_EXPIRED'] as ExecutionErrorCode[]) {
        expect(pauseOf({}, { code, wasSent: false })).to.equal(5_000);
        expect(pauseOf({}, { code, wasSent: true })).to.equal(undefined);
      }
    });
    it('by itself: what was not sent, 408, 425, 429, and 500 upwards', () => {
      const codes = [408, 425, 429, 500, 599].map((status): ExecutionErrorCode => `HTTP_${status}`);
      for (const code of codes) expect(pauseOf({}, { code })).to.equal(5_000);
      for (const code of ['HTTP_400', 'HTTP_404', 'OUTCOME_UNKNOWN', 'REPORTED_FAILED', 'HEARTBEAT_LOST'] as const) {
        expect(pauseOf({}, { code })).to.equal(undefined);
      }
    });
  });
});

describe('Retry-After', () => {
  const nowMs = Date.parse('2026-03-01T09:00:00Z');
  it('is a number of seconds, or a date', () => {
    expect(readRetryAfter('120', nowMs)).to.equal(120_000);
    expect(readRetryAfter(' 0 ', nowMs)).to.equal(0);
    expect(readRetryAfter('Sun, 01 Mar 2026 09:00:30 GMT', nowMs)).to.equal(30_000);
    expect(readRetryAfter('Sunday, 01-Mar-26 09:00:30 GMT', nowMs)).to.equal(30_000);
  });
  it('of the past requests nothing, and of the far future for a month', () => {
    expect(readRetryAfter('Sun, 01 Mar 2020 09:00:00 GMT', nowMs)).to.equal(0);
    expect(readRetryAfter('Fri, 31 Dec 9999 23:59:59 GMT', nowMs)).to.equal(30 * 86_400_000);
    expect(readRetryAfter('999999999', nowMs)).to.equal(30 * 86_400_000);
  });
  it('is ignored if it is neither', () => {
    for (const header of [undefined, '', '-1', '1.5', '2026-03-02', 'soon', '1, 2', 'Xyz, GMT', '9'.repeat(40)]) {
      expect(readRetryAfter(header, nowMs), header).to.equal(undefined);
    }
  });
});
