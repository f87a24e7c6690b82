import { defined } from './defined.ts';
import type { EndedSessions, EventOf } from './events/index.ts';
import { type Tenant, toInstant, toMs } from './values.ts';

/** The part of a session that says whether it has ended. */
export type SessionSpan = { readonly sessionId: string; readonly signedInAtMs: number; readonly expiresAtMs: number };

/** Whose sessions they are. */
export type SessionOwner = { readonly tenant: Tenant; readonly callerId: string | number };

/** Whether a session has ended before its time. */
export const hasBeenEnded = (
  { sessionId, signedInAtMs }: Pick<SessionSpan, 'sessionId' | 'signedInAtMs'>,
  ended: EndedSessions | undefined,
): boolean =>
  ended !== undefined &&
  (signedInAtMs <= untilMs(ended) || ended.signedOut.some((session) => session.sessionId === sessionId));

/** With more that were signed out of, all end that began until the oldest of them did. */
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

/** Ends all sessions of a user that have begun. */
export const decideEndSessions = (owner: SessionOwner, nowMs: number): EventOf<'SessionsEnded'>[] => [
  { type: 'SessionsEnded', data: { ...owner, signedInUntil: toInstant(nowMs), signedOut: [] } },
];

const untilMs = ({ signedInUntil }: EndedSessions): number =>
  signedInUntil === undefined ? Number.NEGATIVE_INFINITY : toMs(signedInUntil);
