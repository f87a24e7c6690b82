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
import { appendSurely } from '../event-store/append-surely.ts';
import { StreamDeleted, WrongExpectedRevision } from '../event-store/errors.ts';
import { type Append, type Appended, NO_STREAM } from '../event-store/port.ts';
import { handleCommand, type Loaded, type Log } from './handle-command.ts';
import type { CommandContext } from './port.ts';

export type Answer = EventOf<'RequestAnswered'>['data']['answer'];

/** A request that may come again under the same `Idempotency-Key`. */
export type Repeatable = {
  /** As the caller gave it. */
  readonly key: string;
  /** Hash of all that was asked: method, path and body. */
  readonly bodyHash: string;
  /** Decides and records. */
  readonly run: (context: CommandContext) => Promise<Answer>;
  /** Goes on after the append that an earlier try had begun. */
  readonly resume: (context: CommandContext, append: Append, appended: Appended) => Promise<Answer>;
};

const KEPT_MS = 24 * 3_600_000;
/** A request without an answer for longer was left by a process that died. */
const UNDER_WAY_MS = 10_000;

/**
 * Runs a request once: repeated within 24 h it gives the same answer and records nothing.
 * @throws Refusal KEY_REUSED for another request under the same key, REQUEST_UNDER_WAY while the first runs
 */
export const runOnce = async (log: Log, context: CommandContext, request: Repeatable): Promise<Answer> => {
  const { state: earlier } = await find(log, context, request);
  if (earlier !== undefined) checkSame(earlier, request);
  if (earlier?.type === 'RequestAnswered') return earlier.data.answer;
  const answer =
    (earlier?.type === 'RequestReserved' ? await finish(log, context, request, earlier) : undefined) ??
    (await request.run({ ...context, beforeAppend: reserve(log, context, request) }));
  await record(log, context, request, answer);
  return answer;
};

/** Repeats the very append of a try that was left; undefined where it lost, so that all is decided anew. */
const finish = async (
  log: Log,
  context: CommandContext,
  request: Repeatable,
  earlier: EventOf<'RequestReserved'>,
): Promise<Answer | undefined> => {
  checkLeft(log, earlier);
  const append = storedAppend(earlier);
  if (append === undefined) return undefined;
  try {
    const appended = await appendSurely(log.store, append, { world: log.world });
    return await request.resume(context, append, appended);
  } catch (error) {
    if (error instanceof WrongExpectedRevision || error instanceof StreamDeleted) return undefined;
    throw error;
  }
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
const reserve = (log: Log, context: CommandContext, request: Repeatable) => {
  let mine: string | undefined;
  return async (append: Append): Promise<void> => {
    await handleCommand(log, {
      stream: streamOf(context, request),
      context,
      load: () => find(log, context, request),
      decide: (earlier) => {
        if (earlier !== undefined && attemptOf(earlier) !== mine) {
          checkSame(earlier, request);
          if (earlier.type === 'RequestAnswered') throw underWay();
          checkLeft(log, earlier);
        }
        mine = append.events[0]?.id;
        const at = toInstant(log.world.clock.now());
        return [
          RequestReserved.parse({ type: 'RequestReserved', data: { ...ofRequest(context, request), at, append } }),
        ];
      },
    });
  };
};

const record = async (log: Log, context: CommandContext, request: Repeatable, answer: Answer): Promise<void> => {
  await handleCommand(log, {
    stream: streamOf(context, request),
    context,
    load: () => find(log, context, request),
    decide: (earlier) =>
      earlier?.type === 'RequestAnswered'
        ? []
        : [
            RequestAnswered.parse({
              type: 'RequestAnswered',
              data: { ...ofRequest(context, request), at: toInstant(log.world.clock.now()), answer },
            }),
          ],
  });
};

/** The newest event of this request, if it is young enough to count. */
const find = async (
  log: Log,
  context: CommandContext,
  request: Repeatable,
): Promise<Loaded<RequestEvent | undefined>> => {
  const key = keyOf(context, request);
  const oldestMs = log.world.clock.now() - KEPT_MS;
  let revision = NO_STREAM;
  for await (const event of log.store.readStream(streamOf(context, request), { direction: 'backwards' })) {
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
const keyOf = ({ tenant }: CommandContext, { key }: Repeatable): string =>
  createHash('sha256')
    .update(JSON.stringify([tenant, key]))
    .digest('hex');

const streamOf = (context: CommandContext, request: Repeatable): string =>
  `requests-${keyOf(context, request).slice(0, 3)}`;

const ofRequest = (context: CommandContext, request: Repeatable) => ({
  tenant: context.tenant,
  key: keyOf(context, request),
  bodyHash: request.bodyHash,
});
