import { LRUCache } from 'lru-cache';
import { DomainError } from '../../domain/domain-error.ts';
import type { ApiToken, EndedSessions } from '../../domain/events/index.ts';
import type { SessionOwner } from '../../domain/session.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { type TimeLimit, withTimeout } from '../../runtime/timeout.ts';

/** Finds an API token by id; `undefined` if there is none. @throws DomainError LOG_UNAVAILABLE, STARTING */
export type FindToken = (tokenId: number) => Promise<ApiToken | undefined>;
/** Finds a caller's sessions that were ended before they expired. @throws DomainError LOG_UNAVAILABLE, STARTING */
export type FindEndedSessions = (owner: SessionOwner) => Promise<EndedSessions | undefined>;

/** Maximum age of a lookup: this long after a revocation was recorded, every process rejects the credential. */
const FRESH_MS = 1_000;
/** Otherwise reads, such as of a probe with a token, would wait for the log as long as a change. */
const MAX_READ_MS = 3_000;
/** Limited, because callers can invent ids. */
const MAX_KNOWN = 10_000;

type Read<T> = {
  readonly found: Promise<T | undefined>;
  readonly signedInAtMs: number;
  hasFailed: boolean;
  /** The result of this read or, while it runs, of the previous one. */
  last: T | undefined;
};

export type LogLookup<K, T> = {
  readonly find: (key: K) => Promise<T | undefined>;
  /** The last result, without waiting. An unknown one is read in the background and kept while the log is unavailable. */
  readonly peek: (key: K) => T | undefined;
  /** Forces a read at the next request, because this process has changed it. */
  readonly forget: (key: K) => void;
  /** Sets the reader when the log is open. */
  readFrom(read: (key: K) => Promise<T | undefined>): void;
};

/**
 * Looks up the events that decide about credentials: each at most once a second, from the last event of its own stream. So
 * no table can be behind.
 * @param what describes the lookup in messages
 */
export const createLogLookup = <K, T>(what: string, { clock, timers }: Runtime): LogLookup<K, T> => {
  const reads = new LRUCache<string, Read<T>>({ max: MAX_KNOWN });
  let readLog: (key: K) => Promise<T | undefined> = async () => {
    throw new DomainError('STARTING', `the service is starting: ${what} cannot be checked yet`);
  };

  const limit: TimeLimit<never> = {
    limitMs: MAX_READ_MS,
    late: () => {
      throw new DomainError('LOG_UNAVAILABLE', `the log did not respond, so ${what} cannot be checked: retry`);
    },
  };

  const begin = (name: string, key: K): Read<T> => {
    const read: Read<T> = {
      found: withTimeout(timers, limit, readLog(key)),
      signedInAtMs: clock.monotonic(),
      hasFailed: false,
      last: reads.get(name)?.last,
    };
    read.found.then(
      (found) => {
        read.last = found;
      },
      // The caller gets the error; the next caller reads again.
      () => {
        read.hasFailed = true;
      },
    );
    reads.set(name, read);
    return read;
  };
  const freshOf = (name: string): Read<T> | undefined => {
    const read = reads.get(name);
    return read !== undefined && clock.monotonic() - read.signedInAtMs < FRESH_MS ? read : undefined;
  };

  return {
    find: (key) => {
      const name = JSON.stringify(key);
      const fresh = freshOf(name);
      return (fresh === undefined || fresh.hasFailed ? begin(name, key) : fresh).found;
    },
    peek: (key) => {
      const name = JSON.stringify(key);
      return (freshOf(name) ?? begin(name, key)).last;
    },
    forget: (key) => {
      reads.delete(JSON.stringify(key));
    },
    readFrom: (read) => {
      readLog = read;
    },
  };
};
