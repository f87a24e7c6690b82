import { comparePositions, type Position } from './port.ts';

/** Whether a reader of the log moves on, as it is looked at now and then. */
export type Progress = {
  /** It has come to `reached`, and the log ended at `end` before that was asked; `atMs` by whichever clock. */
  look(at: { readonly reached: Position | undefined; readonly end: Position | undefined; readonly atMs: number }): void;
  /** Since when it has been behind the log's end without a move. */
  stillSinceMs(): number | undefined;
};

export const createProgress = (): Progress => {
  let before: Position | undefined;
  let stillSinceMs: number | undefined;
  return {
    look: ({ reached, end, atMs }) => {
      const isBehind = end !== undefined && (reached === undefined || comparePositions(reached, end) < 0);
      if (!isBehind) stillSinceMs = undefined;
      else if (stillSinceMs === undefined || reached !== before) stillSinceMs = atMs;
      before = reached;
    },
    stillSinceMs: () => stillSinceMs,
  };
};
