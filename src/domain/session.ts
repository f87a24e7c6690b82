import { defined } from './defined.ts';
import type { EndedSessions, EventOf } from './events/index.ts';
import { type Tenant, toInstant, toMs } from './values.ts';

/** The part of a session that determines whether it has ended. */
export type SessionSpan = { readonly sessionId: string; readonly signedInAtMs: number; readonly expiresAtMs: number };

export type SessionOwner = { readonly tenant: Tenant; readonly callerId: string | number };

/** Returns whether a session was ended before it expired. */
export const hasBeenEnded = ({ sessionId, signedInAtMs }: SessionSpan, ended: EndedSessions | undefined): boolean =>
  ended !== undefined &&
  (signedInAtMs <= untilMs(ended) || ended.signedOut.some((session) => session.sessionId === sessionId));

/** Beyond this number of signed-out sessions, all that began up to the oldest of them end. */
const MAX_SIGNED_OUT = 100;

/** Ends one session; records nothing if it has ended or expired. */
export const decideEndSession = (
  { tenant, callerId, ...session }: SessionOwner & SessionSpan,
  existing: EndedSessions | undefined,
  nowMs: number,
): EventOf<'SessionEnded'>[] => {
  if (hasBeenEnded(session, existing) || session.expiresAtMs <= nowMs) return [];
  const { sessionId, signedInAtMs, expiresAtMs } = session;
  const signedOut = [
    ...(existing?.signedOut ?? []).filter(({ expiresAt }) => toMs(expiresAt) > nowMs),
    { sessionId, signedInAt: toInstant(signedInAtMs), expiresAt: toInstant(expiresAtMs) },
  ].sort((one, other) => toMs(one.signedInAt) - toMs(other.signedInAt));
  const surplus = signedOut.splice(0, signedOut.length - MAX_SIGNED_OUT);
  const signedInUntil = surplus.at(-1)?.signedInAt ?? existing?.signedInUntil;
  return [
    {
      type: 'SessionEnded',
      data: { tenant, callerId, ...defined({ signedInUntil }), signedOut },
    },
  ];
};

/** Ends all current sessions of a user. */
export const decideEndSessions = (owner: SessionOwner, nowMs: number): EventOf<'SessionsEnded'>[] => [
  { type: 'SessionsEnded', data: { ...owner, signedInUntil: toInstant(nowMs), signedOut: [] } },
];

const untilMs = ({ signedInUntil }: EndedSessions): number =>
  signedInUntil === undefined ? Number.NEGATIVE_INFINITY : toMs(signedInUntil);
