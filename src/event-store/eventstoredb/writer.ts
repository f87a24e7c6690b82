import type { BatchAppendReq } from '@eventstore/db-client/generated/streams_pb.js';
import { type Backoff, backoffMs } from '../../runtime/retry.ts';
import { createSemaphore } from '../../runtime/semaphore.ts';
import {
  AppendTooLarge,
  AppendUnanswered,
  EventStoreClosed,
  InvalidAppend,
  StreamDeleted,
  WrongExpectedRevision,
} from '../errors.ts';
import {
  type AppendAnswer,
  appendRequest,
  type BatchStream,
  createAppendConnection,
  readAnswer,
  type WireAppend,
} from './append-connection.ts';
import { LogAccessDenied, type LogConnection, LogSignInRejected, NodeNotServing, rejectionIn } from './failures.ts';

/** Maximum appends in progress: enough for those of an engine's turn. The server has no limit. */
const IN_FLIGHT = 512;
const RETRY: Backoff = { firstMs: 50, longestMs: 1_000 };
/** Servers drop a repeated append without a response until the first one is replicated, so it is soon repeated again. */
const FIRST_REPEAT_MS = 250;

export type Writer = {
  /**
   * Makes an append. Without a clear response, the same append is repeated until the deadline; its event ids and expected
   * revision ensure that it is made at most once. If the same append is already in progress, both calls get the same
   * response.
   * @param named the name of the stream without the prefix, for errors
   * @throws WrongExpectedRevision, StreamDeleted, AppendTooLarge, InvalidAppend, LogAccessDenied, LogSignInRejected
   * @throws AppendUnanswered
   */
  append(append: WireAppend, named: string): Promise<AppendAnswer>;
  /** Rejects new appends and waits for those in progress. */
  close(): Promise<void>;
};

/** The state of an append without a response. */
type PendingAppend = {
  readonly correlationId: string;
  late: boolean;
  /** Why the last attempt got no response. */
  trouble: unknown;
  /**
   * The attempt that waits for its response; `undefined` between attempts. A record instead of a closure over the request,
   * which would cost garbage collection with each append.
   */
  sent: { readonly stream: BatchStream; readonly request: BatchAppendReq } | undefined;
};

/**
 * Creates the writer for all appends of a process.
 * @param deadlineMs the time from the call of `append` until it throws AppendUnanswered
 */
export const createWriter = (log: LogConnection, deadlineMs: number): Writer => {
  const { world, outage } = log;
  const { clock, timers } = world;
  const connection = createAppendConnection(log);
  const slots = createSemaphore(IN_FLIGHT);
  const requestInProgress = new Map<string, Promise<AppendAnswer>>();
  /** With the default deadline this is 2.5 s, longer than the server's own timeout of a write (2 s). */
  const silenceMs = deadlineMs / 4;
  const repeatWait: Backoff = { firstMs: FIRST_REPEAT_MS, longestMs: silenceMs };
  let sent = 0;
  let closed = false;

  const correlationId = (): string => `00000000-0000-4000-8000-${(sent++).toString(16).padStart(12, '0')}`;

  /** Waits for the stream of appends to open. If finding the leader takes too long, the attempt fails. */
  const opened = (opening: Promise<BatchStream>): Promise<BatchStream> => {
    const late = Promise.withResolvers<never>();
    const cancel = timers.after(silenceMs, () => {
      const why = new Error(`no node was found in ${silenceMs} ms`);
      connection.drop(opening, why);
      late.reject(why);
    });
    return Promise.race([opening, late.promise]).finally(cancel);
  };

  /** Makes one attempt, which fails without a response within `waitMs`. */
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
        const silence = new Error(`no response in ${waitMs} ms`);
        const isSilent = stream.silentMs() >= silenceMs;
        stream.forget(request, silence);
        if (isSilent) connection.drop(opening, silence);
      });
      return readAnswer(await stream.send(request), append, named);
    } catch (error) {
      if (error instanceof NodeNotServing) connection.drop(opening, error);
      throw rejectionIn(error, `append to ${append.stream}`) ?? error;
    } finally {
      state.sent = undefined;
      cancelWait();
    }
  };

  const sendUntilAnswered = async (append: WireAppend, named: string, state: PendingAppend): Promise<AppendAnswer> => {
    for (let failures = 0; !state.late; failures++) {
      // The first retry is immediate: the connection may have been lost while it was idle.
      if (failures > 1) await timers.sleep(backoffMs(failures - 1, RETRY));
      if (state.late) break;
      const waitMs = failures === 0 ? silenceMs : backoffMs(failures, repeatWait);
      try {
        const answer = await send(append, named, state, waitMs);
        outage.over();
        return answer;
      } catch (error) {
        if (isRejection(error)) outage.trouble(error);
        if (isAnswer(error)) throw error;
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
      state.trouble ??= new Error(`no response in ${deadlineMs} ms`);
      outage.trouble(state.trouble);
      late.reject(new AppendUnanswered(named, { cause: state.trouble }));
      state.sent?.stream.forget(state.sent.request, state.trouble);
    });
    try {
      return await Promise.race([slots.run(() => sendUntilAnswered(one, named, state)), late.promise]);
    } finally {
      cancelDeadline();
    }
  };

  return {
    append: (one, named) => {
      if (closed) return Promise.reject(new EventStoreClosed());
      const key = `${one.stream} ${one.expectedRevision} ${one.events.map(({ id }) => id).join()}`;
      const first = requestInProgress.get(key);
      if (first !== undefined) return first;
      const answer = append(one, named).finally(() => requestInProgress.delete(key));
      requestInProgress.set(key, answer);
      return answer;
    },
    close: async () => {
      closed = true;
      await Promise.allSettled(requestInProgress.values());
      await connection.close();
    },
  };
};

const isRejection = (error: unknown): boolean => error instanceof LogAccessDenied || error instanceof LogSignInRejected;

/**
 * Returns whether the error is the server's response to this append. After other errors, it is unknown whether it was made.
 */
const isAnswer = (error: unknown): boolean =>
  error instanceof WrongExpectedRevision ||
  error instanceof StreamDeleted ||
  error instanceof AppendTooLarge ||
  error instanceof InvalidAppend ||
  isRejection(error);
