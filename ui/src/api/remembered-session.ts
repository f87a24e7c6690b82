import type { Session as SessionAnswer } from '../../../packages/client/src/schema.ts';
import { keep, readKept } from './kept.ts';

export type Session = NonNullable<SessionAnswer['session']>;

const NAME = 'session';

/** Remembers the signed-in user for the next load of the page; null for none. */
export const rememberSession = (session: Session | null): void =>
  keep(NAME, session === null ? undefined : JSON.stringify(session));

/** The last known signed-in user; `undefined` if unknown or expired. */
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

/** Data stored by another version may lack fields. */
const isSession = (value: unknown): value is Session =>
  typeof value === 'object' &&
  value !== null &&
  ['user', 'tenant', 'signedInBy'].every((name) => typeof Reflect.get(value, name) === 'string') &&
  ['permissions', 'roles'].every((name) => Array.isArray(Reflect.get(value, name)));
