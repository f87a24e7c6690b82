import type { AlertReceiver, AlertRule } from '../domain/events/index.ts';
import { toInstant } from '../domain/values.ts';
import type { World } from '../runtime/world.ts';
import type { SendNotification } from './ports.ts';

/** What a receiver said to a test. */
export type TestedReceiver = {
  readonly receiver: AlertReceiver;
  readonly outcome: 'delivered' | 'failed';
  readonly answer?: string;
  readonly error?: { readonly code: string; readonly message: string };
};

/** Sends a test to each receiver of a rule. */
export type TestAlertRule = (rule: AlertRule) => Promise<readonly TestedReceiver[]>;

/** Within the time that a change may take. */
const LONGEST_MS = 11_000;

export const createRuleTest =
  ({ send, world }: { readonly send: SendNotification; readonly world: World }): TestAlertRule =>
  (rule) => {
    const { clock, random, timers } = world;
    const notification = { notificationId: random.uuid(), at: toInstant(clock.now()), alerts: [], more: 0 };
    const tooLong = new AbortController();
    const cancel = timers.after(LONGEST_MS, () => tooLong.abort());
    const tests = rule.receivers.map(async (receiver): Promise<TestedReceiver> => {
      const outcome = (await send({ rule, receiver, notification }, tooLong.signal)) ?? NO_ANSWER;
      const answer = outcome.answer === undefined ? {} : { answer: outcome.answer };
      if (outcome.kind === 'delivered') return { receiver, outcome: 'delivered', ...answer };
      const { code, message } = outcome;
      return { receiver, outcome: 'failed', ...answer, error: { code, message } };
    });
    return Promise.all(tests).finally(cancel);
  };

const NO_ANSWER = {
  kind: 'failed',
  code: 'ETIMEDOUT',
  message: `the receiver did not answer within ${LONGEST_MS} ms`,
  answer: undefined,
} as const;
