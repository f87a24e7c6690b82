import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { LATE_REASONS, RANGE_REASONS } from '../../../src/domain/events/index.ts';

describe('docs/events.md', () => {
  it('says what each reason of slots means, and names no other', async () => {
    const text = await readFile(path.join(import.meta.dirname, '../../../docs/events.md'), 'utf8');
    const table = text.slice(text.indexOf('| reason | says |')).split('\n\n', 1)[0] ?? '';
    const cells = table.split('\n').map((line) => line.split('|')[1] ?? '');
    const named = cells.flatMap((cell) => [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code));
    expect(named).to.have.members([...new Set([...RANGE_REASONS, ...LATE_REASONS])]);
  });
});
