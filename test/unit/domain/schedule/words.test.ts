import { expect } from 'chai';
import fc from 'fast-check';
import { scheduleWords } from '../../../../src/domain/schedule/words.ts';
import { arbitraryPattern } from './arbitrary-pattern.ts';

const WORDS: readonly (readonly [pattern: string, words: string])[] = [
  ['* * * * *', 'Every minute'],
  ['* * * * * *', 'Every second'],
  ['*/10 * * * * *', 'Every 10 seconds'],
  ['*/5 * * * *', 'Every 5 minutes'],
  ['*/15 * * * *', 'Every 15 minutes'],
  ['*/1 * * * *', 'Every minute'],
  ['*/60 * * * *', 'Every hour'],
  ['*/7 * * * *', 'Every 7 minutes from minute 0 through 59 of the hour'],
  ['5/10 * * * *', 'Every 10 minutes from minute 5 through 59 of the hour'],
  ['10-30/5 * * * *', 'Every 5 minutes from minute 10 through 30 of the hour'],
  ['0 * * * *', 'Every hour'],
  ['@hourly', 'Every hour'],
  ['5 * * * *', 'At 5 minutes past the hour'],
  ['1 * * * *', 'At 1 minute past the hour'],
  ['0,30 * * * *', 'At 0 and 30 minutes past the hour'],
  ['10-20 * * * *', 'Minutes 10 through 20 past the hour'],
  ['30 * * * * *', 'At 30 seconds past the minute'],
  ['30 5 * * * *', 'At 30 seconds past the minute, at 5 minutes past the hour'],
  ['0 */2 * * *', 'Every 2 hours'],
  ['15 */2 * * *', 'At 15 minutes past the hour, every 2 hours'],
  ['0 9-17/2 * * *', 'Every 2 hours from 09:00 through 17:59'],
  ['0 9-17 * * *', 'Every hour, between 09:00 and 17:00'],
  ['*/5 9-17 * * *', 'Every 5 minutes, between 09:00 and 17:59'],
  ['* 9 * * *', 'Every minute, between 09:00 and 09:59'],
  ['* 9,12 * * *', 'Every minute, in the hours from 09:00 and 12:00'],
  ['0 2 * * *', 'At 02:00'],
  ['@daily', 'At 00:00'],
  ['@Midnight', 'At 00:00'],
  ['30 0 2 * * *', 'At 02:00:30'],
  ['0,30 9,17 * * *', 'At 09:00, 09:30, 17:00 and 17:30'],
  ['0 9 * * 1-5', 'At 09:00, Monday through Friday'],
  ['0 9 * * mon-fri', 'At 09:00, Monday through Friday'],
  ['0 9 * * 1,3,5', 'At 09:00 on Monday, Wednesday and Friday'],
  ['0 9 * * 5-7', 'At 09:00, Friday through Sunday'],
  ['0 1 * * 0', 'At 01:00 on Sunday'],
  ['0 1 * * 7', 'At 01:00 on Sunday'],
  ['@weekly', 'At 00:00 on Sunday'],
  ['0 0 1 * *', 'At 00:00 on day 1 of the month'],
  ['@monthly', 'At 00:00 on day 1 of the month'],
  ['@yearly', 'At 00:00 on day 1 of the month in January'],
  ['0 0 1,15 * ?', 'At 00:00 on days 1 and 15 of the month'],
  ['0 0 1-7 * *', 'At 00:00 on days 1 through 7 of the month'],
  ['0 0 */2 * *', 'At 00:00 on every 2nd day from day 1 through 31 of the month'],
  ['0 0 L * *', 'At 00:00 on the last day of the month'],
  ['0 0 L-3 * *', 'At 00:00 on the 3rd day before the last one of the month'],
  ['0 0 LW * *', 'At 00:00 on the last workday of the month'],
  ['0 0 1,15W * *', 'At 00:00 on day 1 of the month and the workday nearest day 15 of the month'],
  ['0 0 * * FRIL', 'At 00:00 on the last Friday of the month'],
  ['0 0 * * MON#2', 'At 00:00 on the second Monday of the month'],
  ['0 0 1 * 1', 'At 00:00 on day 1 of the month or on Monday'],
  ['0 0 * 1-3 *', 'At 00:00 in January through March'],
  ['0 0 * */3 *', 'At 00:00 in January, April, July and October'],
  ['0 0 1 jan,jul *', 'At 00:00 on day 1 of the month in January and July'],
];

const MONDAY = '2026-01-05T08:00:00.000Z';
const MADRID = { timezone: 'Europe/Madrid', scheduleSince: MONDAY };

