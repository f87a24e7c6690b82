import { expect } from 'chai';
import { relative, renderFields, renderTable, took } from '../../../src/cli/table.ts';

const columns = [{ title: 'JOB' }, { title: 'STATE', isState: true }, { title: 'SCHEDULE' }, { title: 'ID' }] as const;
const rows = [
  ['crm/nightly-sync-of-all-customers', 'failing', '0 2 * * * Europe/Berlin', '1'],
  ['crm/pay', 'disabled', '@monthly', '12'],
];
const shape = { width: 80, isColoured: false };
const now = Date.parse('2026-03-02T09:00:00Z');

describe('a table for a terminal', () => {
  it('is as wide as what it shows, if that has room', () => {
    expect(renderTable({ columns, rows }, shape)).to.equal(
      [
        'JOB                                STATE     SCHEDULE                 ID',
        'crm/nightly-sync-of-all-customers  failing   0 2 * * * Europe/Berlin  1',
        'crm/pay                            disabled  @monthly                 12',
        '',
      ].join('\n'),
    );
  });

  it('clips the widest columns in 40 columns', () => {
    const table = renderTable({ columns, rows }, { ...shape, width: 40 });
    expect(table).to.equal(
      [
        'JOB           STATE     SCHEDULE      ID',
        'crm/nightly…  failing   0 2 * * * E…  1',
        'crm/pay       disabled  @monthly      12',
        '',
      ].join('\n'),
    );
  });

  it('omits the last columns if not even their beginning fits', () => {
    const [, line] = renderTable({ columns, rows }, { ...shape, width: 20 }).split('\n');
    expect(line).to.equal('crm/night…  failing');
  });

  it('shows wide columns only if they are requested, and clips nothing without a width', () => {
    const table = { columns: [{ title: 'A' }, { title: 'B', isWide: true as const }], rows: [['x'.repeat(300), 'y']] };
    const whole = { width: Number.POSITIVE_INFINITY, isColoured: false };
    expect(renderTable(table, whole)).to.equal(`A\n${'x'.repeat(300)}\n`);
    expect(renderTable(table, { ...whole, isWide: true }).split('\n')[1]).to.equal(`${'x'.repeat(300)}  y`);
  });

  it('keeps every line within any width', () => {
    const wide = [['日本語の仕事/夜間同期処理', 'failed', 'e\u0301'.repeat(40), '👍'.repeat(30)]];
    for (const width of [1, 7, 23, 40, 80]) {
      const lines = renderTable({ columns, rows: [...rows, ...wide] }, { ...shape, width }).split('\n');
      for (const line of lines) {
        const letters = [...new Intl.Segmenter().segment(line)].map(({ segment }) => segment);
        const taken = letters.reduce(
          (sum, letter) => sum + (/^[日本語の仕事夜間同期処理👍]$/u.test(letter) ? 2 : 1),
          0,
        );
        expect(taken, line).to.be.at.most(width);
      }
    }
  });

  it('colours only states, and only if colours are wanted', () => {
    const coloured = renderTable({ columns, rows }, { ...shape, isColoured: true });
    expect(coloured).to.include('\u001b[31mfailing\u001b[39m').and.include('crm/pay ');
    expect(renderTable({ columns, rows }, shape)).to.not.include('\u001b');
  });

  it('lets no value move the cursor, or begin a line', () => {
    const evil = [['a\u001b[2J\r\nb\u202e', 'failing', '\u009b31m', '1']];
    expect(renderTable({ columns, rows: evil }, shape).split('\n')[1]).to.equal('a [2J b   failing   31m      1');
  });

  it('has the titles alone if there is nothing', () => {
    expect(renderTable({ columns, rows: [] }, shape)).to.equal('JOB  STATE  SCHEDULE  ID\n');
  });

  it('shows all fields of one resource that have a value', () => {
    const long = 'x'.repeat(200);
    const one = { columns: [{ title: 'Job' }, { title: 'Late' }, { title: 'Error' }], rows: [['crm/pay', '', long]] };
    expect(renderFields(one, { width: 40, isColoured: false })).to.equal(`Job    crm/pay\nError  ${long}\n`);
  });
});

describe('times for a terminal', () => {
  it('are as seen from now', () => {
    const at = (ms: number) => relative(new Date(now + ms).toISOString(), now);
    expect([0, -999, 1_000, -90_000, 7_199_000, -86_400_000, 40 * 86_400_000].map(at)).to.deep.equal([
      'now',
      'now',
      'in 1 s',
      '2 min ago',
      'in 2 h',
      '1 d ago',
      'in 40 d',
    ]);
  });

  it('have two units if something took long', () => {
    expect([0, 340, 1_250, 59_999, 125_000, 7_500_000, 90_000_000].map(took)).to.deep.equal([
      '0 ms',
      '340 ms',
      '1.3 s',
      '60.0 s',
      '2 min 5 s',
      '2 h 5 min',
      '1 d 1 h',
    ]);
  });
});
