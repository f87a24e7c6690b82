export type Lanes = {
  /** Runs after all that was handed in for this stream before has ended, well or not. */
  inTurn<T>(stream: string, run: () => Promise<T>): Promise<T>;
};

/**
 * A process decides the appends of one stream one after another, so that it never competes with itself and so that an
 * unanswered append holds up the ones behind it. Nothing is kept of a stream in which nothing is under way.
 */
export const createLanes = (): Lanes => {
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
