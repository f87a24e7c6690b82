import type { World } from '../../world.ts';
import { AppendTooLarge, AppendUnanswered, EventStoreClosed, StreamDeleted, WrongExpectedRevision } from '../errors.ts';
import { type Answer, readAnswer } from './append-answer.ts';
import { createAppendConnection } from './append-connection.ts';
import { appendRequest, type WireAppend } from './append-request.ts';
import type { BatchStream } from './batch-stream.ts';
import { isDenied, LogAccessDenied } from './failures.ts';
import { createTurns } from './turns.ts';

/** The server sets no bound to what is under way on one stream of appends; more than this gains nothing. */
const IN_FLIGHT = 256;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

export type Writer = {
  /**
   * Makes an append; where the connection is lost, or the server can't tell, the very same one is made again until the
   * deadline: with its ids and its revision it is made once at the most.
   * @param named the stream as callers know it
   * @throws WrongExpectedRevision, StreamDeleted, AppendTooLarge, LogAccessDenied, AppendUnanswered
   */
  append(append: WireAppend, named: string): Promise<Answer>;
  /** Refuses what comes from now on, and waits for what is under way. */
  close(): Promise<void>;
};

export type WriterOptions = {
  readonly connectionString: string;
  readonly world: Pick<World, 'clock' | 'timers' | 'log'>;
  /** From the call to AppendUnanswered. */
  readonly deadlineMs: number;
  readonly onReconnect: () => void;
};

/** What is known of an append that is under way. */
type UnderWay = { late: boolean; on: Promise<BatchStream> | undefined; trouble: unknown };

/** All appends of a process. */
export const createWriter = ({ connectionString, world, deadlineMs, onReconnect }: WriterOptions): Writer => {
  const { clock, timers, log } = world;
  const connection = createAppendConnection({ connectionString, log, onReconnect });
  const turns = createTurns(IN_FLIGHT);
  const underWay = new Set<Promise<unknown>>();
  let sent = 0;
  let closed = false;

  const correlationId = (): string => `00000000-0000-4000-8000-${(sent++).toString(16).padStart(12, '0')}`;

  const send = async (append: WireAppend, named: string, state: UnderWay): Promise<Answer> => {
    const request = appendRequest(append, { correlationId: correlationId(), nowMs: clock.now() });
    try {
      state.on = connection.current();
      const stream = await state.on;
      return readAnswer(await stream.send(request), append, named);
    } catch (error) {
      if (isDenied(error)) throw new LogAccessDenied(`append to ${append.stream}`, { cause: error });
      throw error;
    } finally {
      state.on = undefined;
    }
  };

  const sendUntilSaid = async (append: WireAppend, named: string, state: UnderWay): Promise<Answer> => {
    for (let failures = 0; !state.late; failures++) {
      // At once the first time: the connection may have been cut while nobody used it.
      if (failures > 1) await timers.sleep(Math.min(FIRST_PAUSE_MS * 2 ** (failures - 2), LONGEST_PAUSE_MS));
      if (state.late) break;
      try {
        return await send(append, named, state);
      } catch (error) {
        if (isSaid(error)) throw error;
        state.trouble = error;
      }
    }
    throw new AppendUnanswered(named, { cause: state.trouble });
  };

  const append = async (one: WireAppend, named: string): Promise<Answer> => {
    const late = Promise.withResolvers<never>();
    const state: UnderWay = { late: false, on: undefined, trouble: undefined };
    const cancelDeadline = timers.after(deadlineMs, () => {
      state.late = true;
      state.trouble ??= new Error(`no answer in ${deadlineMs} ms`);
      late.reject(new AppendUnanswered(named, { cause: state.trouble }));
      if (state.on !== undefined) connection.drop(state.on, state.trouble);
    });
    try {
      return await Promise.race([turns.run(() => sendUntilSaid(one, named, state)), late.promise]);
    } finally {
      cancelDeadline();
    }
  };

  return {
    append: (one, named) => {
      if (closed) return Promise.reject(new EventStoreClosed());
      const answer = append(one, named);
      const settled = answer.catch(() => {}).finally(() => underWay.delete(settled));
      underWay.add(settled);
      return answer;
    },
    close: async () => {
      closed = true;
      await Promise.all(underWay);
      await connection.close();
    },
  };
};

/** What the server said of the append itself, in contrast to what kept it from being made or answered. */
const isSaid = (error: unknown): boolean =>
  error instanceof WrongExpectedRevision ||
  error instanceof StreamDeleted ||
  error instanceof AppendTooLarge ||
  error instanceof LogAccessDenied;
