/**
 * Writes one protobuf message from the end of a buffer to its front, so that the length of what is nested is known when
 * it is written before it. Fields are therefore written from the last to the first.
 */
export type ProtoWriter = {
  uint(field: number, value: number | bigint): void;
  text(field: number, value: string): void;
  /** A field whose content `write` writes; an empty message without it. */
  message(field: number, write?: () => void): void;
  /** Bytes that are a message's fields already. */
  raw(bytes: Uint8Array): void;
  /** Returns what was written, as a message of gRPC: uncompressed, with its length before it. */
  framed(): Buffer;
};

/** Wire types of protobuf. */
const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;
/** A flag and four bytes of length come before each message of gRPC. */
export const FRAME_BYTES = 5;
const FIRST_CAPACITY = 1_024;

export const protoWriter = (): ProtoWriter => {
  let buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  let at = buffer.length;

  const reserve = (bytes: number): void => {
    if (at < bytes) {
      const used = buffer.subarray(at);
      const wider = Buffer.allocUnsafe(2 * (used.length + bytes));
      at = wider.length - used.length;
      wider.set(used, at);
      buffer = wider;
    }
    at -= bytes;
  };
  const varint = (value: number): void => {
    let bytes = 1;
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
    reserve(bytes);
    let rest = value;
    for (let place = at; place < at + bytes; place++) {
      buffer[place] = (rest % 128) + (place < at + bytes - 1 ? 128 : 0);
      rest = Math.floor(rest / 128);
    }
  };
  const bigVarint = (value: bigint): void => {
    const bytes: number[] = [];
    let rest = value;
    for (; rest >= 128n; rest /= 128n) bytes.push(Number(rest % 128n) + 128);
    bytes.push(Number(rest));
    reserve(bytes.length);
    buffer.set(bytes, at);
  };
  const tag = (field: number, wire: number): void => varint(field * 8 + wire);

  return {
    uint: (field, value) => {
      if (typeof value === 'bigint') bigVarint(value);
      else varint(value);
      tag(field, VARINT);
    },
    text: (field, value) => {
      const bytes = Buffer.byteLength(value);
      reserve(bytes);
      buffer.write(value, at, bytes);
      varint(bytes);
      tag(field, LENGTH_DELIMITED);
    },
    message: (field, write) => {
      const before = buffer.length - at;
      write?.();
      varint(buffer.length - at - before);
      tag(field, LENGTH_DELIMITED);
    },
    raw: (bytes) => {
      reserve(bytes.length);
      buffer.set(bytes, at);
    },
    framed: () => {
      const length = buffer.length - at;
      reserve(FRAME_BYTES);
      buffer[at] = 0;
      buffer.writeUInt32BE(length, at + 1);
      return buffer.subarray(at);
    },
  };
};

/** A place in bytes of protobuf. The functions below read from there, and move it on. */
export type ProtoReader = { readonly bytes: Buffer; at: number };

/** A number up to 2^53, and a bigint beyond it. */
export const readUint = (reader: ProtoReader): number | bigint => {
  const { bytes } = reader;
  const from = reader.at;
  let value = 0;
  let factor = 1;
  for (;;) {
    const byte = bytes[reader.at++] ?? 0;
    value += (byte & 127) * factor;
    if (byte < 128) return value <= Number.MAX_SAFE_INTEGER ? value : bigUint(bytes, from, reader.at);
    factor *= 128;
  }
};

const bigUint = (bytes: Buffer, from: number, to: number): bigint => {
  let value = 0n;
  for (let place = to - 1; place >= from; place--) value = value * 128n + BigInt((bytes[place] ?? 0) & 127);
  return value;
};

/** The end of the field that begins here, which has a length. */
export const readEnd = (reader: ProtoReader): number => {
  const length = Number(readUint(reader));
  return reader.at + length;
};

export const readText = (reader: ProtoReader): string => {
  const end = readEnd(reader);
  const text = reader.bytes.toString('utf8', reader.at, end);
  reader.at = end;
  return text;
};

/** Reads the fields up to the end: `field` reads each of them, or returns false for one that is passed over. */
export const readFields = (reader: ProtoReader, end: number, field: (number: number) => boolean): void => {
  while (reader.at < end) {
    const tag = Number(readUint(reader));
    if (!field(tag >>> 3)) pass(reader, tag & 7);
  }
};

const pass = (reader: ProtoReader, wire: number): void => {
  if (wire === VARINT) readUint(reader);
  else if (wire === LENGTH_DELIMITED) reader.at = readEnd(reader);
  else if (wire === FIXED_64) reader.at += 8;
  else if (wire === FIXED_32) reader.at += 4;
  else throw new Error(`protobuf has no wire type ${wire}`);
};

/** Reads an id as servers send it to those that send theirs as text. */
export const readUuid = (reader: ProtoReader): string => {
  let text = '';
  readFields(reader, readEnd(reader), (field) => {
    if (field === 2) text = readText(reader);
    return field === 2;
  });
  return text;
};
