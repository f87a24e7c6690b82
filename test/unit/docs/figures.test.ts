import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { z } from 'zod';

const FILE = 'bench/figures.json';
const Figures = z.array(
  z.object({ what: z.string(), values: z.array(z.string()), in: z.record(z.string(), z.string()) }),
);
const figures = Figures.parse(JSON.parse(readFileSync(FILE, 'utf8')));

const linesOf = (document: string): string[] => readFileSync(document, 'utf8').split('\n');
const lineIn = (document: string, start: string): string => {
  const found = linesOf(document).filter((line) => line.startsWith(start));
  expect(found, `${document} has one line that begins with: ${start}`).to.have.length(1);
  return found[0] ?? '';
};
const NUMBER = /\d[\d,.]*\d|\d/g;
const numbersIn = (text: string): string[] => text.match(NUMBER) ?? [];

describe(`figures that are in several documents, from ${FILE}`, () => {
  for (const { what, values, in: documents } of figures) {
    for (const [document, start] of Object.entries(documents)) {
      it(`${document}: ${what}`, () => {
        const line = lineIn(document, start);
        const missing = values.filter(
          (value) => !new RegExp(`(?<![\\d.,])${value.replaceAll('.', '\\.')}(?!\\d|[.,]\\d)`).test(line),
        );
        expect(missing).to.deep.equal([]);
      });

      // A row of the results also has other runs and targets.
      if (document !== 'bench/RESULTS.md' && start.startsWith('|')) {
        it(`${document} has no other: ${what}`, () => {
          const [, ...cells] = lineIn(document, start).split('|').slice(1, -1);
          const known = values.flatMap(numbersIn);
          const others = numbersIn(cells.join('|').replaceAll(/p\d\d/g, '')).filter(
            (number) => !known.includes(number),
          );
          expect(others).to.deep.equal([]);
        });
      }
    }
  }
});
