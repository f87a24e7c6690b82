/** Runs the appends of each stream one after another. */
export type StreamQueues = {
  /** Runs after every earlier call for this stream has ended, successfully or not. */
  inTurn<T>(stream: string, run: () => Promise<T>): Promise<T>;
};

/**
 * Creates the lanes of a process. Running a stream's appends one after another keeps the process from competing with
 * itself, and makes later appends wait for an unanswered one. A stream without running calls takes no memory.
 */
export const createStreamQueues = (): StreamQueues => {
  const tails = new Map<string, Promise<unknown>>();
  return {
    inTurn: (stream, run) => {
      const before = tails.get(stream);
      const turn = before === undefined ? run() : before.then(run, run);
      tails.set(stream, turn);
      const leave = () => {
        if (tails.get(stream) === turn) tails.delete(stream);
      };
      turn.then(leave, leave);
      return turn;
    },
  };
};
