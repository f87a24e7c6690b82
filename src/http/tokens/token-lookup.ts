import type { ApiToken } from '../../domain/events/index.ts';
import type { World } from '../../runtime/world.ts';
import { createLogLookup, type FindToken } from '../log-lookup.ts';

/** So often at the most is the log asked which ids were given out, whatever ids strangers make up. */
const LOOK_EVERY_MS = 100;

export type TokenLookup = {
  readonly find: FindToken;
  /** Says how tokens are read from the log, and the last id that was given out to one, once the log is open. */
  readFrom(read: { token: FindToken; lastId: () => Promise<number> }): void;
};

/**
 * Looks up API tokens in the log. Ids are given out in order, so one beyond the last is not looked up: those who sent such
 * ids share one look at what was given out since, which begins after they came. So a token that another process has just
 * made is found, and tokens that are made up cost no read each.
 */
export const createTokenLookup = (world: Pick<World, 'clock' | 'timers'>): TokenLookup => {
  const tokens = createLogLookup<number, ApiToken>('API tokens', world);
  const ids = createLogLookup<'last', number>('API tokens', world);
  let lastId = 0;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  const look = async (): Promise<void> => {
    const waitMs = lookedAtMs + LOOK_EVERY_MS - world.clock.monotonic();
    // Whoever comes before the look begins shares it.
    await (waitMs > 0 ? world.timers.sleep(waitMs) : undefined);
    looking = undefined;
    lookedAtMs = world.clock.monotonic();
    ids.forget('last');
    lastId = (await ids.find('last')) ?? 0;
  };

  return {
    find: async (tokenId) => {
      if (tokenId > lastId) {
        looking ??= look();
        await looking;
      }
      return tokenId > lastId ? undefined : tokens.find(tokenId);
    },
    readFrom: ({ token, lastId: readLastId }) => {
      tokens.readFrom(token);
      ids.readFrom(readLastId);
    },
  };
};
