import {
  type EventStoreDBClient,
  StreamDeletedError,
  type StreamingRead,
  StreamNotFoundError,
} from '@eventstore/db-client';
import { type Backoff, backoffMs } from '../../backoff.ts';
import type { World } from '../../world.ts';
import { EventStoreClosed, LogMismatch, LogUnavailable } from '../errors.ts';
import { chunksOf } from './chunks.ts';
import { closeClient, openClient } from './client.ts';
import { clientMovesOn, refusalIn } from './failures.ts';
import type { Outage } from './outage.ts';

/** A request is tried for so long without any progress. */
const DEADLINE_MS = 10_000;
/** How long the first try waits for anything: a node that is cut off says nothing, and another one is asked then. */
const FIRST_SILENCE_MS = 3_000;
const RETRY: Backoff = { firstMs: 100, longestMs: 1_000 };
const SHORTEST_SILENCE_MS = 50;
/** A client that is younger is not replaced: it is what another request that failed has asked for. */
const CLIENT_AGE_MS = 100;

/** How long one request goes on trying. */
export type RetryBudget = {
  /**
   * Waits before the next try.
   * @throws LogAccessDenied, LogSignInRefused at once
   * @throws LogUnavailable when its time is up
   */
  mend(failure: unknown): Promise<void>;
  /** Something has come: its time begins anew. */
  renew(): void;
  /** How long the next try may wait for anything. */
  silenceMs(): number;
};

export type Reader = {
  /** @param what is asked for, as in "read the log" */
  patience(what: string): RetryBudget;
  /** What a read gives, in helpings; nothing where the stream is not there or was deleted. One try. */
  read<T>(
    open: (client: EventStoreDBClient) => StreamingRead<T>,
    patience: RetryBudget,
  ): AsyncGenerator<readonly T[], void, undefined>;
  /**
   * Runs what can be run again without harm, until it goes well or its time is up.
   * @throws what `RetryBudget.mend` throws
   */
  surely<T>(what: string, run: (client: EventStoreDBClient, patience: RetryBudget) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

export type ReaderOptions = {
  readonly connectionString: string;
  readonly world: Pick<World, 'clock' | 'timers'>;
  readonly onReconnect: () => void;
  readonly outage: Outage;
};

/** All that is read of single streams and of the log's end, over one connection. */
export const createReader = ({ connectionString, world, onReconnect, outage }: ReaderOptions): Reader => {
  const { clock, timers } = world;
  let client = openClient(connectionString);
  let renewedAtMs = Number.NEGATIVE_INFINITY;
  let closed = false;
  const retired = new Map<EventStoreDBClient, () => void>();

  /** Others may be reading over the old one still: it is closed when even their deadlines have passed. */
  const renew = (old: EventStoreDBClient): void => {
    if (closed || old !== client || clock.monotonic() - renewedAtMs < CLIENT_AGE_MS) return;
    onReconnect();
    renewedAtMs = clock.monotonic();
    client = openClient(connectionString);
    const close = () => {
      retired.delete(old);
      void closeClient(old);
    };
    retired.set(old, timers.after(2 * DEADLINE_MS, close));
  };

  const patience = (what: string): RetryBudget => {
    let untilMs = clock.monotonic() + DEADLINE_MS;
    let failures = 0;
    return {
      mend: async (failure) => {
        failures += 1;
        const refusal = refusalIn(failure, what);
        if (refusal !== undefined) outage.trouble(refusal);
        if (refusal !== undefined) throw refusal;
        if (closed) throw new EventStoreClosed();
        if (failures > 1) outage.trouble(failure);
        const pauseMs = failures === 1 ? 0 : backoffMs(failures - 1, RETRY);
        if (clock.monotonic() + pauseMs >= untilMs) {
          outage.trouble(failure);
          throw new LogUnavailable({ cause: failure });
        }
        if (pauseMs > 0) await timers.sleep(pauseMs);
      },
      renew: () => {
        outage.over();
        failures = 0;
        untilMs = clock.monotonic() + DEADLINE_MS;
      },
      silenceMs: () => (failures === 0 ? FIRST_SILENCE_MS : Math.max(untilMs - clock.monotonic(), SHORTEST_SILENCE_MS)),
    };
  };

  async function* read<T>(
    open: (client: EventStoreDBClient) => StreamingRead<T>,
    patient: RetryBudget,
  ): AsyncGenerator<readonly T[]> {
    const used = client;
    const stream = open(used);
    const silent = new AbortController();
    const chunks = chunksOf<T>(stream, silent.signal)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const waitMs = patient.silenceMs();
        const cancel = timers.after(waitMs, () => silent.abort());
        const { value, done } = await chunks.next().finally(cancel);
        if (silent.signal.aborted) throw new Error(`the log said nothing for ${waitMs} ms`);
        if (done || value.items.length > 0) patient.renew();
        if (done) return;
        if (value.items.length > 0) yield value.items;
      }
    } catch (error) {
      if (error instanceof StreamNotFoundError || error instanceof StreamDeletedError) {
        patient.renew();
        return;
      }
      if (!clientMovesOn(error)) renew(used);
      throw error;
    } finally {
      stream.cancel().catch(() => {});
    }
  }

  return {
    patience,
    read,
    surely: async (what, run) => {
      const patient = patience(what);
      // What is read anew from its beginning has made no progress when a part of it came.
      const strict = { ...patient, renew: () => {} };
      for (;;) {
        const used = client;
        try {
          const value = await run(used, strict);
          outage.over();
          return value;
        } catch (error) {
          if (error instanceof LogMismatch) throw error;
          if (!clientMovesOn(error)) renew(used);
          await patient.mend(error);
        }
      }
    },
    close: async () => {
      closed = true;
      for (const cancel of retired.values()) cancel();
      await Promise.all([client, ...retired.keys()].map(closeClient));
    },
  };
};
