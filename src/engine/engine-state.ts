import type { EngineContext, EngineSetup } from './context.ts';

export type StateName = 'starting' | 'claiming' | 'standby' | 'stalled' | 'stopping' | 'stopped' | 'failed';

/** Where an engine is in its life: it starts, claims, stops and has stopped, or it fails. */
export type EngineState = {
  isStarting(): boolean;
  /** Whether the engine claims now: it does until others have its jobs, while its gate is open. */
  isClaiming(): boolean;
  /** When it began to claim, epoch ms of the common time; 0 before. */
  claimingSinceMs(): number;
  beginClaiming(): void;
  /** Claims nothing more and gives its jobs to the others. */
  fail(error: unknown): void;
  /** Resolves when the engine has failed. */
  readonly failed: Promise<void>;
  /** Begins to stop: goes on claiming until others have its jobs, but no longer than `limitMs`. */
  handOver(limitMs: number): Promise<void>;
  finishStop(): void;
  /** The state as the engine's status shows it, with its reason and since when (epoch ms), where it has one. */
  describe(): { readonly state: StateName; readonly why?: string; readonly sinceMs?: number };
};

export const createEngineState = (
  { engineId, time, world }: EngineSetup,
  { members, watchdog, gate, guard }: Pick<EngineContext, 'members' | 'watchdog' | 'gate' | 'guard'>,
): EngineState => {
  const failure = Promise.withResolvers<void>();
  let state: Exclude<StateName, 'standby' | 'stalled'> = 'starting';
  let failed: { readonly why: string; readonly sinceMs: number } | undefined;
  let claimingSinceMs = 0;
  let handingOver = false;

  /** Why the engine claims nothing although it is to; undefined if nothing keeps it from that. */
  const obstacle = (): ReturnType<EngineState['describe']> | undefined => {
    if (state === 'starting') {
      const release = guard.waitsFor();
      return release && { state: 'standby', ...release };
    }
    if (state !== 'claiming') return undefined;
    const still = watchdog.standstill();
    const standby = members.standbyReason();
    if (still === undefined) return standby && { state: 'standby', ...standby };
    const sinceMs = time.now() - (world.clock.monotonic() - still.sinceMs);
    return { state: 'stalled', why: still.why, sinceMs };
  };

  return {
    isStarting: () => state === 'starting',
    isClaiming: () => (state === 'claiming' || handingOver) && gate.isOpen(),
    claimingSinceMs: () => claimingSinceMs,
    beginClaiming: () => {
      claimingSinceMs = time.now();
      state = 'claiming';
    },
    fail: (error) => {
      if (state === 'stopping' || state === 'stopped') return;
      state = 'failed';
      failed = { why: error instanceof Error ? error.message : String(error), sinceMs: time.now() };
      void members.rest(0);
      failure.resolve();
      world.log.error({ engineId, error }, 'scheduler: the engine failed and claims no more slots');
    },
    failed: failure.promise,
    handOver: async (limitMs) => {
      handingOver = state === 'claiming';
      if (state !== 'failed') state = 'stopping';
      await members.rest(limitMs);
      handingOver = false;
    },
    finishStop: () => {
      state = 'stopped';
    },
    describe: () => ({ state, ...failed, ...obstacle() }),
  };
};
