import type { Request, Response } from 'express';
import { DomainError } from '../../domain/domain-error.ts';
import { withTimeout } from '../../runtime/timeout.ts';
import { requireSameOrigin } from '../callers/authenticate.ts';
import type { Identity } from '../callers/authorize.ts';
import { cookieOf } from '../callers/credentials.ts';
import type { ApiContext } from '../context.ts';
import { correlationOf } from '../request-facts.ts';
import { CHANGE_LIMIT } from '../time-limits.ts';
import { endedSessionCookie } from './session.ts';

/** What the API's description has of routes that sign out. */
export const SIGN_OUT_PROBLEMS = {
  403: 'The request does not come from a page of the same origin',
  503: 'The cookie is cleared, but the log does not respond, so copies of the cookie may still work',
};

type Exchange = { readonly request: Request; readonly response: Response };

/**
 * Signs a browser out: its session ends, wherever the cookie was copied to, and the cookie is cleared.
 * @returns who was signed in; undefined where nobody was
 * @throws DomainError CROSS_ORIGIN; LOG_UNAVAILABLE and STARTING where the cookie is cleared and the session may go on
 */
export const signOut = async (
  { sessions: { identify, cookie, forgetEnded }, commands, timers }: ApiContext,
  { request, response }: Exchange,
): Promise<Identity | undefined> => {
  requireSameOrigin(request, cookie.publicUrl);
  response.setHeader('Set-Cookie', endedSessionCookie(cookie));
  const token = cookieOf(request, cookie.sessionCookie);
  const identity =
    token === undefined ? undefined : await identify({ token, from: 'cookie' }).catch(undefinedIfRejected);
  if (identity?.session !== undefined) {
    const { tenant, actor, callerId, session } = identity;
    const context = { tenant, actor, correlationId: correlationOf(response) };
    await withTimeout(timers, CHANGE_LIMIT, commands.endSession(context, callerId, session));
    forgetEnded({ tenant, callerId });
  }
  return identity;
};

const undefinedIfRejected = (error: unknown): undefined => {
  if (error instanceof DomainError && error.code === 'TOKEN_REJECTED') return undefined;
  throw error;
};
