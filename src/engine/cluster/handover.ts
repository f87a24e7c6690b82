import type { World } from '../../world.ts';

type HandoverOptions = {
  /** The others that take over, each with the mark of its last beat. */
  readonly takers: () => ReadonlyMap<string, number>;
  /** Says that this engine rests, and learns of the others; false where that failed. */
  readonly beat: () => Promise<boolean>;
  readonly timers: World['timers'];
  readonly signal: AbortSignal;
};

const LOOK_EVERY_MS = 200;
/** With the first it sees that this engine rests, by the second it has taken its share of the jobs. */
const BEATS_TO_TAKE = 2;

/** Resolves when the others have taken over the jobs of this engine, which rests, or when the signal aborts. */
export const untilTaken = async ({ takers, beat, timers, signal }: HandoverOptions): Promise<void> => {
  const heard = new Map<string, { readonly mark: number; readonly beats: number }>();
  const hear = (id: string, mark: number): number => {
    const before = heard.get(id) ?? { mark, beats: 0 };
    const now = before.mark === mark ? before : { mark, beats: before.beats + 1 };
    heard.set(id, now);
    return now.beats;
  };
  // One that was under way may have said otherwise.
  await beat();
  while (!signal.aborted) {
    if (await beat()) {
      const beats = [...takers()].map(([id, mark]) => hear(id, mark));
      if (beats.every((count) => count >= BEATS_TO_TAKE)) return;
    }
    await timers.sleep(LOOK_EVERY_MS, signal);
  }
};
