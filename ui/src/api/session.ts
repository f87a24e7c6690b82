import { computed, signal } from '@preact/signals';
import type { Session as SessionAnswer } from '../../../src/client/schema.ts';
import { answerOf, api, done, holderOf } from './client.ts';
import { connection } from './connection.ts';
import { queryClient } from './queries.ts';
import { rememberedSession, rememberSession, type Session } from './remembered-session.ts';

/** The token of a link that somebody opened, and whom it is of. */
export type SignInLink = { readonly token: string; readonly holder: Session };

export type Permission = Session['permissions'][number];

/** undefined: not known yet; null: no one is signed in. */
const current = signal<Session | null | undefined>(undefined);
const ways = signal<SessionAnswer['signIn']>([]);
/** Who is signed in is only remembered, and the service has not said it yet. */
const isRecalled = signal(false);
const failure = signal<Error | undefined>(undefined);
const link = signal<SignInLink | undefined>(undefined);

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
  /** Somebody who opened a link with a token is asked first. */
  link,
  forgetLink: (): void => {
    link.value = undefined;
  },
  /** @throws Problem, Unreachable */
  signIn: async (token: string): Promise<void> => {
    await done(api.POST('/session', { headers: { Authorization: `Bearer ${token}` } }));
    // Not cleared: what is shown would keep questions that nobody asks again.
    void queryClient.resetQueries();
    await load();
  },
  signOut: async (): Promise<void> => {
    await done(api.DELETE('/session', {}));
    forget();
    queryClient.clear();
    current.value = null;
  },
  /** What a user may not do is not offered. The service rejects it all the same. */
  may: (permission: Permission): boolean => current.value?.permissions.includes(permission) ?? false,
};

const LINK = /^#token=(.+)$/;

/**
 * Takes the token of a link, which the address then says no more. A link on another site must not make somebody act as
 * another, so the page asks before it signs in.
 * @returns why the link cannot sign in
 */
export const takeLink = async (): Promise<string | undefined> => {
  const [, written] = LINK.exec(location.hash) ?? [];
  if (written === undefined) return undefined;
  history.replaceState(history.state, '', location.pathname + location.search);
  const token = decodeURIComponent(written);
  try {
    const holder = await holderOf(token);
    if (holder !== null) link.value = { token, holder };
    return undefined;
  } catch (error) {
    return `That sign-in link doesn't work: ${error instanceof Error ? error.message : String(error)}. Request a new link, or sign in with a token.`;
  }
};
