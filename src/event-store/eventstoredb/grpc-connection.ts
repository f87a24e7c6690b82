import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { FRAME_BYTES } from './protobuf.ts';

/** The client's own limit: a log may contain events of up to 16 MiB. */
const MOST_RECEIVED_BYTES = 17 * 1_048_576;

export type GrpcConnectionOptions = {
  /** Host and port. */
  readonly address: string;
  /** None without TLS. */
  readonly tls: Readonly<Record<'ca' | 'key' | 'cert', Buffer | undefined>> | undefined;
  /** After this time without a word the node is asked whether it is there. */
  readonly keepAliveMs: number;
  /** The time that it has for its answer. */
  readonly keepAliveTimeoutMs: number;
};

export type GrpcCallOptions = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * When messages are handed on: `frame` by frame, so that what is sent in return goes out before anything else is done; or
   * all of a `turn` of the event loop together, which costs less.
   */
  readonly by: 'frame' | 'turn';
  /** Called with the messages that came together. */
  readonly onMessages: (messages: readonly Buffer[]) => void;
  /** Called once, after the last messages, unless the call was cancelled; with an error if it failed. */
  readonly onEnd: (error: ServiceError | undefined) => void;
};

export type GrpcCall = {
  /** Sends a framed message. Those that are sent in response to one thing go out together. */
  send(framed: Buffer): void;
  /** Sends nothing more. */
  end(framed: Buffer): void;
  /** Takes nothing more from the socket, until `resume`. */
  pause(): void;
  resume(): void;
  cancel(): void;
};

/**
 * A connection to one node, for calls of gRPC. It is made anew for the next call after it was lost. That of grpc-js takes each
 * message through a dozen closures, promises and turns of the event loop; here those that come together stay together.
 */
export type GrpcConnection = {
  open(call: GrpcCallOptions): GrpcCall;
  /** Lets calls under way end. */
  close(): void;
  destroy(): void;
};

export const openGrpcConnection = (options: GrpcConnectionOptions): GrpcConnection => {
  let node: Node | undefined;
  return {
    open: (call) => {
      if (node === undefined || node.session.closed || node.session.destroyed) node = connectTo(options);
      return openCall(node, call);
    },
    close: () => node?.session.close(),
    destroy: () => node?.session.destroy(),
  };
};

type Node = {
  readonly session: ClientHttp2Session;
  /** Why the connection was lost. */
  trouble?: Error;
};

const connectTo = ({ address, tls, keepAliveMs, keepAliveTimeoutMs }: GrpcConnectionOptions): Node => {
  const session = connect(`${tls === undefined ? 'http' : 'https'}://${address}`, {
    ...tls,
    // By default a session ends itself once it holds 10 MB.
    maxSessionMemory: Number.MAX_SAFE_INTEGER,
  });
  const node: Node = { session };
  session.on('error', (error) => {
    node.trouble = error;
  });
  let isAsked = false;
  const rest = (ms: number): void => void session.setTimeout(ms);
  session.on('timeout', () => {
    if (isAsked || !session.ping(answered)) return void session.destroy(new Error('the node is silent'));
    isAsked = true;
    rest(keepAliveTimeoutMs);
  });
  const answered = (): void => {
    isAsked = false;
    if (!session.destroyed) rest(keepAliveMs);
  };
  rest(keepAliveMs);
  return node;
};

