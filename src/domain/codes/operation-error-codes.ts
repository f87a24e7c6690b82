import type { OperationErrorCode } from '../events/operation-events.ts';
import type { CodeText } from './code-text.ts';

/** Why a bulk operation failed, as docs/codes.md explains it. */
export const OPERATION_ERROR_CODES = {
  INTERRUPTED: {
    meaning:
      'No process went on with it for 12 hours, so it is not known any more which of its last items were changed.',
    remedy: 'See what is left to change, and send a bulk for that.',
  },
  QUERY_TOO_SLOW: {
    meaning: 'It took too long to look up what matches its filter.',
    remedy: 'Send it again with a narrower filter.',
  },
} as const satisfies Record<OperationErrorCode, CodeText>;
