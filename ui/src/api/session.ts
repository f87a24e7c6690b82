import { computed, signal } from '@preact/signals';
import type { Session as SessionAnswer } from '../../../packages/client/src/schema.ts';
import { api, dataOf, done, holderOf } from './client.ts';
import { connection } from './connection.ts';
import { queryClient } from './queries.ts';
import { rememberedSession, rememberSession, type Session } from './remembered-session.ts';

/** The token of an opened sign-in link, and its holder. */
export type SignInLink = { readonly token: string; readonly holder: Session };

export type Permission = Session['permissions'][number];

/** `undefined`: unknown yet; null: not signed in. */
const current = signal<Session | null | undefined>(undefined);
const ways = signal<SessionAnswer['signIn']>([]);
/** The user is only remembered, not confirmed by the service yet. */
const isRecalled = signal(false);
const failure = signal<Error | undefined>(undefined);
const link = signal<SignInLink | undefined>(undefined);

const load = async (): Promise<void> => {
  try {
    const { session: found, signIn } = await dataOf(api.GET('/session', {}));
    ways.value = signIn;
    // Avoids rendering without a change.
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
 * Assumes that the remembered user is still signed in until `load` confirms it, so that the page need not wait. The cookie
 * authenticates all requests anyway.
 * @returns whether a user is remembered
 */
const recall = (nowMs: number): boolean => {
  current.value = rememberedSession(nowMs);
  isRecalled.value = current.value !== undefined;
  return isRecalled.value;
};

/** Called before the browser leaves the page to sign out. */
const forget = (): void => rememberSession(null);

/** The user and their permissions. */
export const session = {
  current,
  ways,
  /** Why the signed-in user is unknown. */
  failure,
  /** The user was signed in, and the service no longer recognizes the session. */
  hasEnded: computed(
    () => connection.expired.value && !isRecalled.value && current.value !== null && current.value !== undefined,
  ),
  load,
  recall,
  forget,
  /** A sign-in link that needs confirmation. */
  link,
  forgetLink: (): void => {
    link.value = undefined;
  },
  /** @throws Problem, Unreachable */
  signIn: async (token: string): Promise<void> => {
    await done(api.POST('/session', { headers: { Authorization: `Bearer ${token}` } }));
    // Not cleared: visible data would keep queries that are never refetched.
    void queryClient.resetQueries();
    await load();
  },
  signOut: async (): Promise<void> => {
    await done(api.DELETE('/session', {}));
    forget();
    queryClient.clear();
    current.value = null;
  },
  /** Whether the UI offers an action. The service checks permissions itself. */
  may: (permission: Permission): boolean => current.value?.permissions.includes(permission) ?? false,
};

const LINK = /^#token=(.+)$/;

/**
 * Takes the token of a link and removes it from the address. A link on another site must not sign a user in as someone else,
 * so the page asks for confirmation first.
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
