import { expect } from 'chai';
import { scheduleWords } from '../../../src/domain/schedule/index.ts';
import { patternOfWords } from '../../../ui/src/format/pattern-words.ts';

const UNDERSTOOD: readonly (readonly [text: string, pattern: string])[] = [
  ['weekdays at 9', '0 9 * * 1-5'],
  ['Weekdays at 9:30', '30 9 * * 1-5'],
  ['every day at 2', '0 2 * * *'],
  ['daily', '0 0 * * *'],
  ['daily at 14.15', '15 14 * * *'],
  ['at 9 and 17', '0 9,17 * * *'],
  ['at 9, 12 and 17 on weekdays', '0 9,12,17 * * 1-5'],
  ['every 15 minutes', '*/15 * * * *'],
  ['every minute', '* * * * *'],
  ['every half hour', '*/30 * * * *'],
  ['every 15 minutes from 8 to 18 on weekdays', '*/15 8-18 * * 1-5'],
  ['hourly', '0 * * * *'],
  ['every hour from 8am to 6pm', '0 8-18 * * *'],
  ['every 2 hours', '0 */2 * * *'],
  ['every other hour', '0 */2 * * *'],
  ['every hour at 20 past', '20 * * * *'],
  ['mondays at noon', '0 12 * * 1'],
  ['every monday and friday at 5 pm', '0 17 * * 1,5'],
  ['mon-fri at 18:05', '5 18 * * 1-5'],
  ['tuesday to thursday at 7', '0 7 * * 2-4'],
  ['friday to sunday at 7', '0 7 * * 5-7'],
  ['weekends at midnight', '0 0 * * 0,6'],
  ['weekly', '0 0 * * 1'],
  ['monthly', '0 0 1 * *'],
  ['on the 1st of the month at 6', '0 6 1 * *'],
  ['the 1st and 15th of every month at 6:30', '30 6 1,15 * *'],
  ['last day of the month at 23:55', '55 23 L * *'],
  ['last workday of the month at 8', '0 8 LW * *'],
  ['first monday of the month at 9', '0 9 * * MON#1'],
  ['last friday of the month at 16', '0 16 * * FRIL'],
  ['monthly on the first monday at 9', '0 9 * * MON#1'],
  ['yearly', '0 0 1 1 *'],
  ['every year on 24th of december at noon', '0 12 24 12 *'],
  ['weekdays in june and july at 9', '0 9 * 6,7 1-5'],
];

const NOT_UNDERSTOOD = [
  '',
  'now and then',
  'weekdays at 25',
  'every 7 minutes',
  'every 5 hours',
  'at 9:30 and 17:15',
  'from 18 to 8 every hour',
  'weekdays at 9 unless it rains',
  'every fortnight',
  'mondays and the 1st of the month at 9',
  'the 32nd of the month',
  'on weekdays from 8 to 18',
];

describe('a pattern by its words', () => {
  for (const [text, pattern] of UNDERSTOOD) {
    it(`is ${pattern} for '${text}', which the service takes`, () => {
      expect(patternOfWords(text)).to.equal(pattern);
      expect(scheduleWords({ pattern, timezone: 'UTC', scheduleSince: '2026-01-01T00:00:00.000Z' })).to.be.a('string');
    });
  }

  it('is none if a part is not understood, or no single pattern states it', () => {
    for (const text of NOT_UNDERSTOOD) expect(patternOfWords(text), text).to.equal(undefined);
  });
});
