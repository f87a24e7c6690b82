import type { LogFields, Logger } from '../../src/runtime/runtime.ts';

export type Noted = {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
  readonly fields: LogFields;
};

/** What happened beside the log, in order; the numbers of its entries order all that the simulation saw. */
export type Trace = {
  readonly entries: readonly Noted[];
  note(who: string, what: string, fields?: LogFields): void;
  logOf(who: string): Logger;
};

export const createTrace = (nowMs: () => number): Trace => {
  const entries: Noted[] = [];
  const note: Trace['note'] = (who, what, fields = {}) => void entries.push({ atMs: nowMs(), who, what, fields });
  return {
    entries,
    note,
    logOf: (who) => {
      const take = (fields: LogFields, message: string) => note(who, message, fields);
      return { debug: () => {}, info: take, warn: take, error: take };
    },
  };
};
