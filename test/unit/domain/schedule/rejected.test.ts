import { expect } from 'chai';
import {
  compileSchedule,
  isTimezone,
  ScheduleRejected,
  type ScheduleText,
} from '../../../../src/domain/schedule/index.ts';

const rejectionOf = (text: ScheduleText): ScheduleRejected => {
  try {
    compileSchedule(text);
  } catch (error) {
    if (error instanceof ScheduleRejected) return error;
    throw error;
  }
  return expect.fail(`${JSON.stringify(text).slice(0, 80)} is accepted`);
};
const rejection = (pattern: string, timezone = 'UTC'): ScheduleRejected => rejectionOf({ pattern, timezone });

describe('a schedule that is rejected', () => {
  const rejected: Readonly<Record<string, readonly string[]>> = {
    minute: [
      'H * * * *',
      '? * * * *',
      '60 * * * *',
      '5-1 * * * *',
      '*/0 * * * *',
      '*/90 * * * *',
      '5-50/61 * * * *',
      '060 * * * *',
      '*\n* * * *',
      '*/ * * * *',
      '1,,2 * * * *',
      '1, * * * *',
      '-1 * * * *',
      '1.5 * * * *',
      '1/2/3 * * * *',
      '**/2 * * * *',
      '1-*/2 * * * *',
      '0 ? * * * *',
      '٣ * * * *',
    ],
    hour: [
      '* 24 * * *',
      '* H(0-7) * * *',
      '* *\v* * *',
      '* *\u00a0* * *',
      '0 * ? * * *',
      '* 22-4 * * *',
      '0 */25 * * *',
    ],
    second: ['60 * * * * *', '? * * * * *', 'L * * * * *', '\r* * * * * *', '*/61 * * * * *'],
    'day of month': [
      '* * 0 * *',
      '* * 32 * *',
      '* * 32W * *',
      '* * 0W * *',
      '* * W * *',
      '* * L-0 * *',
      '* * L-31 * *',
      '* * 1-5W * *',
      '* * 1,? * *',
      '* * MON * *',
      '0 0 30 2 *',
      '0 0 31 4 *',
      '0 0 31 2,4,6,9,11 *',
      '0 0 30W 2 *',
      '0 0 L-29 2 *',
    ],
    month: ['* * * 0 *', '* * * 13 *', '* * * NOV-FEB *', '* * * JANUARY *', '* * * ? *', '* * * L *', '* * * MON *'],
    'day of week': [
      '* * * * 8',
      '* * * * MONDAY',
      '* * * * SAT-SUN',
      '* * * * L',
      '* * * * MON#0',
      '* * * * MON#6',
      '* * * * MON#',
      '* * * * 1W',
      '* * * * JAN',
      '* * * *',
      '* * * * *\n',
      '* * * * ?,1',
      '* * * * H',
    ],
  };
  for (const [field, patterns] of Object.entries(rejected)) {
    for (const pattern of patterns) {
      it(`names the ${field} of ${JSON.stringify(pattern)}`, () => {
        const { code, field: blamed, message } = rejection(pattern);
        expect({ code, blamed }).to.deep.equal({ code: 'BAD_PATTERN', blamed: 'pattern' });
        expect(message).to.contain(field);
        if (!message.includes('lacks')) expect(message).to.match(new RegExp(`^${field} "`));
      });
    }
  }

  it('states what is wrong and what is allowed', () => {
    expect(rejection('61 * * * *').message).to.equal(
      'minute "61": got value 61 expected range 0-59; use 0-59, *, ranges such as a-b, steps such as */n, and lists of these',
    );
  });

  it('states what a step beyond its field would match, and what to write', () => {
    expect(rejection('*/90 * * * *').message).to.contain(
      'the step 90 is larger than the field, so it matches the first value only. Write that value, or a step of at most 60',
    );
  });

  it('names the fields that lack, or one too many', () => {
    expect(rejection('').message).to.contain('lacks minute, hour, day of month, month, day of week');
    expect(rejection('   ').message).to.contain('lacks minute');
    expect(rejection('0 0 1').message).to.contain('lacks month, day of week');
    expect(rejection('* * * * * * *').message).to.contain('7 fields');
    expect(rejection('@never').message).to.contain('@daily');
    expect(rejection('@reboot').code).to.equal('BAD_PATTERN');
  });

  it('is rejected fast however long it is', () => {
    const long = ['1,'.repeat(5_000_000), '*'.repeat(1_000_000), ' '.repeat(1_000_000), '@'.repeat(100_000)];
    const before = process.hrtime.bigint();
    for (const pattern of long) expect(rejection(pattern).message.length).to.be.below(300);
    expect(Number(process.hrtime.bigint() - before) / 1e6).to.be.below(50 * long.length);
  });

  it('accepts repeats, all cases and aliases', () => {
    const accepted = [
      '0,0,0 * * * *',
      '*/2,*/3 * * * *',
      '0 0 * jan,FEB-Apr mon,Tue-thu',
      '0 0 l,lw,15w * fril,MON#2,mon#3',
      '01 02 03 04 05',
      '*/5 * * * * *',
      Array.from({ length: 60 }, (_, minute) => minute)
        .join(',')
        .concat(' * * * *'),
      ...['@hourly', '@Daily', '@MIDNIGHT', '@weekly', '@monthly', '@yearly', '@annually'],
    ];
    for (const pattern of accepted) expect(compileSchedule({ pattern, timezone: 'UTC' }).next(0)).to.be.a('number');
  });

  it('reads blanks, tabs and leading zeros as the plain pattern', () => {
    const plain = compileSchedule({ pattern: '7 3-9/2 1 1,12 *', timezone: 'UTC' });
    for (const pattern of [' 7 3-9/2 1 1,12 *\t', '7\t 3-9/2   1 1,12 *', '007 03-09/002 01 0001,12 *']) {
      expect(compileSchedule({ pattern, timezone: 'UTC' }).next(0), pattern).to.equal(plain.next(0));
    }
    expect(compileSchedule({ pattern: ' @daily ', timezone: 'UTC' }).next(0)).to.equal(86_400_000);
    expect(compileSchedule({ pattern: '0 00 * * *', timezone: 'UTC' }).next(0)).to.equal(86_400_000);
  });

  it('names an unknown zone', () => {
    for (const timezone of [
      '',
      'Mars/Base',
      '+02:00',
      'IST',
      'PST',
      'Europe/Berlin ',
      'SystemV/PST8',
      'x'.repeat(1e6),
    ]) {
      const { code, field, message } = rejection('* * * * *', timezone);
      expect({ code, field }).to.deep.equal({ code: 'UNKNOWN_TIMEZONE', field: 'timezone' });
      expect(message.length).to.be.below(200);
    }
    for (const name of Intl.supportedValuesOf('timeZone')) expect(isTimezone(name), name).to.equal(true);
    for (const name of [
      'UTC',
      'Etc/UTC',
      'Etc/GMT+5',
      'US/Pacific',
      'EST5EDT',
      'Asia/Calcutta',
      'Asia/Kolkata',
      'GMT',
    ]) {
      expect(isTimezone(name), name).to.equal(true);
    }
  });

  const since = '2026-01-01T00:00:00.000Z';
  const interval = (every: string): ScheduleText => ({ schedule: { every }, timezone: 'UTC', scheduleSince: since });

  it('names an interval that cannot be read, is too short or too long', () => {
    for (const [every, why] of [
      ['', 'invalid'],
      ['90', 'invalid'],
      ['s', 'invalid'],
      ['90 s', 'invalid'],
      ['90S', 'invalid'],
      ['1.5h', 'invalid'],
      ['-1h', 'invalid'],
      ['1h30m', 'invalid'],
      ['1y', 'invalid'],
      ['90s\n', 'invalid'],
      ['9'.repeat(1_000_000), 'invalid'],
      ['0s', 'shorter than a second'],
      ['999ms', 'shorter than a second'],
      ['0d', 'shorter than a second'],
      ['0w', 'shorter than a second'],
      ['0mo', 'shorter than a second'],
      ['1201mo', 'longer than 100 years'],
      ['36526d', 'longer than 100 years'],
      ['999999999999999w', 'longer than 100 years'],
      ['999999999999999h', 'longer than 100 years'],
    ] as const) {
      const { code, field, message } = rejectionOf(interval(every));
      expect({ code, field }).to.deep.equal({ code: 'BAD_SCHEDULE', field: 'schedule/every' });
      expect(message).to.contain(why).and.to.contain('a whole number with a unit: ms, s, m (minutes), h, d, w or mo');
      expect(message.length).to.be.below(300);
    }
  });

  it('accepts every unit, and leading zeros', () => {
    for (const every of ['1000ms', '1s', '01m', '1h', '1d', '1w', '1mo', '1200mo', '36525d']) {
      expect(compileSchedule(interval(every)).next(0), every).to.be.a('number');
    }
  });

  it('distinguishes equal parts of different texts', () => {
    expect(rejection('* * * * *\0UTC', 'UTC').code).to.equal('BAD_PATTERN');
    expect(rejection('\n* * * * *', 'UTC').code).to.equal('BAD_PATTERN');
    expect(rejection(`every\n${since}\n90s`, 'UTC').code).to.equal('BAD_PATTERN');
    expect(rejectionOf(interval('\n90s')).code).to.equal('BAD_SCHEDULE');
  });
});
