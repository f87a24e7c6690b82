import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** The records of a name: addresses by family, or 'silent' for a server that never responds. */
export type NameRecord = { readonly a?: readonly string[]; readonly aaaa?: readonly string[] } | 'silent' | 'broken';

export type NameServer = {
  /** `address:port`. */
  readonly address: string;
  /** The requested names, each question once per family. */
  readonly asked: readonly string[];
  close(): Promise<void>;
};

const [A, AAAA] = [1, 28];
const [NO_ERROR, SERVER_FAILURE, NO_SUCH_NAME] = [0, 2, 3];

/** A name server on loopback: the part of RFC 1035 that a stub resolver uses. */
export const startNameServer = async (records: ReadonlyMap<string, NameRecord>): Promise<NameServer> => {
  const socket = createSocket('udp4');
  const requested: string[] = [];
  socket.on('message', (message, from) => {
    const { name, type, end } = questionOf(message);
    requested.push(name);
    const record = records.get(name);
    if (record === 'silent') return;
    const found = record === undefined || record === 'broken' ? [] : addressesOf(record, type);
    const status = record === undefined ? NO_SUCH_NAME : record === 'broken' ? SERVER_FAILURE : NO_ERROR;
    socket.send(response(message.subarray(0, end), { status, found, type }), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked: requested,
    close: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
};

const HEADER_BYTES = 12;

const questionOf = (message: Buffer): { name: string; type: number; end: number } => {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message.readUInt8(at); length !== 0; length = message.readUInt8(at)) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
};

const addressesOf = ({ a = [], aaaa = [] }: Exclude<NameRecord, string>, type: number): readonly Buffer[] => {
  if (type === A) return a.map((address) => Buffer.from(address.split('.').map(Number)));
  return type === AAAA ? aaaa.map((address) => Buffer.from(address, 'hex')) : [];
};

type Answering = { readonly status: number; readonly found: readonly Buffer[]; readonly type: number };

const response = (question: Buffer, { status, found, type }: Answering): Buffer => {
  const head = Buffer.from(question);
  head.writeUInt16BE(0x8180 | status, 2);
  head.writeUInt16BE(found.length, 6);
  head.writeUInt32BE(0, 8);
  // The name is that of the question; class IN, TTL 1 s.
  const records = found.map((bytes) =>
    Buffer.concat([Buffer.from([0xc0, HEADER_BYTES, 0, type, 0, 1, 0, 0, 0, 1, 0, bytes.length]), bytes]),
  );
  return Buffer.concat([head, ...records]);
};
