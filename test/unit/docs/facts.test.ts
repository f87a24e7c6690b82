import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { MAX_RESULT_BYTES } from '../../../src/commands/execution/callback.ts';
import { MAX_SLOTS } from '../../../src/domain/backfill/backfill.ts';
import { EXECUTION_STATUSES } from '../../../src/domain/events/index.ts';
import { WAIT_CAUSES } from '../../../src/domain/execution/pending.ts';
import { TaskType } from '../../../src/domain/tasks/stored.ts';
import { LARGEST_LIMIT } from '../../../src/http/responses/pages.ts';

/** The rows of tables in a document that begin with this cell. */
const rowsOf = (document: string, cell: string): string[] => {
  const rows = readFileSync(document, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`| ${cell} |`));
  expect(rows, `${document} has rows that begin with ${cell}`).to.have.length.above(0);
  return rows;
};
const quotedIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, quoted = '']) => quoted);
const inKiB = (bytes: number): string => `${bytes / 1_024} KiB`;
const grouped = (number: number): string => number.toLocaleString('en-US');

/** The values of a field, where a document lists them. */
const LISTS: readonly (readonly [document: string, field: string, values: readonly string[]])[] = [
  ['docs/reference/api/jobs.md', 'taskType', [...TaskType.values]],
  ['docs/reference/api/executions.md', 'waitsFor', WAIT_CAUSES],
  ['docs/reference/api/executions.md', 'status', EXECUTION_STATUSES],
];

/** A maximum, as documents state it. */
const MAXIMA: readonly (readonly [document: string, text: string])[] = [
  ['docs/reference/api/many-at-once.md', `up to ${grouped(MAX_SLOTS)} slots`],
  ['docs/reference/codes.md', `more than ${grouped(MAX_SLOTS)} slots`],
  ['docs/reference/api/requests.md', `\`limit\` (up to ${LARGEST_LIMIT})`],
  ['docs/reference/api/run-control.md', `any JSON up to ${inKiB(MAX_RESULT_BYTES)}`],
  ['docs/how-to/run-workers.md', `any JSON up to ${inKiB(MAX_RESULT_BYTES)}`],
];

describe('facts of the product in documents', () => {
  for (const [document, field, values] of LISTS) {
    it(`${document} lists every ${field}`, () => {
      const named = rowsOf(document, `\`${field}\``).flatMap(quotedIn);
      expect(named).to.include.members([...values]);
    });
  }

  for (const [document, text] of MAXIMA) {
    it(`${document}: ${text}`, () => {
      expect(readFileSync(document, 'utf8')).to.include(text);
    });
  }
});
