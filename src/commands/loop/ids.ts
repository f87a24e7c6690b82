import type { IdKind } from '../../domain/events/index.ts';
import { idsStream } from '../../domain/streams.ts';
import { type EventStore, NO_STREAM, type RecordedEvent } from '../../event-store/port.ts';
import { lastEventOf } from '../../event-store/read-log.ts';
import type { CommandContext } from '../command.ts';
import { type EventLog, handleCommand, type LoadedState } from './handle-command.ts';

/** Allocates ids of one kind. Blocks of ids are reserved in the log, so each id is allocated once. */
export type Ids = {
  take(): Promise<number>;
  /** The id that `tryTake` takes now. */
  next(): number | undefined;
  /** Takes an id from a block in memory; `undefined` if there is none, and then `ready` waits for the next block. */
  tryTake(): number | undefined;
  /** Resolves when `tryTake` has at least this many ids. */
  ready(count: number): Promise<void>;
  /** Returns the ids in memory for the next process, unless another process has reserved since. */
  giveBack(): Promise<void>;
};

const BLOCK: Readonly<Record<IdKind, number>> = {
  jobs: 100,
  applications: 10,
  executions: 1_000,
  pauses: 10,
  operations: 10,
  backfills: 10,
  tokens: 10,
};

const context: CommandContext = {
  tenant: 'system',
  actor: { type: 'system', name: 'ids' },
  correlationId: 'ids',
};

const lastOf = (event: RecordedEvent | undefined): number => (event?.type === 'IdsReserved' ? event.data.last : 0);

/** The greatest possibly allocated id of this kind; 0 if there is none. */
export const lastReservedId = async (store: EventStore, kind: IdKind): Promise<number> =>
  lastOf(await lastEventOf(store, idsStream(kind)));

export const createIds = (log: EventLog, kind: IdKind): Ids => {
  const blocks: { next: number; last: number }[] = [];
  let atHand = 0;
  /** Number of callers that wait for an id. */
  let waiting = 0;
  let refilling: Promise<void> | undefined;
  /** The last block reserved by this process: most likely the newest, so it is tried before the log is read. */
  let latest: LoadedState<number> | undefined;

  const load = async (): Promise<LoadedState<number>> => {
    const likely = latest;
    latest = undefined;
    if (likely !== undefined) return likely;
    const last = await lastEventOf(log.store, idsStream(kind));
    return { state: lastOf(last), revision: last?.revision ?? NO_STREAM };
  };

  const reserve = async (count: number): Promise<void> => {
    const { events, revision } = await handleCommand(log, {
      stream: idsStream(kind),
      context,
      load,
      decide: (reserved) => [
        { type: 'IdsReserved' as const, data: { kind, first: reserved + 1, last: reserved + count } },
      ],
    });
    for (const { data } of events) {
      blocks.push({ next: data.first, last: data.last });
      atHand += data.last - data.first + 1;
      latest = { state: data.last, revision };
    }
  };

  const refill = (count: number): Promise<void> => {
    refilling ??= reserve(Math.ceil(count / BLOCK[kind]) * BLOCK[kind]).finally(() => {
      refilling = undefined;
    });
    return refilling;
  };

  const tryTake = (): number | undefined => {
    const [block] = blocks;
    if (block === undefined) return undefined;
    const id = block.next++;
    atHand--;
    if (block.next > block.last) blocks.shift();
    return id;
  };

  /** The first id in memory of those that end at the last reservation. */
  const firstUnused = (): number | undefined => {
    let first: number | undefined;
    for (const { next, last } of blocks.toReversed()) {
      if (first !== undefined && last + 1 !== first) break;
      first = next;
    }
    return first;
  };

  const giveBack = async (): Promise<void> => {
    await refilling?.catch(() => {});
    const first = firstUnused();
    const last = blocks.at(-1)?.last;
    blocks.length = 0;
    atHand = 0;
    if (first === undefined) return;
    await handleCommand(log, {
      stream: idsStream(kind),
      context,
      load,
      decide: (reserved) =>
        reserved === last ? [{ type: 'IdsReserved' as const, data: { kind, first, last: first - 1 } }] : [],
    });
  };

  /** Reserves for all waiting callers, who would otherwise wait for one another. */
  const takeReserved = async (): Promise<number> => {
    waiting += 1;
    try {
      for (;;) {
        await refill(waiting);
        const id = tryTake();
        if (id !== undefined) return id;
      }
    } finally {
      waiting -= 1;
    }
  };

  const ready = async (count: number): Promise<void> => {
    while (atHand < count) await refill(count - atHand);
  };

  return {
    next: () => blocks[0]?.next,
    tryTake,
    ready,
    giveBack,
    take: async () => {
      const id = tryTake() ?? (await takeReserved());
      // Refills early, so that no caller waits. Ignores errors: the next caller without an id gets them.
      if (atHand < BLOCK[kind]) refill(waiting + 1).catch(() => {});
      return id;
    },
  };
};

export type AllIds = ReturnType<typeof createAllIds>;

export const createAllIds = (log: EventLog) => ({
  jobIds: createIds(log, 'jobs'),
  executionIds: createIds(log, 'executions'),
  applicationIds: createIds(log, 'applications'),
  pauseIds: createIds(log, 'pauses'),
  operationIds: createIds(log, 'operations'),
  backfillIds: createIds(log, 'backfills'),
  tokenIds: createIds(log, 'tokens'),
});
