import { LRUCache } from 'lru-cache';
import { DomainError } from '../../domain/domain-error.ts';
import type { ApiToken, EndedSessions } from '../../domain/events/index.ts';
import type { SessionOwner } from '../../domain/session.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import { type TimeLimit, withTimeout } from '../../runtime/timeout.ts';

/** Finds an API token by its id; undefined where there is none. @throws DomainError LOG_UNAVAILABLE, STARTING */
export type FindToken = (tokenId: number) => Promise<ApiToken | undefined>;
/** Finds which sessions of a caller have ended before their time. @throws DomainError LOG_UNAVAILABLE, STARTING */
export type FindEndedSessions = (owner: SessionOwner) => Promise<EndedSessions | undefined>;

/**
 * A credential is judged by what the log said less than this long ago, so in every process a request that comes this
 * long after a revocation was recorded is rejected.
 */
const FRESH_MS = 1_000;
/** What else would wait for the log as long as a change does, such as a probe with a token. */
const MAX_READ_MS = 3_000;
/** Callers can invent ids at will. */
const MAX_KNOWN = 10_000;

type Read<T> = {
  readonly found: Promise<T | undefined>;
  readonly signedInAtMs: number;
  hasFailed: boolean;
  /** What this read found or, until it has, the one before. */
  last: T | undefined;
};

export type LogLookup<K, T> = {
  readonly find: (key: K) => Promise<T | undefined>;
  /** What was found last. Waits for nothing: what is not known yet is known soon, and goes on to be while the log is away. */
  readonly peek: (key: K) => T | undefined;
  /** Reads it anew for the next request: this process has just changed it. */
  readonly forget: (key: K) => void;
  /** Says how it is read from the log, once the log is open. */
  readFrom(read: (key: K) => Promise<T | undefined>): void;
};

/**
 * Looks up in the log what credentials are judged by: each at most once a second, by the last event of its own stream.
 * So there is no table that could be behind.
 * @param what what is looked up, for people
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
      // Its caller meets the error; the next caller reads again.
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
