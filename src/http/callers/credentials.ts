import type { IncomingMessage } from 'node:http';
import { parseCookie } from 'cookie';
import { DomainError } from '../../domain/domain-error.ts';

export type Credential = { readonly token: string; readonly from: 'header' | 'cookie' };

const BEARER = /^bearer +([^\s,]+) *$/i;

/**
 * The single credential of a request.
 * @throws DomainError NOT_AUTHENTICATED without one, TOKEN_REJECTED if there are several or it is no bearer token
 */
export const credentialOf = (request: IncomingMessage, sessionCookie: string): Credential => {
  const fromHeader = bearerTokenOf(request);
  const fromCookie = cookieOf(request, sessionCookie);
  if (fromHeader !== undefined && fromCookie !== undefined && fromHeader !== fromCookie) throw ambiguous();
  if (fromHeader !== undefined) return { token: fromHeader, from: 'header' };
  if (fromCookie !== undefined) return { token: fromCookie, from: 'cookie' };
  throw new DomainError('NOT_AUTHENTICATED', 'a bearer token or the session cookie is required');
};

/** The bearer token of a request. @throws DomainError NOT_AUTHENTICATED, TOKEN_REJECTED */
export const bearerTokenFrom = (request: IncomingMessage): string => {
  const token = bearerTokenOf(request);
  if (token === undefined) throw new DomainError('NOT_AUTHENTICATED', 'a bearer token is required');
  return token;
};

const ambiguous = (): DomainError =>
  new DomainError('TOKEN_REJECTED', 'the request has more than one credential: send one');

const bearerTokenOf = ({ headersDistinct }: IncomingMessage): string | undefined => {
  const [value, ...others] = headersDistinct.authorization ?? [];
  if (value === undefined) return undefined;
  if (others.length > 0) throw ambiguous();
  const [, token] = BEARER.exec(value) ?? [];
  if (token === undefined) throw new DomainError('TOKEN_REJECTED', 'the Authorization header has no bearer token');
  return token;
};

const cookiesOf = ({ headersDistinct }: IncomingMessage): readonly ReturnType<typeof parseCookie>[] =>
  (headersDistinct.cookie ?? []).flatMap((header) => header.split(';')).map((pair) => parseCookie(pair));

/** The names of a request's cookies, in order. */
export const cookieNames = (request: IncomingMessage): readonly string[] => cookiesOf(request).flatMap(Object.keys);

/**
 * The value of a cookie; `undefined` if it is empty. Rejects a cookie with two different values.
 * @throws DomainError TOKEN_REJECTED
 */
export const cookieOf = (request: IncomingMessage, name: string): string | undefined => {
  const values = new Set(
    cookiesOf(request)
      .map((pair) => pair[name])
      .filter((value) => value !== undefined),
  );
  if (values.size > 1) throw ambiguous();
  const [value] = values;
  return value === '' ? undefined : value;
};
