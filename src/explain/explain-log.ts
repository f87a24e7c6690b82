import { PREFIX_OF } from '../domain/streams.ts';
import type { TenantChoice } from '../domain/values.ts';
import { StreamParked } from '../event-store/errors.ts';
import { comparePositions, type EventStore, type Position, type RecordedEvent } from '../event-store/port.ts';
import { type ReadLogOptions, readLog } from '../event-store/read-log.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { createSemaphore, createSemaphores } from '../runtime/semaphore.ts';
import { slicesOf } from '../runtime/slices.ts';
import { createLogReading, type ExplainReport, type LogReading, type LogReadingOptions } from './log-reading.ts';

/**
 * Checks the ledger of all jobs of a tenant, or of all tenants, against their schedules, up to the current end of the log.
 * Uses only the log, not the read models. Runs one check at a time to limit the load; tenants take turns, each with one
 * check running or next.
 * @returns `undefined` if the caller has gone
 */
export type ExplainLog = (
  options: LogReadingOptions & { readonly signal?: AbortSignal },
) => Promise<ExplainReport | undefined>;

/**
 * A log position before an instant, epoch ms, according to the read models. Only a hint for where to start: if it is too
 * late, the whole log is read.
 */
type PlaceBefore = (tenant: TenantChoice, instantMs: number) => Promise<Position | undefined>;

const DEFINITIONS = { streamPrefixes: [PREFIX_OF.job, PREFIX_OF.calendar, PREFIX_OF.pause] };
const LEDGER = { streamPrefixes: [...DEFINITIONS.streamPrefixes, PREFIX_OF.runs] };

/** Slots are settled shortly before they are due, by a clock that may differ from the log's. */
const SETTLED_AHEAD_MS = 60_000;
/** Maximum streams read simultaneously, because others read the log too. */
const READ_AT_ONCE = 16;
const LAST_AT_ONCE = 500;

export const createExplainLog = (store: EventStore, world: Runtime, placeBefore: PlaceBefore): ExplainLog => {
  const turns = createSemaphore(1);
  const turnsOf = createSemaphores<TenantChoice>(1);

  const takeAll = async (reading: LogReading, options: ReadLogOptions, prepare?: Prepare) => {
    for await (const { events, parked } of readLog(store, options)) {
      if (prepare !== undefined && !(await prepare(events))) return false;
      events.forEach(reading.take);
      if (parked !== undefined) reading.park(parked.stream, parked.message);
    }
    return true;
  };

  /** Continues a job's runs from the last event before the first one that is read. */
  const resumeBefore = async (reading: LogReading, { stream, revision }: RecordedEvent): Promise<boolean> => {
    try {
      const before = { direction: 'backwards', from: revision - 1, limit: 1 } as const;
      for await (const event of store.readStream(stream, before)) return reading.resume(event);
    } catch (error) {
      if (!(error instanceof StreamParked)) throw error;
      reading.park(stream, error.message);
    }
    return true;
  };

  const resumeAll = async (reading: LogReading, events: readonly RecordedEvent[]): Promise<boolean> => {
    const firsts = new Map([...events].reverse().map((event) => [event.stream, event]));
    const behind = [...firsts.values()].filter(reading.isBehind);
    for (const some of slicesOf(behind, READ_AT_ONCE)) {
      const resumed = await Promise.all(some.map((event) => resumeBefore(reading, event)));
      if (resumed.includes(false)) return false;
    }
    return true;
  };

  /** Resumes jobs without later events of their runs. */
  const resumeLast = async (reading: LogReading, signal: AbortSignal): Promise<boolean> => {
    for (const streams of slicesOf(reading.untaken(), LAST_AT_ONCE)) {
      if (signal.aborted) break;
      const lasts = await store.readLast(streams);
      for (const [index, last] of lasts.entries()) {
        if (last instanceof StreamParked) reading.park(streams[index] ?? '', last.message);
        else if (last !== undefined && !reading.resume(last)) return false;
      }
    }
    return true;
  };

  /** Before the starting position, reads the definitions and, per job, the last event of its runs. */
  const readFrom = async (
    place: Position,
    { options, end, signal }: LogReadingRequest,
  ): Promise<LogReading | undefined> => {
    const reading = createLogReading(options);
    await takeAll(reading, { ...DEFINITIONS, end: place, signal });
    const since = { ...LEDGER, after: place, end, signal };
    if (!(await takeAll(reading, since, (events) => resumeAll(reading, events)))) return undefined;
    return (await resumeLast(reading, signal)) ? reading : undefined;
  };

  const readWhole = async ({ options, end, signal }: LogReadingRequest): Promise<LogReading> => {
    const reading = createLogReading(options);
    await takeAll(reading, { ...LEDGER, end, signal });
    return reading;
  };

  const read = async (options: LogReadingRequest): Promise<LogReading> => {
    const { tenant, span } = options.options;
    const place = await placeBefore(tenant, span.afterMs - SETTLED_AHEAD_MS);
    const isWithin = place !== undefined && comparePositions(place, options.end) < 0;
    return (isWithin ? await readFrom(place, options) : undefined) ?? readWhole(options);
  };

  const explain: ExplainLog = async ({ signal = new AbortController().signal, ...options }) => {
    if (signal.aborted) return undefined;
    const end = await store.end();
    const nowMs = world.clock.now();
    const reading = end === undefined ? createLogReading(options) : await read({ options, end, signal });
    const rest = reading.end(nowMs);
    for (let step = rest.next(); !signal.aborted; step = rest.next()) {
      if (step.done) return step.value;
      await world.timers.sleep(0);
    }
    return undefined;
  };
  return (options) => turnsOf.run(options.tenant, () => turns.run(() => explain(options)));
};

type LogReadingRequest = { readonly options: LogReadingOptions; readonly end: Position; readonly signal: AbortSignal };

/** @returns whether the events can be applied now */
type Prepare = (events: readonly RecordedEvent[]) => Promise<boolean>;
