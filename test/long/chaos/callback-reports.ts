import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../../src/runtime/runtime.ts';
import type { Reports } from '../../simulation/books/callbacks.ts';
import { apiClient } from '../../support/api.ts';
import type { Completion } from './counting-target.ts';

/** What targets with accepted calls say of them: how they ended, that they go on, or nothing at all. */
export type CallbackReports = {
  take(completion: Completion): void;
  /** What the service has taken. */
  readonly reported: Reports['reported'];
  idle(): Promise<void>;
};

type Options = { readonly random: Random; readonly url: () => string };

const AGAIN_MS = 500;
const MAX_TRIES = 20;
const TAKEN = 204;

export const createCallbackReports = ({ random, url }: Options): CallbackReports => {
  const reported: Reports['reported'][number][] = [];
  const requestInProgress = new Set<Promise<void>>();

  /** Whether the service took it; asks again while it gives no answer, or one that it cannot help. */
  const post = async (path: string, token: string, body: object): Promise<boolean> => {
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      const status = await apiClient(url(), token)
        .post(path.replace(/^\/_\/scheduler/, ''), body)
        .then(
          (response) => response.status,
          () => 503,
        );
      if (status < 500 && status !== 429) return status === TAKEN;
      await sleep(AGAIN_MS);
    }
    return false;
  };

  const report = async ({ call, token, path }: Completion): Promise<void> => {
    const drawn = random.fraction();
    if (drawn < 0.1) return;
    for (let beats = drawn < 0.3 ? 3 : 0; beats > 0; beats--) {
      await sleep(1_000);
      await post(path.replace('/complete', '/heartbeat'), token, { progress: { left: beats } });
    }
    await sleep(random.fraction() * 2_500);
    const status = drawn > 0.8 ? 'failed' : 'succeeded';
    // The token has ended the execution, and is of no use any more; only an answer that got lost may be had again.
    for (const kind of [status, status === 'failed' ? 'succeeded' : 'failed'] as const) {
      if (!(await post(path, token, { status: kind }))) return;
      reported.push({ ...call, kind });
    }
  };

  return {
    reported,
    take: (completion) => {
      const reporting: Promise<void> = report(completion).finally(() => requestInProgress.delete(reporting));
      requestInProgress.add(reporting);
    },
    idle: async () => {
      await Promise.all(requestInProgress);
    },
  };
};
