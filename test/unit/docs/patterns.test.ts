import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { slotsAfter } from '../domain/schedule/support.ts';

const PAGE = 'docs/reference/api/schedules.md';
const BEGINS = '2025-12-31T23:59:59Z';
/** A row of the table of patterns: the pattern, its meaning, and its first slots. */
const ROW = /^\| `([^`]+)` \| [^|]+ \| (2026-[^|]+) \|$/gm;

describe(PAGE, () => {
  it('has the slots of each pattern that it shows', async () => {
    const rows = [...(await readFile(PAGE, 'utf8')).matchAll(ROW)];
    for (const [, pattern = '', shown = ''] of rows) {
      const expected = shown.split(', ');
      const found = slotsAfter({ pattern, timezone: 'UTC' }, BEGINS, expected.length);
      expect(
        found.map((slot) => slot.replace('.000Z', '')),
        pattern,
      ).to.deep.equal(expected);
    }
    const patterns = rows.map(([, pattern = '']) => pattern).join(' ');
    for (const sign of ['L ', 'L-3', 'LW', '15W', 'FRIL', 'MON#2']) expect(patterns).to.include(sign);
  });
});
