import type { World } from '../world.ts';
import { AppendUnanswered } from './errors.ts';
import type { Append, Appended, EventStore } from './port.ts';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Makes an append whose answer can't be lost: the very same one, with the same ids, is made again until the log says
 * whether it won. Whoever calls this appends nothing else to the stream meanwhile (see lanes.ts).
 * @throws WrongExpectedRevision, StreamDeleted when it lost, for good
 * @throws AppendUnanswered only when the signal aborted before there was an answer
 */
export const appendSurely = async (
  store: Pick<EventStore, 'append'>,
  append: Append,
  { world, signal }: { world: Pick<World, 'timers' | 'random' | 'log'>; signal?: AbortSignal },
): Promise<Appended> => {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await store.append(append);
    } catch (error) {
      if (!(error instanceof AppendUnanswered) || signal?.aborted) throw error;
      world.log.warn({ stream: append.stream, err: error }, 'the log did not answer an append: making it again');
      await world.timers.sleep(pauseMs * (0.5 + world.random.fraction() / 2), signal);
      if (signal?.aborted) throw error;
    }
  }
};