const openCall = (node: Node, { path, headers, by, onMessages, onEnd }: GrpcCallOptions): GrpcCall => {
  const stream = node.session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  const unframe = createUnframe();
  let outgoing: Buffer[] = [];
  let incoming: Buffer[] = [];
  let failure: ServiceError | undefined;
  let isAnswered = false;
  let isOver = false;

  const flush = (): void => {
    const framed = outgoing;
    outgoing = [];
    if (!stream.destroyed && framed.length > 0) stream.write(framed.length === 1 ? framed[0] : Buffer.concat(framed));
  };
  const hand = (): void => {
    const chunks = incoming;
    incoming = [];
    if (isOver || chunks.length === 0) return;
    const messages = unframe(chunks);
    if (messages === undefined) {
      failure = grpcError(status.INTERNAL, 'a message that is compressed or too large');
      stream.close(constants.NGHTTP2_CANCEL);
    } else if (messages.length > 0) onMessages(messages);
  };
  const answered = (answer: StatusHeaders): void => {
    failure = failureIn(answer);
    isAnswered = true;
  };

  stream.on('response', (response, flags) => {
    const isLast = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    if (isLast || response[':status'] !== 200) answered(response);
  });
  stream.on('trailers', answered);
  stream.on('data', (chunk: Buffer) => {
    const isFirst = incoming.push(chunk) === 1;
    if (by === 'frame') hand();
    else if (isFirst) setImmediate(hand);
  });
  // Else a call that both sides send to would stay open after its answer.
  stream.on('end', () => void stream.end());
  stream.on('error', () => {});
  stream.on('close', () => {
    setImmediate(() => {
      hand();
      if (isOver) return;
      isOver = true;
      onEnd(failure ?? (isAnswered ? undefined : lost(node, stream)));
    });
  });

  return {
    send: (framed) => {
      if (outgoing.push(framed) === 1) process.nextTick(flush);
    },
    end: (framed) => void stream.end(framed),
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    cancel: () => {
      isOver = true;
      stream.close(constants.NGHTTP2_CANCEL);
    },
  };
};

/** Puts chunks together and takes messages out of them; undefined for one that can't be read. */
const createUnframe = (): ((chunks: readonly Buffer[]) => Buffer[] | undefined) => {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  let neededBytes = FRAME_BYTES;
  return (chunks) => {
    for (const chunk of chunks) {
      kept.push(chunk);
      keptBytes += chunk.length;
    }
    const messages: Buffer[] = [];
    if (keptBytes < neededBytes) return messages;
    const [first = Buffer.alloc(0)] = kept;
    const all = kept.length === 1 ? first : Buffer.concat(kept, keptBytes);
    let at = 0;
    for (;;) {
      neededBytes = FRAME_BYTES;
      if (all.length - at < neededBytes) break;
      const length = all.readUInt32BE(at + 1);
      if (all[at] !== 0 || length > MOST_RECEIVED_BYTES) return undefined;
      neededBytes += length;
      if (all.length - at < neededBytes) break;
      messages.push(all.subarray(at + FRAME_BYTES, at + neededBytes));
      at += neededBytes;
    }
    kept = at < all.length ? [all.subarray(at)] : [];
    keptBytes = all.length - at;
    return messages;
  };
};

export const grpcError = (code: status, details: string, metadata = new Metadata()): ServiceError =>
  Object.assign(new Error(`${code} ${status[code]}: ${details}`), { code, details, metadata });

type StatusHeaders = Parameters<typeof Metadata.fromHttp2Headers>[0];

/** What the headers at the end of a call say that it failed with. */
const failureIn = (headers: StatusHeaders): ServiceError | undefined => {
  const code = headers['grpc-status'];
  if (code === undefined) {
    const http = Number(headers[':status']);
    return grpcError(STATUS_OF_HTTP[http] ?? status.UNKNOWN, `Received HTTP status code ${http}`);
  }
  if (Number(code) === status.OK) return undefined;
  return grpcError(Number(code), decoded(String(headers['grpc-message'] ?? '')), Metadata.fromHttp2Headers(headers));
};

const decoded = (message: string): string => {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
};

const STATUS_OF_HTTP: Readonly<Record<number, status>> = {
  400: status.INTERNAL,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.UNIMPLEMENTED,
  429: status.UNAVAILABLE,
  502: status.UNAVAILABLE,
  503: status.UNAVAILABLE,
  504: status.UNAVAILABLE,
};

/** The failure of a call that ended without a word. */
const lost = ({ session, trouble }: Node, { rstCode }: ClientHttp2Stream): ServiceError => {
  if (session.destroyed || session.closed || rstCode === constants.NGHTTP2_REFUSED_STREAM) {
    return grpcError(status.UNAVAILABLE, `the connection was lost: ${trouble?.message ?? 'the node closed it'}`);
  }
  const code = rstCode === constants.NGHTTP2_CANCEL ? status.CANCELLED : status.INTERNAL;
  return grpcError(code, `Received RST_STREAM with code ${rstCode}`);
};
