import { createHash } from 'node:crypto';
import {
  DomainEvent,
  type EventOf,
  RequestAnswered,
  type RequestEvent,
  RequestReserved,
} from '../domain/events/index.ts';
import { Refusal } from '../domain/refusal.ts';
import { toInstant } from '../domain/values.ts';
import { type Append, NO_STREAM } from '../event-store/port.ts';
import { beside, handleCommand, type Loaded, type Log } from './handle-command.ts';
import type { CommandContext } from './port.ts';

/** What a request was answered with; its body is JSON. */
export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
};

/** A request that may come again under the same `Idempotency-Key`. */
export type Repeatable = {
  readonly context: CommandContext;
  /** As the caller gave it. */
  readonly key: string;
  /** Hash of all that was asked: method, path and body. */
  readonly bodyHash: string;
};

const KEPT_MS = 24 * 3_600_000;
/** A request without an answer for longer was left by a process that died. */
const UNDER_WAY_MS = 10_000;

/**
 * Runs a request once: repeated within 24 h it gives the same answer and records nothing. One that a process left when
 * it died is gone on with: its very append is made again, and all is decided anew only where that lost.
 * @throws Refusal KEY_REUSED for another request under the same key, REQUEST_UNDER_WAY while the first runs
 */
export const runOnce = async (
  log: Log,
  request: Repeatable,
  run: (context: CommandContext) => Promise<Answer>,
): Promise<Answer> => {
  const { state: earlier } = await find(log, request);
  if (earlier !== undefined) checkSame(earlier, request);
  if (earlier?.type === 'RequestAnswered') return earlier.data.answer;
  if (earlier !== undefined) checkLeft(log, earlier);
  const resumed = earlier === undefined ? undefined : storedAppend(earlier);
  const context = { ...request.context, ...(resumed === undefined ? {} : { resumed }) };
  const answer = await run({ ...context, beforeAppend: reserve(log, request, earlier) });
  return record(log, request, answer);
};

/** Undefined where an older release stored events that this one has in another form. */
const storedAppend = ({ data }: EventOf<'RequestReserved'>): Append | undefined => {
  const events = data.append.events.flatMap(({ id, metadata, ...stored }) => {
    const event = DomainEvent.safeParse(stored);
    return event.success ? [{ ...event.data, id, metadata }] : [];
  });
  return events.length === data.append.events.length ? { ...data.append, events } : undefined;
};

/** Remembers the append about to be made, unless another request under this key came first. */
const reserve = (log: Log, request: Repeatable, left: RequestEvent | undefined) => {
  let mine = left === undefined ? undefined : attemptOf(left);
  return async (append: Append): Promise<void> => {
    await handleCommand(log, {
      stream: streamOf(request),
      context: beside(request.context),
      load: () => find(log, request),
      decide: (earlier) => {
        if (earlier !== undefined) checkSame(earlier, request);
        // Another came in between, and may have made its append, however long ago it began: the next repeat goes on
        // from that, or is given its answer.
        if (earlier?.type === 'RequestAnswered') throw underWay();
        if (earlier !== undefined && attemptOf(earlier) !== mine) throw underWay();
        mine = append.events[0]?.id;
        const at = toInstant(log.world.clock.now());
        return [RequestReserved.parse({ type: 'RequestReserved', data: { ...ofRequest(request), at, append } })];
      },
    });
  };
};

/** @returns the answer that counts: the first that was recorded */
const record = async (log: Log, request: Repeatable, answer: Answer): Promise<Answer> => {
  const { state } = await handleCommand(log, {
    stream: streamOf(request),
    context: beside(request.context),
    load: () => find(log, request),
    decide: (earlier) =>
      earlier?.type === 'RequestAnswered'
        ? []
        : [
            RequestAnswered.parse({
              type: 'RequestAnswered',
              data: { ...ofRequest(request), at: toInstant(log.world.clock.now()), answer },
            }),
          ],
  });
  if (state?.type !== 'RequestAnswered') return answer;
  checkSame(state, request);
  return state.data.answer;
};

/** The newest event of this request, if it is young enough to count. */
const find = async (log: Log, request: Repeatable): Promise<Loaded<RequestEvent | undefined>> => {
  const key = keyOf(request);
  const oldestMs = log.world.clock.now() - KEPT_MS;
  let revision = NO_STREAM;
  for await (const event of log.store.readStream(streamOf(request), { direction: 'backwards' })) {
    revision = Math.max(revision, event.revision);
    if (event.recordedAt < oldestMs) break;
    if (event.type !== 'RequestReserved' && event.type !== 'RequestAnswered') continue;
    if (event.data.key === key) return { state: event, revision };
  }
  return { state: undefined, revision };
};

const checkSame = (earlier: RequestEvent, { bodyHash }: Repeatable): void => {
  if (earlier.data.bodyHash === bodyHash) return;
  throw new Refusal('KEY_REUSED', 'this Idempotency-Key was used for another request: choose a new one');
};

const checkLeft = (log: Log, earlier: RequestEvent): void => {
  if (log.world.clock.now() - Date.parse(earlier.data.at) < UNDER_WAY_MS) throw underWay();
};

const underWay = (): Refusal =>
  new Refusal('REQUEST_UNDER_WAY', 'a request with this Idempotency-Key is under way: repeat it in some seconds');

const attemptOf = (event: RequestEvent): string | undefined =>
  event.type === 'RequestReserved' ? event.data.append.events[0]?.id : undefined;

/** Two tenants' equal keys are different keys; the caller's own text is not kept. */
const keyOf = ({ context: { tenant }, key }: Repeatable): string =>
  createHash('sha256')
    .update(JSON.stringify([tenant, key]))
    .digest('hex');

const streamOf = (request: Repeatable): string => `requests-${keyOf(request).slice(0, 3)}`;

const ofRequest = (request: Repeatable) => ({
  tenant: request.context.tenant,
  key: keyOf(request),
  bodyHash: request.bodyHash,
});
