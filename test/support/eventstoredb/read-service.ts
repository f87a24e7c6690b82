import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { type AppendService, roundTrip, troubleFor } from './append-service.ts';
import type { FakeLog, FakeRecord } from './fake-log.ts';
import type { Faults } from './faults.ts';
import {
  caughtUpMessage,
  checkpointMessage,
  confirmationMessage,
  eventMessage,
  notFoundMessage,
} from './read-messages.ts';
import { invalidPosition, nameIn, streamDeleted, type Trouble, tooSlow } from './wire.ts';

export type ReadCall = ServerWritableStream<ReadReq, ReadResp>;

const SEARCH_WINDOW = 32;
const SENTINEL = 18_446_744_073_709_551_615n;

export type ReadService = Pick<AppendService, 'log' | 'faults' | 'timers' | 'counts'> & {
  /** Open ones, so that they can be dropped. */
  readonly subscriptions: Set<ReadCall>;
  /** Start position of each subscription to `$all`. */
  readonly startsAfter: bigint[];
};

export const read =
  ({ log, faults, timers, counts, subscriptions, startsAfter }: ReadService) =>
  async (call: ReadCall): Promise<void> => {
    if (faults.silence !== undefined) await faults.silence;
    const options = call.request.getOptions();
    const kind = options?.hasSubscription() ? 'subscribe' : 'read';
    counts[kind] += 1;
    if (faults.roundTripMs > 0) await roundTrip(faults, timers);
    const trouble =
      troubleFor(faults, call, { kind, all: options?.hasAll() === true }) ?? positionTrouble(log, options);
    if (trouble !== undefined || options === undefined) {
      call.emit('error', trouble ?? new Error('a read without options'));
      return;
    }
    const sender = senderOf(call, faults);
    if (options.hasSubscription()) {
      subscriptions.add(call);
      startsAfter.push(BigInt(options.getAll()?.getPosition()?.getCommitPosition() ?? 0));
      const cut = () => {
        subscriptions.delete(call);
        call.emit('error', tooSlow());
      };
      void subscribe({ log, options, faults, timers, sender, cut }).finally(() => subscriptions.delete(call));
    } else void readOnce(log, options, call, sender);
  };

/**
 * Within the log, only the position of a record is valid; beyond its end, reading forwards finds nothing and backwards
 * fails.
 */
const positionTrouble = (log: FakeLog, options: ReadReq.Options | undefined): Trouble | undefined => {
  const text = options?.getAll()?.getPosition()?.getCommitPosition();
  if (text === undefined) return undefined;
  const position = BigInt(text);
  if (position === 0n || log.wasAt(position)) return undefined;
  const beyond = position > (log.records.at(-1)?.position ?? 0n);
  return beyond && options?.getReadDirection() !== 1 ? undefined : invalidPosition();
};

type Sender = {
  /** Resolves when there is capacity for more; immediately if there is. */
  send(message: ReadResp): Promise<void> | undefined;
  isGone(): boolean;
  /** Resolves when it is woken or gone. */
  rest(): Promise<void>;
  wake(): void;
};

const senderOf = (call: ReadCall, faults: Faults): Sender => {
  let gone = false;
  let stirred = false;
  let wake = () => {};
  const stir = (): void => {
    stirred = true;
    wake();
  };
  const leave = (): void => {
    gone = true;
    stir();
  };
  call.on('cancelled', leave);
  call.on('close', leave);
  call.on('error', leave);
  call.on('drain', stir);
  const rest = async (): Promise<void> => {
    if (!stirred) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    stirred = false;
  };
  const room = async (): Promise<void> => {
    for (let turn = 0; turn < faults.slowTurns; turn++) await setImmediate();
    while (!gone && call.writableNeedDrain) await rest();
  };
  return {
    send: (message) => (gone || (call.write(message) && faults.slowTurns === 0) ? undefined : room()),
    isGone: () => gone,
    rest,
    wake: stir,
  };
};

const readOnce = async (log: FakeLog, options: ReadReq.Options, call: ReadCall, sender: Sender): Promise<void> => {
  const ofStream = options.getStream();
  const stream = ofStream && nameIn(ofStream.getStreamIdentifier());
  const found = stream === undefined ? log.records : log.read(stream);
  if (found === 'deleted') {
    call.emit('error', streamDeleted(stream ?? ''));
    return;
  }
  if (found === undefined) sender.send(notFoundMessage(stream ?? ''));
  else {
    const backwards = options.getReadDirection() === 1;
    let left = Number(options.getCount());
    for (const record of ofStream ? inStream(found, ofStream, backwards) : inAll(log, options, backwards)) {
      if (sender.isGone() || left-- <= 0) break;
      await sender.send(eventMessage(record));
    }
  }
  if (!sender.isGone()) call.end();
};

