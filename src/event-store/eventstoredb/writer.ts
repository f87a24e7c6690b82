import type { BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import { type Backoff, backoffMs } from '../../backoff.ts';
import { createSemaphore } from '../../semaphore.ts';
import type { World } from '../../world.ts';
import {
  AppendTooLarge,
  AppendUnanswered,
  EventStoreClosed,
  InvalidAppend,
  StreamDeleted,
  WrongExpectedRevision,
} from '../errors.ts';
import { type AppendAnswer, readAnswer } from './append-answer.ts';
import { createAppendConnection } from './append-connection.ts';
import { appendRequest, type WireAppend } from './append-request.ts';
import type { BatchStream } from './batch-stream.ts';
import { LogAccessDenied, LogSignInRefused, NodeNotServing, refusalIn } from './failures.ts';
import type { Outage } from './outage.ts';

/** The server sets no bound to what is under way on one stream of appends; more than this gains nothing. */
const IN_FLIGHT = 256;
const RETRY: Backoff = { firstMs: 50, longestMs: 1_000 };
/** A repeat whose first try is not replicated yet is dropped without an answer, so it is soon made again. */
const FIRST_REPEAT_MS = 250;

export type Writer = {
  /**
   * Makes an append; where the connection is lost, or the server can't tell or says nothing, the very same one is made
   * again until the deadline: with its ids and its revision it is made once at the most. One that is under way already
   * is answered with the first one's answer.
   * @param named the stream as callers know it
   * @throws WrongExpectedRevision, StreamDeleted, AppendTooLarge, InvalidAppend, LogAccessDenied, LogSignInRefused
   * @throws AppendUnanswered
   */
  append(append: WireAppend, named: string): Promise<AppendAnswer>;
  /** Refuses what comes from now on, and waits for what is under way. */
  close(): Promise<void>;
};

export type WriterOptions = {
  readonly connectionString: string;
  readonly world: Pick<World, 'clock' | 'timers'>;
  /** From the call to AppendUnanswered. */
  readonly deadlineMs: number;
  readonly onReconnect: () => void;
  readonly outage: Outage;
};

/** The state of an append that is not answered yet. */
type PendingAppend = {
  readonly correlationId: string;
  /** The deadline has passed. */
  late: boolean;
  /** What kept the latest try from being answered. */
  trouble: unknown;
  /**
   * The try that waits for its answer; undefined between tries. A closure over the request in its place cost 8 µs of CPU
   * an append (50 instead of 42), nearly all of it in the garbage collector.
   */
  sent: { readonly stream: BatchStream; readonly request: BatchAppendReq } | undefined;
};

/** All appends of a process. */
export const createWriter = ({ connectionString, world, deadlineMs, onReconnect, outage }: WriterOptions): Writer => {
  const { clock, timers } = world;
  const connection = createAppendConnection({ connectionString, clock, onReconnect });
  const slots = createSemaphore(IN_FLIGHT);
  const underWay = new Map<string, Promise<AppendAnswer>>();
  /** Longer than a server lets a write wait (2 s) where the deadline is the usual one. */
  const silenceMs = deadlineMs / 4;
  const repeatWait: Backoff = { firstMs: FIRST_REPEAT_MS, longestMs: silenceMs };
  let sent = 0;
  let closed = false;

  const correlationId = (): string => `00000000-0000-4000-8000-${(sent++).toString(16).padStart(12, '0')}`;

  /** The stream of appends, in time: a search for the leader may take longer than that, and is begun anew then. */
  const opened = (opening: Promise<BatchStream>): Promise<BatchStream> => {
    const late = Promise.withResolvers<never>();
    const cancel = timers.after(silenceMs, () => {
      const why = new Error(`no node was found in ${silenceMs} ms`);
      connection.drop(opening, why);
      late.reject(why);
    });
    return Promise.race([opening, late.promise]).finally(cancel);
  };

  /** One try, given up after so long without an answer. */
  const send = async (
    append: WireAppend,
    named: string,
    state: PendingAppend,
    waitMs: number,
  ): Promise<AppendAnswer> => {
    const request = appendRequest(append, { correlationId: state.correlationId, nowMs: clock.now() });
    const opening = connection.current();
    let cancelWait = () => {};
    try {
      const stream = connection.opened() ?? (await opened(opening));
      state.sent = { stream, request };
      cancelWait = timers.after(waitMs, () => {
        const silence = new Error(`no answer in ${waitMs} ms`);
        const isSilent = stream.silentMs() >= silenceMs;
        stream.forget(request, silence);
        if (isSilent) connection.drop(opening, silence);
      });
      return readAnswer(await stream.send(request), append, named);
    } catch (error) {
      if (error instanceof NodeNotServing) connection.drop(opening, error);
      throw refusalIn(error, `append to ${append.stream}`) ?? error;
    } finally {
      state.sent = undefined;
      cancelWait();
    }
  };

  const sendUntilSaid = async (append: WireAppend, named: string, state: PendingAppend): Promise<AppendAnswer> => {
    for (let failures = 0; !state.late; failures++) {
      // At once the first time: the connection may have been cut while nobody used it.
      if (failures > 1) await timers.sleep(backoffMs(failures - 1, RETRY));
      if (state.late) break;
      const waitMs = failures === 0 ? silenceMs : backoffMs(failures, repeatWait);
      try {
        const answer = await send(append, named, state, waitMs);
        outage.over();
        return answer;
      } catch (error) {
        if (isRefusal(error)) outage.trouble(error);
        if (isSaid(error)) throw error;
        state.trouble = error;
        if (failures > 0) outage.trouble(error);
      }
    }
    throw new AppendUnanswered(named, { cause: state.trouble });
  };

  const append = async (one: WireAppend, named: string): Promise<AppendAnswer> => {
    const late = Promise.withResolvers<never>();
    const state: PendingAppend = { late: false, correlationId: correlationId(), trouble: undefined, sent: undefined };
    const cancelDeadline = timers.after(deadlineMs, () => {
      state.late = true;
      state.trouble ??= new Error(`no answer in ${deadlineMs} ms`);
      outage.trouble(state.trouble);
      late.reject(new AppendUnanswered(named, { cause: state.trouble }));
      state.sent?.stream.forget(state.sent.request, state.trouble);
    });
    try {
      return await Promise.race([slots.run(() => sendUntilSaid(one, named, state)), late.promise]);
    } finally {
      cancelDeadline();
    }
  };

  return {
    append: (one, named) => {
      if (closed) return Promise.reject(new EventStoreClosed());
      const key = `${one.stream} ${one.expectedRevision} ${one.events.map(({ id }) => id).join()}`;
      const first = underWay.get(key);
      if (first !== undefined) return first;
      const answer = append(one, named).finally(() => underWay.delete(key));
      underWay.set(key, answer);
      return answer;
    },
    close: async () => {
      closed = true;
      await Promise.allSettled(underWay.values());
      await connection.close();
    },
  };
};

const isRefusal = (error: unknown): boolean => error instanceof LogAccessDenied || error instanceof LogSignInRefused;

/** What the server said of the append itself, in contrast to what kept it from being made or answered. */
const isSaid = (error: unknown): boolean =>
  error instanceof WrongExpectedRevision ||
  error instanceof StreamDeleted ||
  error instanceof AppendTooLarge ||
  error instanceof InvalidAppend ||
  isRefusal(error);
