import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { ReceivedEvent } from '../log-tail.ts';
import { type Position, positionOf, type Revision } from '../port.ts';
import { streamIdentifier } from './append-messages.ts';
import type { OwnAppends } from './own-appends.ts';

/** Where a read begins: at its first or last event, or at this one, inclusive. */
type ReadFrom<Place> = Place | 'start' | 'end';

export type ReadRequest =
  | {
      /** The name includes the prefix. */
      readonly stream: string;
      readonly from: ReadFrom<Revision>;
      readonly backwards: boolean;
      readonly limit: number;
    }
  | {
      readonly stream?: undefined;
      readonly from: ReadFrom<Position>;
      readonly backwards: boolean;
      readonly limit: number;
    };

const { Options } = streams.ReadReq;
type ReadReq = InstanceType<typeof streams.ReadReq>;
type Options = InstanceType<typeof Options>;

/** Builds a read of one stream, or of all. */
export const readRequest = (request: ReadRequest): ReadReq => {
  const options = withTextIds(new Options());
  if (request.stream === undefined) options.setAll(placeOf(request.from));
  else options.setStream(streamFrom(request.stream, request.from));
  options.setReadDirection(request.backwards ? 1 : 0);
  options.setCount(String(request.limit));
  options.setNoFilter(new shared.Empty());
  return new streams.ReadReq().setOptions(options);
};

type SubscribeRequest = {
  /** Exclusive. */
  readonly after: bigint;
  /** Only of streams whose names begin with it. */
  readonly prefix: string;
  /** The server reports a checkpoint after this many times 32 events that the filter left out. */
  readonly checkpointInterval: number;
};

/** Builds a subscription to all streams. */
export const subscribeRequest = ({ after, prefix, checkpointInterval }: SubscribeRequest): ReadReq => {
  const filter = new Options.FilterOptions()
    .setStreamIdentifier(new Options.FilterOptions.Expression().setPrefixList([prefix]))
    .setCount(new shared.Empty())
    .setCheckpointintervalmultiplier(checkpointInterval);
  const options = withTextIds(new Options())
    .setAll(placeOf(after === 0n ? 'start' : positionOf(after)))
    .setSubscription(new Options.SubscriptionOptions())
    .setFilter(filter);
  return new streams.ReadReq().setOptions(options);
};

const withTextIds = (options: Options): Options =>
  options.setUuidOption(new Options.UUIDOption().setString(new shared.Empty()));

const streamFrom = (stream: string, from: ReadFrom<Revision>) => {
  const options = new Options.StreamOptions().setStreamIdentifier(streamIdentifier(stream));
  if (from === 'start') return options.setStart(new shared.Empty());
  if (from === 'end') return options.setEnd(new shared.Empty());
  return options.setRevision(String(from));
};

const placeOf = (from: ReadFrom<Position>) => {
  const options = new Options.AllOptions();
  if (from === 'start') return options.setStart(new shared.Empty());
  if (from === 'end') return options.setEnd(new shared.Empty());
  const commit = String(BigInt(from));
  return options.setPosition(new Options.Position().setCommitPosition(commit).setPreparePosition(commit));
};

/** Tells whether the server wrote the event itself, such as a tombstone. Our own event types never begin with `$`. */
export const isSystemEvent = ({ type }: ReceivedEvent): boolean => type.startsWith('$');

/** @param prefix the prefix of each stream's name, which is removed */
export const withoutPrefix = (event: ReceivedEvent, prefix: string): ReceivedEvent => ({
  ...event,
  stream: event.stream.slice(prefix.length),
});

/** Returns the event in a message; undefined if it has none. Its data stay text. */
export const eventIn = (message: ReadResp, own: Pick<OwnAppends, 'get'>): ReceivedEvent | undefined => {
  const recorded = message.getEvent()?.getEvent();
  if (recorded === undefined) return undefined;
  const id = recorded.getId()?.getString() ?? '';
  const place = {
    id,
    stream: textOf(recorded.getStreamIdentifier()?.getStreamName_asU8()),
    revision: Number(recorded.getStreamRevision()),
    position: positionOf(BigInt(recorded.getCommitPosition())),
    recordedAt: msOf(recorded.getMetadataMap().get('created') ?? ''),
  };
  const mine = own.get(id);
  if (mine !== undefined) {
    return { ...place, type: mine.type, data: mine.data, metadata: mine.metadata, own: mine.event };
  }
  const type = recorded.getMetadataMap().get('type') ?? '';
  return { ...place, type, data: textOf(recorded.getData_asU8()), metadata: textOf(recorded.getCustomMetadata_asU8()) };
};

const textOf = (bytes: Uint8Array = new Uint8Array()): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();

/** Servers count time in steps of 100 ns since 1970. */
const msOf = (ticks: string): number => Number(ticks.slice(0, -4));
