import { expect } from 'chai';
import { checkRules } from '../../../../src/commands/job/check-rules.ts';
import { DomainError } from '../../../../src/domain/domain-error.ts';

type Checked = Parameters<typeof checkRules>[0];

const rejected = (job: Checked): readonly string[] => {
  try {
    checkRules('schedule' in job || 'pattern' in job ? job : { ...job, pattern: '0 9 * * *' });
    return [];
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    expect(error.code).to.equal('BAD_COMBINATION');
    return error.errors.map(({ pointer, message }) => `${pointer} ${message}`);
  }
};

const once = { schedule: { at: '2027-01-01T00:00:00.000Z' } };
const callback = { completion: 'callback' } as const;

describe('rules that go together', () => {
  const fine: Record<string, Checked> = {
    'nothing at all': {},
    'a limit of late slots that are called': { misfire: 'all', misfireLimit: 5 },
    'a job that is deleted after some runs': { afterCompletion: 'delete', maxRuns: 1 },
    'a job that is deleted after its one instant': {
      ...once,
      afterCompletion: 'delete',
      jitter: '1m',
      misfire: 'all',
    },
    'a job that is deleted a week after its end': {
      afterCompletion: 'delete',
      deleteAfter: '1w',
      maxRuns: 1,
    },
    'a job that is deleted at its end': { afterCompletion: 'delete', endAt: '2027-01-01T00:00:00.000Z' },
    'calendars in and others out': { calendar: { exclude: ['holidays'], include: ['quarters'] } },
    'retries with pauses that stay': { retry: { maxAttempts: 2, backoff: { initial: '2m', max: 120_000 } } },
    'a retry at the last moment': { retry: { maxAttempts: 2, maxElapsed: '10s' } },
    'one attempt, said plainly': { retry: { maxAttempts: 1 } },
    'a status of no success to retry on': {
      retry: { maxAttempts: 2, retryOn: [503, 'connect'] },
      taskConfig: { successStatus: [404] },
    },
    'a callback that is retried on what its target reports': {
      ...callback,
      retry: { maxAttempts: 2, retryOn: ['reported', 'lost'] },
    },
    'a callback within its deadline': { ...callback, deadline: '1h', heartbeatTimeout: '60m' },
    'a callback that replaces another': { ...callback, overlap: 'replace', deadline: '1h' },
    'a jitter beyond the lateness, which counts from the jittered instant': { jitter: '1h', maxLateness: '1m' },
  };
  for (const [what, job] of Object.entries(fine)) it(`are taken: ${what}`, () => expect(rejected(job)).to.be.empty);
});

describe('rules that contradict each other', () => {
  const wrong: Record<string, readonly [job: Checked, ...errors: string[]]> = {
    'a deletion after a while of a job that is kept': [
      { deleteAfter: '1w' },
      '/deleteAfter needs afterCompletion "delete"',
    ],
    'rules for slots of a manual job': [
      { pattern: undefined, jitter: '1m', maxRuns: 3 },
      '/jitter needs pattern or schedule: without both, the job runs only on request',
      '/maxRuns needs pattern or schedule: without both, the job runs only on request',
    ],
    'a limit of late slots that are not called': [{ misfireLimit: 5 }, '/misfireLimit needs misfire "all"'],
    'the same with another misfire': [{ misfireLimit: 5, misfire: 'skip' }, '/misfireLimit needs misfire "all"'],
    'a limit of late slots, of which there is one': [
      { ...once, misfire: 'all', misfireLimit: 5 },
      '/misfireLimit has no effect with schedule.at, which has one slot',
    ],
    'a number of runs, of which there is one': [
      { ...once, maxRuns: 5 },
      '/maxRuns has no effect with schedule.at, which has one slot',
    ],
    'the end of an interval without an end': [
      { afterCompletion: 'delete', schedule: { every: '1h' } },
      '/afterCompletion "delete" needs a job that completes: set maxRuns, endAt or schedule.at',
    ],
    'the end of a job without an end': [
      { afterCompletion: 'delete' },
      '/afterCompletion "delete" needs a job that completes: set maxRuns, endAt or schedule.at',
    ],
    'a calendar in and out': [
      { calendar: { exclude: ['a', 'b'], include: ['c', 'b'] } },
      '/calendar/exclude must not contain a calendar that is also in calendar.include',
    ],
    'retries of one attempt': [
      { retry: { backoff: {}, maxElapsed: '1h', retryOn: ['5xx'] } },
      '/retry/backoff needs retry.maxAttempts above 1',
      '/retry/maxElapsed needs retry.maxAttempts above 1',
      '/retry/retryOn needs retry.maxAttempts above 1',
    ],
    'the same, said plainly': [
      { retry: { maxAttempts: 1, backoff: {} } },
      '/retry/backoff needs retry.maxAttempts above 1',
    ],
    'pauses that shrink': [
      { retry: { maxAttempts: 2, backoff: { initial: '2m', max: '1m' } } },
      '/retry/backoff/max must not be shorter than retry.backoff.initial (by default 10s)',
    ],
    'pauses below the first one by default': [
      { retry: { maxAttempts: 2, backoff: { max: 9_999 } } },
      '/retry/backoff/max must not be shorter than retry.backoff.initial (by default 10s)',
    ],
    'a first pause above all by default': [
      { retry: { maxAttempts: 2, backoff: { initial: '61m' } } },
      '/retry/backoff/initial must not be longer than retry.backoff.max (by default 1h)',
    ],
    'an end before the first retry': [
      { retry: { maxAttempts: 2, maxElapsed: '9s' } },
      '/retry/maxElapsed must not be shorter than retry.backoff.initial (by default 10s)',
    ],
    'a retry of what succeeded': [
      { retry: { maxAttempts: 2, retryOn: [404, 503] }, taskConfig: { successStatus: [404] } },
      '/retry/retryOn must not contain a status that taskConfig.successStatus counts as success',
    ],
    'a retry on reports that never come': [
      { retry: { maxAttempts: 2, retryOn: ['connect', 'reported'] } },
      '/retry/retryOn "reported" and "lost" need completion "callback"',
    ],
    'a retry on a silence that never comes': [
      { retry: { maxAttempts: 2, retryOn: ['lost'] }, completion: 'response' },
      '/retry/retryOn "reported" and "lost" need completion "callback"',
    ],
    'a callback that replaces another, without a deadline': [
      { ...callback, overlap: 'replace' },
      '/deadline is required with completion "callback" and overlap "replace": otherwise a target that never reports would block the job',
    ],
    'a deadline for a response': [{ deadline: '1h' }, '/deadline needs completion "callback"'],
    'a heartbeat for a response': [
      { heartbeatTimeout: '1m', completion: 'response' },
      '/heartbeatTimeout needs completion "callback"',
    ],
    'a heartbeat after the deadline': [
      { ...callback, deadline: '1h', heartbeatTimeout: '61m' },
      '/heartbeatTimeout must not be longer than deadline (by default 24h)',
    ],
    'a heartbeat after the deadline by default': [
      { ...callback, heartbeatTimeout: '25h' },
      '/heartbeatTimeout must not be longer than deadline (by default 24h)',
    ],
  };
  for (const [what, [job, ...errors]] of Object.entries(wrong)) {
    it(`are rejected: ${what}`, () => expect(rejected(job)).to.deep.equal(errors));
  }
});
