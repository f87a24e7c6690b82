import type { Completion } from '../../client/src/schema.ts';

/** The response to a call. */
export type Reply = {
  readonly status?: number;
  /** Sent as JSON. */
  readonly body?: unknown;
};

/** The outcome of a call as JSON: the response, and the result reported later, if any. */
export type CallOutcome = { readonly reply: Reply & { readonly status: number }; readonly completion?: Completion };

/** Remembers calls by id, which all attempts of an execution share, so that each is handled once. */
export type RepeatStore = {
  /** Starts a call unless it is in progress or has an outcome. Must be atomic. */
  begin(id: string): Promise<'begun' | 'requestInProgress' | CallOutcome>;
  finish(id: string, outcome: CallOutcome): Promise<void>;
  /** Forgets a failed call, so that its next attempt is handled. */
  abandon(id: string): Promise<void>;
};

type MemoryStoreOptions = {
  /** How long an outcome is remembered; by default a day. */
  readonly keepMs?: number;
  readonly now?: () => number;
};

const DAY_MS = 86_400_000;

/** Stores calls in memory: for tests, and for single-process receivers with work that ends with the process. */
export const memoryStore = ({ keepMs = DAY_MS, now = Date.now }: MemoryStoreOptions = {}): RepeatStore => {
  const calls = new Map<string, { readonly untilMs: number; readonly outcome: CallOutcome | undefined }>();
  const keep = (id: string, outcome: CallOutcome | undefined): void => {
    calls.delete(id);
    calls.set(id, { untilMs: now() + keepMs, outcome });
  };
  return {
    begin: async (id) => {
      for (const [old, { untilMs }] of calls) {
        if (untilMs > now()) break;
        calls.delete(old);
      }
      const known = calls.get(id);
      if (known !== undefined) return known.outcome ?? 'requestInProgress';
      keep(id, undefined);
      return 'begun';
    },
    finish: async (id, outcome) => keep(id, outcome),
    abandon: async (id) => void calls.delete(id),
  };
};
