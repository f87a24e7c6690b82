import type { ReceivedEvent } from '../log-tail.ts';
import { type Position, positionOf, type Revision } from '../port.ts';
import type { OwnAppends } from './own-appends.ts';
import {
  type ProtoReader,
  type ProtoWriter,
  protoWriter,
  readEnd,
  readFields,
  readText,
  readUint,
  readUuid,
} from './protobuf.ts';

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

/** Encodes a read of one stream, or of all. */
export const readRequest = (request: ReadRequest): Buffer => {
  const writer = protoWriter();
  writer.message(1, () => {
    uuidsAsText(writer);
    writer.message(8);
    writer.uint(5, request.limit);
    if (request.backwards) writer.uint(3, 1);
    if (request.stream === undefined) writer.message(2, () => place(writer, request.from));
    else writer.message(1, () => streamFrom(writer, request.stream, request.from));
  });
  return writer.framed();
};

type SubscribeRequest = {
  /** Exclusive. */
  readonly after: bigint;
  /** Only of streams whose names begin with it. */
  readonly prefix: string;
  /** The server reports a checkpoint after this many times 32 events that the filter left out. */
  readonly checkpointInterval: number;
};

/** Encodes a subscription to all streams. */
export const subscribeRequest = ({ after, prefix, checkpointInterval }: SubscribeRequest): Buffer => {
  const writer = protoWriter();
  writer.message(1, () => {
    uuidsAsText(writer);
    writer.message(7, () => {
      writer.uint(5, checkpointInterval);
      writer.message(4);
      writer.message(1, () => writer.text(2, prefix));
    });
    writer.message(6);
    writer.message(2, () => place(writer, after === 0n ? 'start' : positionOf(after)));
  });
  return writer.framed();
};

const uuidsAsText = (writer: ProtoWriter): void => writer.message(9, () => writer.message(2));

const streamFrom = (writer: ProtoWriter, stream: string, from: ReadFrom<Revision>): void => {
  if (from === 'start') writer.message(3);
  else if (from === 'end') writer.message(4);
  else writer.uint(2, from);
  writer.message(1, () => writer.text(3, stream));
};

const place = (writer: ProtoWriter, from: ReadFrom<Position>): void => {
  if (from === 'start') writer.message(2);
  else if (from === 'end') writer.message(3);
  else {
    writer.message(1, () => {
      writer.uint(2, BigInt(from));
      writer.uint(1, BigInt(from));
    });
  }
};

/** Tells whether the server wrote the event itself, such as a tombstone. Our own event types never begin with `$`. */
export const isSystemEvent = ({ type }: ReceivedEvent): boolean => type.startsWith('$');

/** @param prefix the prefix of each stream's name, which is removed */
export const withoutPrefix = (event: ReceivedEvent, prefix: string): ReceivedEvent => ({
  ...event,
  stream: event.stream.slice(prefix.length),
});

export type ReadMessage =
  | { readonly kind: 'event'; readonly event: ReceivedEvent }
  /** The server has searched up to here. */
  | { readonly kind: 'checkpoint'; readonly position: bigint }
  | { readonly kind: 'confirmation' | 'streamNotFound' | 'caughtUp' | 'other' };

/** Decodes what is sent as an answer to a read or a subscription. */
export const readMessage = (bytes: Buffer, own: Pick<OwnAppends, 'get'>): ReadMessage => {
  const reader = { bytes, at: 0 };
  let message: ReadMessage = { kind: 'other' };
  readFields(reader, bytes.length, (field) => {
    if (field === 1) message = eventIn(reader, own) ?? message;
    else if (field === 3) message = { kind: 'checkpoint', position: checkpointIn(reader) };
    else {
      if (field === 2) message = { kind: 'confirmation' };
      else if (field === 4) message = { kind: 'streamNotFound' };
      else if (field === 8) message = { kind: 'caughtUp' };
      return false;
    }
    return true;
  });
  return message;
};

const checkpointIn = (reader: ProtoReader): bigint => {
  let position = 0n;
  readFields(reader, readEnd(reader), (field) => {
    if (field === 1) position = BigInt(readUint(reader));
    return field === 1;
  });
  return position;
};

const eventIn = (reader: ProtoReader, own: Pick<OwnAppends, 'get'>): ReadMessage | undefined => {
  let event: ReceivedEvent | undefined;
  readFields(reader, readEnd(reader), (field) => {
    if (field === 1) event = receivedEvent(reader, own);
    return field === 1;
  });
  return event && { kind: 'event', event };
};

const receivedEvent = (reader: ProtoReader, own: Pick<OwnAppends, 'get'>): ReceivedEvent => {
  const { bytes } = reader;
  let [id, stream, type, ticks] = ['', '', '', ''];
  let revision: number | bigint = 0;
  let position: number | bigint = 0;
  let [metadataAt, metadataEnd, dataAt, dataEnd] = [0, 0, 0, 0];
  readFields(reader, readEnd(reader), (field) => {
    switch (field) {
      case 1:
        id = readUuid(reader);
        return true;
      case 2:
        stream = streamName(reader);
        return true;
      case 3:
        revision = readUint(reader);
        return true;
      case 5:
        position = readUint(reader);
        return true;
      case 6: {
        const [key, value] = entry(reader);
        if (key === 'type') type = value;
        else if (key === 'created') ticks = value;
        return true;
      }
      case 7:
        metadataEnd = readEnd(reader);
        metadataAt = reader.at;
        reader.at = metadataEnd;
        return true;
      case 8:
        dataEnd = readEnd(reader);
        dataAt = reader.at;
        reader.at = dataEnd;
        return true;
      default:
        return false;
    }
  });
  const at = { id, stream, revision: Number(revision), position: positionOf(position), recordedAt: msOf(ticks) };
  const mine = own.get(id);
  if (mine !== undefined) {
    return { ...at, type: mine.type, data: mine.data, metadata: mine.metadata, own: mine.event };
  }
  const data = bytes.toString('utf8', dataAt, dataEnd);
  const metadata = bytes.toString('utf8', metadataAt, metadataEnd);
  return { ...at, type, data, metadata };
};

const streamName = (reader: ProtoReader): string => {
  let name = '';
  readFields(reader, readEnd(reader), (field) => {
    if (field === 3) name = readText(reader);
    return field === 3;
  });
  return name;
};

const entry = (reader: ProtoReader): [key: string, value: string] => {
  let [key, value] = ['', ''];
  readFields(reader, readEnd(reader), (field) => {
    if (field === 1) key = readText(reader);
    else if (field === 2) value = readText(reader);
    else return false;
    return true;
  });
  return [key, value];
};

/** Servers count time in steps of 100 ns since 1970. */
const msOf = (ticks: string): number => Number(ticks.slice(0, -4));
