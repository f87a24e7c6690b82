/** All that a simulation does, as plain data: whatever is taken out of it leaves the rest as it was. */
export type Plan = {
  readonly seed: number;
  /** Processes with an engine and an API, named engine-1… */
  readonly engines: number;
  /** Processes with an API alone, named api-1… */
  readonly callers: number;
  readonly weather: Weather;
  /** When the last fault is over and targets are well again, ms. */
  readonly calmFromMs: number;
  readonly endMs: number;
  readonly commands: readonly PlannedCommand[];
  readonly faults: readonly PlannedFault[];
};

/** What no single happening stands for: how slow things are, how many at once. */
export type Weather = {
  /** One way, to the log and to Postgres, from 0 to this. */
  readonly latencyMs: number;
  readonly targetMs: number;
  readonly slowTargetMs: number;
  /** How many of a hundred calls are slow, or fail. */
  readonly slowPercent: number;
  readonly failPercent: number;
  readonly concurrency: number;
  readonly targetConcurrency: number;
  readonly definitionBytes: number;
};

export type PlannedCommand = {
  readonly atMs: number;
  readonly process: string;
  /** Which of the plan's jobs, from 0. */
  readonly job: number;
  readonly ask:
    | { readonly kind: 'create'; readonly pattern: string; readonly endsAfterMs?: number }
    | { readonly kind: 'reschedule'; readonly pattern: string }
    | { readonly kind: 'rename' | 'retarget' | 'enable' | 'disable' | 'delete' | 'trigger' };
};

/** The calls that leave a process. */
export const VERBS = ['append', 'readLast', 'readStream', 'end', 'page', 'beat', 'load', 'commit', 'call'] as const;
export type Verb = (typeof VERBS)[number];

/** At the nth call of a kind that a process makes: on the way there, or on the way back, when it took effect. */
type AtCall = {
  readonly process: string;
  readonly verb: Verb;
  readonly nth: number;
  readonly way: 'there' | 'back';
};

export type CallFault =
  | (AtCall & { readonly kind: 'crash'; readonly downMs: number })
  | (AtCall & { readonly kind: 'freeze'; readonly forMs: number })
  | (AtCall & { readonly kind: 'lose' })
  | (AtCall & { readonly kind: 'delay'; readonly byMs: number })
  | (AtCall & { readonly kind: 'redeliver'; readonly events: number });

export type PlannedFault =
  | CallFault
  | {
      readonly kind: 'partition';
      readonly process: string;
      readonly from: 'log' | 'postgres';
      readonly atMs: number;
      readonly forMs: number;
    }
  /** `process` may be `postgres`, whose clock all follow. */
  | { readonly kind: 'clock'; readonly process: string; readonly atMs: number; readonly byMs: number }
  | { readonly kind: 'stop'; readonly process: string; readonly atMs: number; readonly downMs: number };
