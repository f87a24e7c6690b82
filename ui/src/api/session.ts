import { computed, signal } from '@preact/signals';
import { answerOf, api, done } from './client.ts';
import { connection } from './connection.ts';
import { Problem, Unreachable } from './problem.ts';
import { queryClient } from './queries.ts';
import type { Session as SessionAnswer } from './schema.ts';

export type Session = NonNullable<SessionAnswer['session']>;
export type Permission = Session['permissions'][number];

/** undefined: not known yet; null: nobody is signed in. */
const current = signal<Session | null | undefined>(undefined);
const ways = signal<SessionAnswer['signIn']>([]);
const failure = signal<Error | undefined>(undefined);
const linkToken = signal<string | undefined>(undefined);

/** Asks who is signed in. */
const load = async (): Promise<void> => {
  try {
    const { session: found, signIn } = await answerOf(api.GET('/session', {}));
    ways.value = signIn;
    current.value = found;
    failure.value = undefined;
    if (found !== null) connection.expired.value = false;
  } catch (error) {
    failure.value = error instanceof Error ? error : new Error(String(error));
  }
};

/** Who looks at the page, and what they may do. */
export const session = {
  current,
  /** The ways to sign in that the service offers. */
  ways,
  /** Why it is not known who is signed in. */
  failure,
  /** Somebody was signed in, and the service knows them no more. */
  hasEnded: computed(() => connection.expired.value && current.value !== null && current.value !== undefined),
  load,
  /** The token of a link that somebody opened who is signed in: they are asked first. */
  linkToken,
  forgetLink: (): void => {
    linkToken.value = undefined;
  },
  /** @throws Problem, Unreachable */
  signIn: async (token: string): Promise<void> => {
    await done(api.POST('/session', { headers: { Authorization: `Bearer ${token}` } }));
    queryClient.clear();
    await load();
  },
  signOut: async (): Promise<void> => {
    await done(api.DELETE('/session', {}));
    queryClient.clear();
    current.value = null;
  },
  /** What a user may not do is not offered. The service refuses it all the same. */
  may: (permission: Permission): boolean => current.value?.permissions.includes(permission) ?? false,
};

const LINK = /^#token=(.+)$/;

/**
 * Signs in by the token of a link, which the address then says no more. Where somebody is signed in, they are asked first.
 * @returns why the link did not sign in
 */
export const signInByLink = async (): Promise<string | undefined> => {
  const [, token] = LINK.exec(location.hash) ?? [];
  if (token === undefined) return undefined;
  history.replaceState(history.state, '', location.pathname + location.search);
  await load();
  if (current.value !== null && current.value !== undefined) {
    linkToken.value = decodeURIComponent(token);
    return undefined;
  }
  try {
    await session.signIn(decodeURIComponent(token));
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return `The link does not sign in: ${error.message}`;
    if (error instanceof Unreachable) return error.message;
    throw error;
  }
};
