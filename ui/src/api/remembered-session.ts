import type { Session as SessionAnswer } from '../../../src/client/schema.ts';
import { keep, readKept } from './kept.ts';

export type Session = NonNullable<SessionAnswer['session']>;

const NAME = 'session';

/** Remembers who is signed in, for the next time that the page is loaded; null for nobody. */
export const rememberSession = (session: Session | null): void =>
  keep(NAME, session === null ? undefined : JSON.stringify(session));

/** Who was signed in when this was known last; undefined where that is not known, or has ended by now. */
export const rememberedSession = (nowMs: number): Session | undefined => {
  const session = parsed(readKept(NAME) ?? '');
  if (!isSession(session)) return undefined;
  return session.expiresAt !== undefined && Date.parse(session.expiresAt) <= nowMs ? undefined : session;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What another release of the page has kept may lack something. */
const isSession = (value: unknown): value is Session =>
  typeof value === 'object' &&
  value !== null &&
  ['user', 'tenant', 'signedInBy'].every((name) => typeof Reflect.get(value, name) === 'string') &&
  ['permissions', 'roles'].every((name) => Array.isArray(Reflect.get(value, name)));
