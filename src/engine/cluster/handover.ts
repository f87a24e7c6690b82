import type { World } from '../../runtime/world.ts';

type HandoverOptions = {
  /** The engines that take over, each with the time of its last beat. */
  readonly takers: () => ReadonlyMap<string, number>;
  /** Records that this engine rests and reads the other engines' beats. @returns false if that failed */
  readonly beat: () => Promise<boolean>;
  readonly timers: World['timers'];
  readonly signal: AbortSignal;
};

const LOOK_EVERY_MS = 200;
/** With its first beat another engine reads that this one rests; by the second it has taken its share of the jobs. */
const BEATS_TO_TAKE = 2;

/** Resolves when the other engines have taken over the jobs of this resting engine, or when the signal aborts. */
export const untilTaken = async ({ takers, beat, timers, signal }: HandoverOptions): Promise<void> => {
  const heard = new Map<string, { readonly mark: number; readonly beats: number }>();
  const hear = (id: string, mark: number): number => {
    const before = heard.get(id) ?? { mark, beats: 0 };
    const now = before.mark === mark ? before : { mark, beats: before.beats + 1 };
    heard.set(id, now);
    return now.beats;
  };
  // A beat that was already under way may still have recorded that this engine works.
  await beat();
  while (!signal.aborted) {
    if (await beat()) {
      const beats = [...takers()].map(([id, mark]) => hear(id, mark));
      if (beats.every((count) => count >= BEATS_TO_TAKE)) return;
    }
    await timers.sleep(LOOK_EVERY_MS, signal);
  }
};
