import type { EventStoreDBClient } from '@eventstore/db-client';
import { type Backoff, backoffMs } from '../../runtime/backoff.ts';
import type { World } from '../../runtime/world.ts';
import { EventStoreClosed, LogMismatch, LogUnavailable } from '../errors.ts';
import type { ReceivedEvent } from '../log-tail.ts';
import { closeClient, openClient } from './client.ts';
import { clientMovesOn, isStreamDeleted, type Outage, refusalIn } from './failures.ts';
import type { OwnAppends } from './own-appends.ts';
import { openReadCall } from './read-call.ts';
import { eventIn, type ReadRequest, readRequest } from './read-messages.ts';

/** A request is retried until it has made no progress for this long. */
const DEADLINE_MS = 10_000;
/** How long the first attempt waits for an answer. A node without a network stays silent; then another one is asked. */
const FIRST_SILENCE_MS = 3_000;
const RETRY: Backoff = { firstMs: 100, longestMs: 1_000 };
const SHORTEST_SILENCE_MS = 50;
/** A client younger than this is not replaced: another failed request has just opened it. */
const CLIENT_AGE_MS = 100;

/** A read is of what may have changed since this process appended. */
const NONE: Pick<OwnAppends, 'get'> = { get: () => undefined };

/** Limits how long one request is retried. */
export type RetryBudget = {
  /**
   * Waits after a failure, until the next attempt may begin.
   * @throws LogAccessDenied, LogSignInRefused at once
   * @throws LogUnavailable if the time is used up
   */
  mend(failure: unknown): Promise<void>;
  /** Starts the time again, because the request has made progress. */
  renew(): void;
  /** How long the next attempt may wait for an answer. */
  silenceMs(): number;
};

export type Reader = {
  /** @param what the request, as in "read the log" */
  patience(what: string): RetryBudget;
  /** Makes one attempt to read, and yields the events as they come. A stream that is absent or deleted has none. */
  read(request: ReadRequest, patience: RetryBudget): AsyncGenerator<readonly ReceivedEvent[], void, undefined>;
  /**
   * Runs an idempotent action until it succeeds or its time is used up.
   * @throws the errors of `RetryBudget.mend`
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

/** Creates the reader of single streams and of the log's end. It uses one connection. */
export const createReader = ({ connectionString, world, onReconnect, outage }: ReaderOptions): Reader => {
  const { clock, timers } = world;
  let client = openClient(connectionString);
  let renewedAtMs = Number.NEGATIVE_INFINITY;
  let closed = false;
  const retired = new Map<EventStoreDBClient, () => void>();

  /** Replaces the client. Other requests may still use the old one, so it is closed only after their deadlines. */
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

  async function* read(request: ReadRequest, patient: RetryBudget): AsyncGenerator<readonly ReceivedEvent[]> {
    const used = client;
    const silent = new AbortController();
    const call = openReadCall({
      client: used,
      request: readRequest(request),
      requiresLeader: true,
      signal: silent.signal,
    });
    try {
      for (;;) {
        const waitMs = patient.silenceMs();
        const cancel = timers.after(waitMs, () => silent.abort());
        const messages = await call.next().finally(cancel);
        if (silent.signal.aborted) throw new Error(`the log said nothing for ${waitMs} ms`);
        patient.renew();
        if (messages === undefined) return;
        const events = messages.flatMap((message) => eventIn(message, NONE) ?? []);
        if (events.length > 0) yield events;
      }
    } catch (error) {
      if (isStreamDeleted(error)) {
        patient.renew();
        return;
      }
      if (!clientMovesOn(error)) renew(used);
      throw error;
    } finally {
      call.cancel();
    }
  }

  return {
    patience,
    read,
    surely: async (what, run) => {
      const patient = patience(what);
      // Each attempt starts from the beginning, so a partial answer is no progress.
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