const SCHEDULE_WORDS: readonly (readonly [fields: Parameters<typeof scheduleWords>[0], words: string])[] = [
  [{ ...MADRID, schedule: { every: '90s' } }, 'Every 90 seconds'],
  [{ ...MADRID, schedule: { every: '60s' } }, 'Every minute'],
  [{ ...MADRID, schedule: { every: '1500ms' } }, 'Every 1500 milliseconds'],
  [{ ...MADRID, schedule: { every: '48h' } }, 'Every 48 hours'],
  [
    { ...MADRID, schedule: { every: '90m' }, startAt: MONDAY },
    'Every 90 minutes, from 2026-01-05 09:00 (Europe/Madrid)',
  ],
  [
    { ...MADRID, schedule: { every: '1h' }, endAt: '2026-07-01T00:00:30.000Z' },
    'Every hour, until 2026-07-01 02:00:30 (Europe/Madrid)',
  ],
  [{ ...MADRID, schedule: { every: '1d' } }, 'Every day at 09:00 (Europe/Madrid)'],
  [{ ...MADRID, schedule: { every: '2d' } }, 'Every second day at 09:00 (Europe/Madrid)'],
  [{ ...MADRID, schedule: { every: '10d' } }, 'Every 10th day at 09:00 (Europe/Madrid)'],
  [{ ...MADRID, schedule: { every: '14d' } }, 'Every second Monday at 09:00 (Europe/Madrid)'],
  [{ ...MADRID, schedule: { every: '1w' } }, 'Every Monday at 09:00 (Europe/Madrid)'],
  [
    {
      ...MADRID,
      schedule: { every: '2w' },
      startAt: MONDAY,
      calendar: { exclude: ['holidays-it'] },
      jitter: '10m',
      maxRuns: 1,
    },
    'Every second Monday at 09:00 (Europe/Madrid), from 2026-01-05 09:00, except holidays-it, up to 10 minutes later, at most 1 run',
  ],
  [{ ...MADRID, schedule: { every: '1mo' } }, 'On day 5 of every month at 09:00 (Europe/Madrid)'],
  [
    { timezone: 'UTC', schedule: { every: '3mo' }, scheduleSince: '2026-01-30T09:00:30.000Z' },
    'On day 30, or else the last day, of every third month at 09:00:30 (UTC)',
  ],
  [
    { timezone: 'UTC', schedule: { every: '1mo' }, scheduleSince: '2026-01-31T09:00:00.000Z' },
    'On the last day of every month at 09:00 (UTC)',
  ],
  [{ ...MADRID }, 'Manual'],
  [{ ...MADRID, schedule: { at: '2026-07-01T07:30:00.000Z' } }, 'Once at 2026-07-01 09:30 (Europe/Madrid)'],
  [
    {
      pattern: '0 9 * * 1-5',
      timezone: 'Europe/Madrid',
      startAt: MONDAY,
      endAt: '2027-01-01T00:00:00.000Z',
      calendar: { include: ['workdays-it', 'workdays-es'], exclude: ['closed'] },
      jitter: 90_000,
      maxRuns: 20,
    },
    'At 09:00, Monday through Friday (Europe/Madrid), from 2026-01-05 09:00 until 2027-01-01 01:00, only on workdays-it and workdays-es, except closed, up to 90 seconds later, at most 20 runs',
  ],
  [{ pattern: '0 9 * * *', timezone: 'UTC', jitter: 0, calendar: {} }, 'At 09:00 (UTC)'],
];

describe('a schedule in words', () => {
  for (const [fields, words] of SCHEDULE_WORDS) it(words, () => expect(scheduleWords(fields)).to.equal(words));
});

describe('a pattern in words', () => {
  for (const [pattern, words] of WORDS) {
    it(`${pattern} is: ${words}`, () => {
      expect(scheduleWords({ pattern, timezone: 'UTC' })).to.equal(`${words} (UTC)`);
    });
  }

  it('names the zone', () => {
    expect(scheduleWords({ pattern: '0 2 * * *', timezone: 'Europe/Berlin' })).to.equal('At 02:00 (Europe/Berlin)');
  });

  it('has words for every pattern that can be read', () => {
    fc.assert(
      fc.property(arbitraryPattern, (pattern) => {
        const words = scheduleWords({ pattern, timezone: 'UTC' });
        expect(words).to.match(/^(?:At|Every|Minutes|Seconds) .*\(UTC\)$/);
        expect(words).to.not.match(/undefined|NaN| {2}|, ,/);
      }),
    );
  });
});
