import { computed, signal } from '@preact/signals';
import { answerOf, api, done } from './client.ts';
import { connection } from './connection.ts';
import { Problem, Unreachable } from './problem.ts';
import { queryClient } from './queries.ts';
import { rememberedSession, rememberSession, type Session } from './remembered-session.ts';
import type { Session as SessionAnswer } from './schema.ts';

export type Permission = Session['permissions'][number];

/** undefined: not known yet; null: nobody is signed in. */
const current = signal<Session | null | undefined>(undefined);
const ways = signal<SessionAnswer['signIn']>([]);
/** Who is signed in is only remembered, and the service has not said it yet. */
const isRecalled = signal(false);
const failure = signal<Error | undefined>(undefined);
const linkToken = signal<string | undefined>(undefined);

/** Asks who is signed in. */
const load = async (): Promise<void> => {
  try {
    const { session: found, signIn } = await answerOf(api.GET('/session', {}));
    ways.value = signIn;
    // Where nothing has changed, nothing is rendered anew.
    if (JSON.stringify(found) !== JSON.stringify(current.value)) current.value = found;
    rememberSession(found);
    isRecalled.value = false;
    failure.value = undefined;
    if (found !== null) connection.expired.value = false;
  } catch (error) {
    failure.value = error instanceof Error ? error : new Error(String(error));
    if (isRecalled.value) current.value = undefined;
    isRecalled.value = false;
  }
};

/**
 * Takes who was signed in when the page was loaded before to be signed in still, until `load` says it: so a page need not
 * wait for that. What it asks for meanwhile is answered by the cookie all the same.
 * @returns whether anybody is remembered
 */
const recall = (nowMs: number): boolean => {
  current.value = rememberedSession(nowMs);
  isRecalled.value = current.value !== undefined;
  return isRecalled.value;
};

/** Before the browser leaves the page for signing out. */
const forget = (): void => rememberSession(null);

/** Who looks at the page, and what they may do. */
export const session = {
  current,
  /** The ways to sign in that the service offers. */
  ways,
  /** Why it is not known who is signed in. */
  failure,
  /** Somebody was signed in, and the service knows them no more. */
  hasEnded: computed(
    () => connection.expired.value && !isRecalled.value && current.value !== null && current.value !== undefined,
  ),
  load,
  recall,
  forget,
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
    forget();
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
