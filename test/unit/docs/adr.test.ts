import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';

const folder = path.join(import.meta.dirname, '../../../docs/adr');
const files = readdirSync(folder);

describe('docs/adr', () => {
  it('numbers each record once', () => {
    const numbers = files.map((file) => Number(/^(\d{4})-[a-z0-9-]+\.md$/.exec(file)?.[1]));
    expect(numbers.filter((number) => !(number > 0))).to.deep.equal([]);
    expect(new Set(numbers).size).to.equal(files.length);
  });

  for (const file of files) {
    describe(file, () => {
      const record = readFileSync(path.join(folder, file), 'utf8');

      it('begins with its number, a title, a date and the decision', () => {
        const [, number, date = ''] =
          /^# (\d+)\. \S.*\n\nAccepted on (\d{4}-\d{2}-\d{2})\.(?: [^#]+)?\n\n## Decision\n/.exec(record) ?? [];
        expect(Number(number)).to.equal(Number(file.slice(0, 4)));
        expect(Date.parse(date), date).to.not.be.NaN;
      });

      it('has the headings of a decision record, in their order', () => {
        const headings = [...record.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
        const alternatives = headings.includes('Rejected') ? ['Rejected'] : [];
        expect(headings).to.deep.equal(['Decision', 'Why', 'Consequences', ...alternatives]);
      });
    });
  }
});
