import type { CodeText } from '../../src/domain/codes/code-text.ts';
import { EXECUTION_ERROR_CODES, PASSED_ON_CODES } from '../../src/domain/codes/execution-error-codes.ts';
import { PROBLEM_CODES, type ProblemCode } from '../../src/domain/codes/problem-codes.ts';
import { FAILURE_REASONS, OPERATION_ERROR_CODES, SLOT_REASONS } from '../../src/domain/codes/reasons.ts';
import { LATE_REASONS, NOT_CALLED_REASONS, RANGE_REASONS } from '../../src/domain/events/index.ts';
import { WAIT_CAUSES } from '../../src/domain/execution/pending.ts';
import { statusOf } from '../../src/http/responses/problem-details.ts';
import { table } from './table.ts';

/** The code and the cells of the further columns. */
type Row = readonly [code: string, ...cells: string[]];

/** Returns one row per code. `cellOf` returns the cell between the code and its meaning. */
const rowsOf = <Code extends string>(
  texts: Readonly<Record<Code, CodeText>>,
  cellOf?: (code: Code) => string,
): readonly Row[] => {
  const rows: Row[] = [];
  for (const code in texts) {
    const { meaning, remedy } = texts[code];
    rows.push([`\`${code}\``, ...(cellOf === undefined ? [] : [cellOf(code)]), meaning, remedy]);
  }
  return rows;
};

const problemRows = (): readonly Row[] =>
  rowsOf<ProblemCode>(PROBLEM_CODES, (code) => String(statusOf(code))).toSorted(([, a = ''], [, b = '']) =>
    a.localeCompare(b),
  );

type SlotReason = keyof typeof SLOT_REASONS;

const usesOf = (reason: SlotReason): string =>
  [
    ...(NOT_CALLED_REASONS.some((each) => each === reason) ? ['skipped'] : []),
    ...(RANGE_REASONS.some((each) => each === reason) ? ['missed'] : []),
    ...(LATE_REASONS.some((each) => each === reason) ? ['late'] : []),
    ...(WAIT_CAUSES.some((each) => each === reason) ? ['due'] : []),
  ].join(', ');

/** Generates docs/reference/codes.md from the texts of the codes. */
export const codesDocument = (): string => `# Codes

Look up what a code means, and what to do. Programs can rely on a code. The message next to it is for people and can change.
\`npm run docs\` generates this page from \`src/domain/codes/\`.

## Problems

\`code\` in the problem details of a [rejected request](api/requests.md#what-is-rejected).

${table(['code', 'status', 'meaning', 'what to do'], problemRows())}

## Errors of executions

\`error.code\` of an execution that failed or was cancelled.

${table(['code', 'meaning', 'what to do'], rowsOf(EXECUTION_ERROR_CODES))}

Other codes are passed on unchanged: the status of the target, or Node's code for a failed connection. The most frequent
are:

${table(['code', 'meaning', 'what to do'], rowsOf(PASSED_ON_CODES))}

\`reason\` of an execution that failed because of the engine:

${table(['reason', 'meaning', 'what to do'], rowsOf(FAILURE_REASONS))}

## Errors of operations

\`error.code\` of a bulk operation that failed.

${table(['code', 'meaning', 'what to do'], rowsOf(OPERATION_ERROR_CODES))}

## Reasons of slots

\`reason\` of skipped and missed slots, and of due ones that wait for their call. Also \`late\` of an execution that sent its
request more than 1 second after its slot was due.

${table(['reason', 'slots', 'meaning', 'what to do'], rowsOf(SLOT_REASONS, usesOf))}
`;
