/** What names one attempt of an execution. */
export type AttemptRef = { readonly executionId: number; readonly attempt: number };

/** What one attempt of an execution is called in books. */
export const attemptOf = ({ executionId, attempt }: AttemptRef): string =>
  `execution ${executionId}, attempt ${attempt}`;
