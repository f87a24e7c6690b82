import { comparePositions, type Position } from './port.ts';

/** Tracks whether a reader of the log makes progress, by periodic checks. */
export type Progress = {
  /** Records that the reader is at `reached`. `end` is the log's end, read before that. `atMs` can be of any clock. */
  look(at: { readonly reached: Position | undefined; readonly end: Position | undefined; readonly atMs: number }): void;
  /** Since when the reader has been behind the end without progress; undefined if it is not. */
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
