import { type OutageLog, retryUntilDone } from './retry.ts';
import type { Runtime } from './runtime.ts';
import type { FairSemaphore } from './semaphore.ts';

/** A message that leaves the process once, such as a hook's call, with the recording of its outcome. */
export type Outgoing<Outcome> = {
  readonly tenant: string;
  /** Groups messages that may be slow together, such as by the origin of a URL. */
  readonly target: string;
  /** Sends it. Returns `undefined` if the outcome is unknown because the signal aborted, or need not be recorded. */
  readonly send: () => Promise<Outcome | undefined>;
  /** Records the outcome. Retried until it succeeds: without the record, the message would be sent again. */
  readonly record: (outcome: Outcome) => Promise<void>;
};

/**
 * Sends due messages in rounds. Each item is sent once at a time; tenants and targets share the capacity fairly, and every
 * outcome is recorded. The caller that begins rounds decides what is due and when to retry.
 */
export type Outbox = {
  /**
   * Begins a round: items that have been sent can be sent again. Call it before reading what is due, because earlier reads
   * lack their outcomes.
   */
  beginRound(): void;
  /**
   * Sends an item, unless it is being sent or was sent in this round.
   * @param prepare returns `undefined` if nothing has to be sent
   */
  send<Outcome>(key: string | number, prepare: () => Promise<Outgoing<Outcome> | undefined>): void;
  /** Whether nothing is being sent. */
  isIdle(): boolean;
  /** Resolves when nothing is being sent. */
  ended(): Promise<void>;
};

type Options = {
  readonly world: Runtime;
  readonly places: FairSemaphore;
  /** Logs when outcomes can't be recorded. */
  readonly outages: OutageLog;
  /** Called with each error of an item. */
  readonly failed: (error: unknown) => void;
  readonly signal: AbortSignal;
};

export const createOutbox = ({ world, places, outages, failed, signal }: Options): Outbox => {
  const sending = new Map<string | number, Promise<void>>();
  const ended = new Set<string | number>();

  const sendAndRecord = async <Outcome>({ send, record }: Outgoing<Outcome>): Promise<void> => {
    const outcome = await send();
    if (outcome !== undefined) await retryUntilDone({ world, outages, signal }, () => record(outcome));
  };

  const sendInTurn = async <Outcome>(prepare: () => Promise<Outgoing<Outcome> | undefined>): Promise<void> => {
    const outgoing = await prepare();
    if (outgoing !== undefined) await places.run(outgoing, () => sendAndRecord(outgoing));
  };

  return {
    beginRound: () => {
      for (const key of ended) sending.delete(key);
      ended.clear();
    },
    send: (key, prepare) => {
      if (sending.has(key)) return;
      const end = (): void => void ended.add(key);
      sending.set(key, sendInTurn(prepare).catch(failed).then(end));
    },
    isIdle: () => ended.size === sending.size,
    ended: async () => {
      await Promise.all(sending.values());
    },
  };
};
