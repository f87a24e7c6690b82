import type { Completion } from '../client/schema.ts';

/** What a call is answered with. */
export type Reply = {
  readonly status?: number;
  /** Sent as JSON. */
  readonly body?: unknown;
};

/** How a call was dealt with, as JSON: what it was answered, and what was reported later where it was to be. */
export type CallOutcome = { readonly reply: Reply & { readonly status: number }; readonly completion?: Completion };

/** Remembers calls by their id, which all attempts of an execution share, so that none is dealt with twice. */
export type RepeatStore = {
  /** Takes a call up, unless it is under way or has its outcome. It must do so for one caller at a time. */
  begin(id: string): Promise<'begun' | 'requestInProgress' | CallOutcome>;
  finish(id: string, outcome: CallOutcome): Promise<void>;
  /** Forgets a call that failed: its next attempt is dealt with. */
  abandon(id: string): Promise<void>;
};

type MemoryStoreOptions = {
  /** How long an outcome is remembered; by default a day. */
  readonly keepMs?: number;
  readonly now?: () => number;
};

const DAY_MS = 86_400_000;

/** In the memory of this process: for tests, and for a receiver of one process whose work ends with it. */
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
