/** What one attempt of an execution is called in books. */
export const attemptOf = ({
  executionId,
  attempt,
}: {
  readonly executionId: number;
  readonly attempt: number;
}): string => `execution ${executionId}, attempt ${attempt}`;
