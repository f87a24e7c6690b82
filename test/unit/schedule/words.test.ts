import { expect } from 'chai';
import fc from 'fast-check';
import { patternWords } from '../../../src/domain/schedule/words.ts';
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

describe('a pattern in words', () => {
  for (const [pattern, words] of WORDS) {
    it(`${pattern} is: ${words}`, () => {
      expect(patternWords({ pattern, timezone: 'UTC' })).to.equal(`${words} (UTC)`);
    });
  }

  it('names the zone', () => {
    expect(patternWords({ pattern: '0 2 * * *', timezone: 'Europe/Berlin' })).to.equal('At 02:00 (Europe/Berlin)');
  });

  it('has words for every pattern that can be read', () => {
    fc.assert(
      fc.property(arbitraryPattern, (pattern) => {
        const words = patternWords({ pattern, timezone: 'UTC' });
        expect(words).to.match(/^(?:At|Every|Minutes|Seconds) .*\(UTC\)$/);
        expect(words).to.not.match(/undefined|NaN| {2}|, ,/);
      }),
    );
  });
});
