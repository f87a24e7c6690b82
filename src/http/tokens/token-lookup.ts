import type { ApiToken } from '../../domain/events/index.ts';
import { Refusal } from '../../domain/refusal.ts';
import { awaitWithin } from '../../within.ts';
import type { World } from '../../world.ts';

/** Finds an API token by its id; undefined where there is none. @throws Refusal LOG_UNAVAILABLE, STARTING */
export type FindToken = (tokenId: number) => Promise<ApiToken | undefined>;

/**
 * A token is judged by what the log said less than this long ago, so in every process a request that comes this long
 * after a revocation was recorded is refused.
 */
const FRESH_MS = 1_000;
/** What else would wait for the log as long as a change does, such as a probe with a token. */
const LONGEST_READ_MS = 3_000;
/** Callers can invent ids at will. */
const MOST_KNOWN = 10_000;

type Read = { readonly found: Promise<ApiToken | undefined>; readonly begunAtMs: number };

export type TokenLookup = {
  readonly find: FindToken;
  /** Says how a token is read from the log, once the log is open. */
  readFrom(read: FindToken): void;
};

/**
 * Looks API tokens up in the log: each at most once a second, by the last event of its own stream. So there is no table
 * that could be behind.
 */
export const createTokenLookup = ({ clock, timers }: Pick<World, 'clock' | 'timers'>): TokenLookup => {
  const reads = new Map<number, Read>();
  let readToken: FindToken = async () => {
    throw new Refusal('STARTING', 'the service is starting: API tokens cannot be checked yet');
  };

  const readInTime = async (tokenId: number): Promise<ApiToken | undefined> => {
    const outcome = await awaitWithin(
      timers,
      LONGEST_READ_MS,
      readToken(tokenId).then((token) => ({ token })),
    );
    if (outcome === undefined)
      throw new Refusal('LOG_UNAVAILABLE', 'the log has not answered: the token is not checked');
    return outcome.token;
  };

  const begin = (tokenId: number): Read => {
    const read = { found: readInTime(tokenId), begunAtMs: clock.monotonic() };
    // Its caller meets the error; the next caller reads again.
    read.found.catch(() => {
      if (reads.get(tokenId) === read) reads.delete(tokenId);
    });
    const [oldest] = reads.keys();
    if (reads.size >= MOST_KNOWN && oldest !== undefined) reads.delete(oldest);
    reads.set(tokenId, read);
    return read;
  };

  return {
    find: (tokenId) => {
      const known = reads.get(tokenId);
      if (known !== undefined && clock.monotonic() - known.begunAtMs < FRESH_MS) return known.found;
      reads.delete(tokenId);
      return begin(tokenId).found;
    },
    readFrom: (read) => {
      readToken = read;
    },
  };
};
