import { setTimeout as delay } from 'node:timers/promises';

const POLL_INTERVAL_MS = 10;

/** Waits until it holds, for states that nothing notifies. A loop without a pause would slow what it waits for. */
export const poll = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds())) await delay(POLL_INTERVAL_MS);
};
