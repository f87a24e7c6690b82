import { expect } from 'chai';
import fc from 'fast-check';
import { CSV_HEADER, readRow, rowOf } from '../../../src/proofs/rows.ts';

const place = { n: 7, position: '00000000000000000042', stream: 'job-1', revision: 3 };
const said = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.double(),
  fc.integer(),
  fc.constantFrom('=1', '-a', 'a b', '"'),
);

describe('rows of an export', () => {
  it('say their columns as JSON does, whatever these are', () => {
    fc.assert(
      fc.property(said, said, (trigger, reason) => {
        const event = { id: 'e', type: 'JobCreated', metadata: { reason }, data: { trigger, attempt: 2 } };
        const content = JSON.stringify(event);
        const { line } = rowOf(place, content, 'ndjson');
        const { data, metadata } = JSON.parse(content);
        const told = (name: string, value: unknown) => (value === null ? '' : `,"${name}":${JSON.stringify(value)}`);
        const columns = `${told('reason', metadata.reason)},"attempt":2${told('trigger', data.trigger)}`;
        expect(line).to.equal(
          `{"n":7,"position":"${place.position}","stream":"job-1","revision":3,"kind":"change","type":"JobCreated"` +
            `${columns},"event":${content}}`,
        );
        expect(readRow(line, 'ndjson')).to.deep.equal({ place, content });
      }),
    );
  });

  it('have cells of one line that no spreadsheet computes', () => {
    const column = CSV_HEADER.split(',').indexOf('trigger');
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/[",\r\n\u2028\u2029]/.test(text)),
        (trigger) => {
          const content = JSON.stringify({ id: 'e', type: 'JobCreated', metadata: {}, data: { trigger } });
          const { line } = rowOf(place, content, 'csv');
          const [row = ''] = line.split(',"{""id"":');
          expect(row.split(',')[column]).to.equal(/^[=+\-@\t]/.test(trigger) ? `'${trigger}` : trigger);
          expect(readRow(line, 'csv')).to.deep.equal({ place, content });
        },
      ),
    );
  });
});
