import { expect } from 'chai';
import { RulesChange, RulesInput } from '../../../../src/commands/job/rules-input.ts';
import { parseInput } from '../../../../src/commands/parse.ts';
import { DomainError } from '../../../../src/domain/domain-error.ts';
import { RuleFields } from '../../../../src/domain/events/index.ts';

const all: RuleFields = {
  misfire: 'all',
  misfireLimit: 1_000,
  maxLateness: '10m',
  overlap: 'queue',
  jitter: '1d',
  maxRuns: 1,
  afterCompletion: 'delete',
  calendar: { exclude: ['holidays'], include: ['business-days'] },
  retry: {
    maxAttempts: 5,
    backoff: { initial: 100, factor: 1.5, max: '1h', jitter: 'none' },
    maxElapsed: '2w',
    retryOn: ['connect', 'timeout', 'unknown', '5xx', 429, 'reported', 'lost'],
  },
  disableAfter: 3,
  limit: 'crm-api',
  completion: 'callback',
  deadline: 3_600_000,
  heartbeatTimeout: '5m',
};

const rejected = (input: unknown) => {
  try {
    parseInput(RulesInput, input);
  } catch (error) {
    if (error instanceof DomainError) return error.errors;
    throw error;
  }
  return expect.fail('it was taken');
};

describe('rules as callers send them', () => {
  it('are kept as they came', () => {
    expect(parseInput(RulesInput, all)).to.deep.equal(all);
    expect(parseInput(RulesChange, all)).to.deep.equal(all);
    expect(RuleFields.parse(all)).to.deep.equal(all);
    expect(parseInput(RulesInput, {})).to.deep.equal({});
  });
  it('may be null in a change, each of them', () => {
    const cleared = Object.fromEntries(Object.keys(all).map((field) => [field, null]));
    expect(parseInput(RulesChange, cleared)).to.deep.equal(cleared);
    expect(rejected(cleared)).to.have.length(Object.keys(all).length);
  });

  const duration =
    'must be a whole number with a unit (ms, s, m, h, d, w), such as "90s", or a whole number of milliseconds';
  const wrong: Record<string, readonly [input: Record<string, unknown>, pointer: string, message: string | RegExp]> = {
    'a misspelt field': [{ overlaps: 'skip' }, '/overlaps', 'is unknown; did you mean overlap?'],
    'a field of another name': [{ retries: 3 }, '/retries', 'is unknown; did you mean retry?'],
    'a field of a field': [{ maxAttempts: 3 }, '/maxAttempts', 'is unknown; did you mean retry.maxAttempts?'],
    'a misspelt value': [{ overlap: 'queues' }, '/overlap', /^must be one of .*; did you mean queue\?$/],
    'an unknown field': [
      { simultaneous: 'skip' },
      '/simultaneous',
      /^is unknown; known here are misfire, misfireLimit, /,
    ],
    'another word': [{ overlap: 'wait' }, '/overlap', 'must be one of skip, allow, queue, replace'],
    'a limit of no slots': [{ misfireLimit: 0 }, '/misfireLimit', 'must be at least 1'],
    'a limit of too many slots': [{ misfireLimit: 1_001 }, '/misfireLimit', 'must be at most 1000'],
    'half a run': [{ maxRuns: 1.5 }, '/maxRuns', 'must be a whole number'],
    'no run at all': [{ maxRuns: 0 }, '/maxRuns', 'must be at least 1'],
    'a duration without a unit': [{ maxLateness: '90' }, '/maxLateness', duration],
    'a duration that is none': [{ deadline: true }, '/deadline', duration],
    'a negative duration': [{ jitter: -1 }, '/jitter', duration],
    'a jitter of more than a day': [{ jitter: '25h' }, '/jitter', 'must be at least 0 and at most 1d'],
    'a lateness that every call has': [{ maxLateness: 999 }, '/maxLateness', 'must be at least 1s and at most 30d'],
    'a deadline after a month': [{ deadline: '31d' }, '/deadline', 'must be at least 1s and at most 30d'],
    'a pause that is none': [
      { retry: { backoff: { initial: '99ms' } } },
      '/retry/backoff/initial',
      'must be at least 100ms and at most 1d',
    ],
    'a factor that shrinks': [{ retry: { backoff: { factor: 0.5 } } }, '/retry/backoff/factor', 'must be at least 1'],
    'too many attempts': [{ retry: { maxAttempts: 101 } }, '/retry/maxAttempts', 'must be at most 100'],
    'a misspelt field further down': [
      { retry: { attempts: 3 } },
      '/retry/attempts',
      'is unknown; did you mean maxAttempts?',
    ],
    'a status of success to retry on': [
      { retry: { retryOn: [200] } },
      '/retry/retryOn/0',
      'must be connect, timeout, unknown, 5xx, reported, lost, or a status from 400 to 599',
    ],
    'nothing to retry on': [
      { retry: { retryOn: [] } },
      '/retry/retryOn',
      'must contain at least one cause, or be omitted',
    ],
    'a cause twice': [{ retry: { retryOn: [503, 503] } }, '/retry/retryOn', 'must not contain a cause twice'],
    'a calendar without lists': [{ calendar: {} }, '/calendar', 'must have exclude or include'],
    'a list of no calendars': [
      { calendar: { exclude: [] } },
      '/calendar/exclude',
      'must contain at least one calendar, or be omitted',
    ],
    'an empty name': [{ calendar: { include: [''] } }, '/calendar/include/0', 'must not be empty'],
    'a calendar twice': [
      { calendar: { exclude: ['a', 'b', 'a'] } },
      '/calendar/exclude',
      'must not contain a calendar twice',
    ],
    'NUL in the name of a limit': [{ limit: 'a\0' }, '/limit', /control characters/],
  };
  for (const [what, [input, pointer, message]] of Object.entries(wrong)) {
    it(`are rejected with ${what}, by the field`, () => {
      const [error, ...others] = rejected(input);
      expect(others).to.deep.equal([]);
      expect(error?.pointer).to.equal(pointer);
      if (typeof message === 'string') expect(error?.message).to.equal(message);
      else expect(error?.message).to.match(message);
    });
  }
});
