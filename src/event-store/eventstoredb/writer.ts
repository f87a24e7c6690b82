import type { World } from '../../world.ts';
import { AppendTooLarge, AppendUnanswered, EventStoreClosed, StreamDeleted, WrongExpectedRevision } from '../errors.ts';
import { type Answer, readAnswer } from './append-answer.ts';
import { appendRequest, type WireAppend } from './append-request.ts';
import { type BatchStream, openBatchStream } from './batch-stream.ts';
import { closeClient, openClient } from './client.ts';
import { clientMovesOn, isDenied, LogAccessDenied } from './failures.ts';
import { createTurns } from './turns.ts';

/** The server sets no bound to what is under way on one stream of appends; more than this gains nothing. */
const IN_FLIGHT = 256;

export type Writer = {
  /**
   * @param named the stream as callers know it
   * @throws as readAnswer
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

/** All appends of a process, over one connection to the leader, which is opened when first needed and when lost. */
export const createWriter = ({ connectionString, world, deadlineMs, onReconnect }: WriterOptions): Writer => {
  let client = openClient(connectionString);
  let stream: Promise<BatchStream> | undefined;
  let sent = 0;
  let closed = false;
  const turns = createTurns(IN_FLIGHT);
  const underWay = new Set<Promise<unknown>>();

  /** What is under way is unanswered then; a client that doesn't go elsewhere by itself is replaced. */
  const lost = (of: Promise<BatchStream> | undefined, error: unknown): void => {
    if (closed || of === undefined || stream !== of) return;
    stream = undefined;
    onReconnect();
    world.log.warn({ err: error }, 'the connection for appends to the log was lost');
    of.then((open) => open.cancel()).catch(() => {});
    if (clientMovesOn(error)) return;
    void closeClient(client);
    client = openClient(connectionString);
  };

  const currentStream = (): Promise<BatchStream> => {
    if (stream !== undefined) return stream;
    const opened = openBatchStream(client, (error) => lost(opened, error));
    opened.catch((error) => lost(opened, error));
    stream = opened;
    return opened;
  };

  const correlationId = (): string => `00000000-0000-4000-8000-${(sent++).toString(16).padStart(12, '0')}`;

  const send = async (append: WireAppend, named: string): Promise<Answer> => {
    const request = appendRequest(append, { correlationId: correlationId(), nowMs: world.clock.now() });
    try {
      const open = await currentStream();
      return readAnswer(await open.send(request), append, named);
    } catch (error) {
      throw isDenied(error) ? new LogAccessDenied(`append to ${append.stream}`, { cause: error }) : error;
    }
  };

  const append = async (one: WireAppend, named: string): Promise<Answer> => {
    const late = Promise.withResolvers<never>();
    let used: Promise<BatchStream> | undefined;
    let passed = false;
    const cancelDeadline = world.timers.after(deadlineMs, () => {
      passed = true;
      const error = new Error(`no answer in ${deadlineMs} ms`);
      late.reject(error);
      lost(used, error);
    });
    const answer = turns.run(() => {
      if (passed) return late.promise;
      used = currentStream();
      return send(one, named);
    });
    try {
      return await Promise.race([answer, late.promise]);
    } catch (error) {
      throw isSaid(error) ? error : new AppendUnanswered(named, { cause: error });
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
      await closeClient(client);
    },
  };
};

/** What the server said, in contrast to what kept it from saying anything. */
const isSaid = (error: unknown): boolean =>
  error instanceof WrongExpectedRevision ||
  error instanceof StreamDeleted ||
  error instanceof AppendTooLarge ||
  error instanceof LogAccessDenied ||
  error instanceof AppendUnanswered;
