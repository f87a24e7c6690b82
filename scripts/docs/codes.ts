import type { CodeText } from '../../src/domain/codes/code-text.ts';
import { EXECUTION_ERROR_CODES, PASSED_ON_CODES } from '../../src/domain/codes/execution-error-codes.ts';
import { PROBLEM_CODES, type ProblemCode } from '../../src/domain/codes/problem-codes.ts';
import { FAILURE_REASONS, OPERATION_ERROR_CODES, SLOT_REASONS } from '../../src/domain/codes/reasons.ts';
import { LATE_REASONS, NOT_CALLED_REASONS, RANGE_REASONS } from '../../src/domain/events/index.ts';
import { statusOf } from '../../src/http/responses/problem-details.ts';
import { table } from './table.ts';

/** The code, and what stands in further columns. */
type Row = readonly [code: string, ...cells: string[]];

/** One row a code; `cellOf` says what stands between the code and its meaning. */
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
  ].join(', ');

/** docs/reference/codes.md, made of the texts that the codes carry. */
export const codesDocument = (): string => `# Codes

What each code means, and what to do. A code is stable and for programs; the message beside it is for people and may
change. This page is made by \`npm run docs\` of \`src/domain/codes/\`.

## Problems

\`code\` of a rejected request: problem details, as [requests and answers](api/requests.md#what-is-rejected) describes them.

${table(['code', 'status', 'meaning', 'what to do'], problemRows())}

## Errors of executions

\`error.code\` of an execution that failed or was cancelled.

${table(['code', 'meaning', 'what to do'], rowsOf(EXECUTION_ERROR_CODES))}

Other codes are passed on as they came: the target's status, or the code of Node for a connection that failed. The most
frequent are:

${table(['code', 'meaning', 'what to do'], rowsOf(PASSED_ON_CODES))}

\`reason\` of an execution that failed on the side of the engine:

${table(['reason', 'meaning', 'what to do'], rowsOf(FAILURE_REASONS))}

## Errors of operations

\`error.code\` of a bulk operation that failed.

${table(['code', 'meaning', 'what to do'], rowsOf(OPERATION_ERROR_CODES))}

## Reasons of slots

\`reason\` of slots that were skipped or missed, and \`late\` of an execution whose request was sent more than 1 s after its
slot was due.

${table(['reason', 'of slots', 'meaning', 'what to do'], rowsOf(SLOT_REASONS, usesOf))}
`;