function* inStream(records: readonly FakeRecord[], from: ReadReq.Options.StreamOptions, backwards: boolean) {
  const head = records[0]?.revision ?? 0n;
  const last = records.length - 1;
  const requested = from.hasRevision() ? Number(BigInt(from.getRevision()) - head) : from.hasEnd() ? last : 0;
  if (backwards) yield* downFrom(records, Math.min(requested, last));
  else if (!from.hasEnd()) yield* upFrom(records, Math.max(requested, 0));
}

function* inAll(log: FakeLog, options: ReadReq.Options, backwards: boolean) {
  const from = options.getAll();
  const position = from?.getPosition();
  const { records } = log;
  const end = from?.hasEnd() ? records.length : 0;
  // Backwards, the event at the position itself is excluded, because the next page begins there.
  const index = position === undefined ? end : log.indexOf(BigInt(position.getCommitPosition()));
  if (backwards) yield* downFrom(records, index - 1);
  else yield* upFrom(records, index);
}

function* upFrom(records: readonly FakeRecord[], from: number) {
  for (let index = from; index < records.length; index++) yield* at(records, index);
}
function* downFrom(records: readonly FakeRecord[], from: number) {
  for (let index = from; index >= 0; index--) yield* at(records, index);
}
function* at(records: readonly FakeRecord[], index: number) {
  const record = records[index];
  if (record !== undefined) yield record;
}

type Subscribe = Pick<ReadService, 'log' | 'faults' | 'timers'> & {
  readonly options: ReadReq.Options;
  readonly sender: Sender;
  /** Ends the subscription of a reader that is too slow. */
  readonly cut: () => void;
};

const subscribe = async ({ log, options, faults, timers, sender, cut }: Subscribe): Promise<void> => {
  const passes = filterOf(options);
  const filter = options.getFilter();
  const window = SEARCH_WINDOW * (filter?.getCheckpointintervalmultiplier() || 1);
  const start = options.getAll();
  const startsAt = start?.getPosition()?.getCommitPosition();
  let after = startsAt === undefined ? (start?.hasEnd() ? (log.records.at(-1)?.position ?? 0n) : 0n) : BigInt(startsAt);
  let live = false;
  let saidLive = false;
  let considered = 0;
  let waiting = false;
  const forget = log.onAppend(() => {
    if (live && waiting && log.records.length - log.indexOf(after) > faults.mostBehind) cut();
    if (faults.roundTripMs > 0) timers.after(faults.roundTripMs, sender.wake);
    else sender.wake();
  });
  await sender.send(confirmationMessage(randomUUID()));
  if (faults.sentinelCheckpoints) await sender.send(checkpointMessage(SENTINEL));
  while (!sender.isGone()) {
    const seen = log.scavenges();
    const { records } = log;
    for (let index = log.indexOf(after + 1n); index < records.length && log.scavenges() === seen; index++) {
      const record = records[index];
      if (record === undefined || sender.isGone()) break;
      after = record.position;
      if (passes(record)) {
        const room = sender.send(eventMessage(record));
        waiting = room !== undefined;
        if (room !== undefined) await room;
        // A subscription that has fallen behind is notified again when it has caught up.
        if (waiting) saidLive = false;
        waiting = false;
      }
      considered += 1;
      if (filter !== undefined && considered % window === 0) await sender.send(checkpointMessage(after));
    }
    if (sender.isGone() || after < (log.records.at(-1)?.position ?? 0n)) continue;
    if (!saidLive) await sender.send(caughtUpMessage());
    saidLive = true;
    live = true;
    await sender.rest();
  }
  forget();
};

const filterOf = (options: ReadReq.Options): ((record: FakeRecord) => boolean) => {
  const stream = options.getStream();
  if (stream !== undefined) {
    const name = nameIn(stream.getStreamIdentifier());
    return (record) => record.stream === name;
  }
  const filter = options.getFilter();
  const expression = filter?.getStreamIdentifier() ?? filter?.getEventType();
  if (filter === undefined || expression === undefined) return () => true;
  const filtered = (record: FakeRecord) => (filter.hasStreamIdentifier() ? record.stream : record.type);
  const prefixes = expression.getPrefixList();
  const regex = expression.getRegex() === '' ? undefined : new RegExp(expression.getRegex());
  return (record) => regex?.test(filtered(record)) ?? prefixes.some((prefix) => filtered(record).startsWith(prefix));
};
