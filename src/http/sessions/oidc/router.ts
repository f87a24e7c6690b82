import type { Request } from 'express';
import { z } from 'zod';
import { defined } from '../../../domain/defined.ts';
import { DomainError } from '../../../domain/domain-error.ts';
import { PERMISSIONS } from '../../../domain/permissions.ts';
import { identityOfUser } from '../../callers/authenticate.ts';
import type { ApiContext, OidcSignIn } from '../../context.ts';
import { sendPage } from '../../responses/reject.ts';
import { send } from '../../responses/response.ts';
import { type OpenRoute, PREFIX } from '../../route.ts';
import { readClaims, subjectOf, tokenClaims } from '../../tokens/verify-token.ts';
import { validate } from '../../validate.ts';
import { SIGN_OUT_PROBLEMS, signOut } from '../router.ts';
import { fitsInCookie, sessionCookie, type UserSession } from '../session.ts';
import { ReturnTo } from './handshakes.ts';

/** Where the provider redirects browsers to. */
export const CALLBACK_PATH = `${PREFIX}/sign-in/callback`;
/** The default page after sign-in. */
const HOME_PAGE = `${PREFIX}/ui`;
const SignInQuery = z.strictObject({
  returnTo: ReturnTo.default(HOME_PAGE).meta({
    description: 'A path of this service that the browser opens afterwards',
  }),
});
const CallbackQuery = z.object({
  state: z.string().optional(),
  code: z.string().optional(),
  error: z.string().optional(),
});

const NO_PROVIDER = 'No identity provider is set up';
const AWAY = 'The identity provider is unavailable: retry after Retry-After';

/** `/sign-in`, its callback and `/sign-out`: browsers follow them, and get pages. */
export const signInRoutes = (context: ApiContext): OpenRoute[] => {
  const { sessions, clock } = context;
  const oidcOrReject = (): OidcSignIn => {
    if (sessions.oidc !== undefined) return sessions.oidc;
    throw new DomainError('ROUTE_NOT_FOUND', 'no identity provider is set up: the operator sets OIDC_ISSUER');
  };
  return [
    {
      method: 'get',
      path: '/sign-in',
      operationId: 'signInAtProvider',
      summary: 'Sends a browser to the identity provider to sign in',
      tag: 'session',
      query: SignInQuery,
      responses: { 303: 'Redirects to the identity provider, with a cookie for the return' },
      problems: { 400: '`returnTo` is not a path of this service', 404: NO_PROVIDER, 503: AWAY },
      serve: async (request, response) => {
        const { handshakes, provider } = oidcOrReject();
        const { returnTo } = validate('BAD_INPUT', SignInQuery, request.query);
        const { handshake, cookies } = await handshakes.begin(request, returnTo);
        const location = await provider.authorizationUrl(handshake);
        response.setHeader('Set-Cookie', cookies);
        send(response, { status: 303, headers: { Location: location.href } });
      },
    },
    {
      method: 'get',
      path: '/sign-in/callback',
      operationId: 'endSignIn',
      summary:
        'Completes the sign-in when the identity provider sends the browser back: sets the session cookie and redirects to `returnTo`',
      tag: 'session',
      query: CallbackQuery,
      result: z.string(),
      mediaType: 'text/html',
      responses: { 200: 'A page that continues automatically' },
      problems: {
        401: 'The provider rejected the sign-in, or its response belongs to another browser',
        404: NO_PROVIDER,
        503: AWAY,
      },
      serve: async (request, response) => {
        const oidc = oidcOrReject();
        const ended = await oidc.handshakes.end(request, request.query.state);
        if (ended === undefined) throw noHandshake();
        const { begun, cookie } = ended;
        response.setHeader('Set-Cookie', cookie);
        const claims = await oidc.provider.claimsOf(queryOf(request), begun);
        const session = sessionOf(claims, oidc);
        const value = await sessions.seal.begin(session, clock.now() + oidc.sessionMs);
        if (!fitsInCookie(value)) {
          throw new DomainError('SIGN_IN_REJECTED', 'the user has too many roles and applications for a cookie');
        }
        response.setHeader('Set-Cookie', [cookie, sessionCookie(value, oidc.sessionMs / 1_000, sessions.cookie)]);
        const href = new URL(begun.returnTo, oidc.publicUrl).href;
        sendPage(response, {
          status: 200,
          title: 'Signed in',
          text: `You are signed in as ${session.user}.`,
          link: { href, text: 'Continue' },
          goesOn: true,
        });
      },
    },
    {
      method: 'post',
      path: '/sign-out',
      operationId: 'signOutEverywhere',
      summary: 'Ends the session and redirects the browser to the identity provider to sign out there as well',
      tag: 'session',
      result: z.string(),
      mediaType: 'text/html',
      responses: { 200: 'A page that continues automatically' },
      problems: SIGN_OUT_PROBLEMS,
      serve: async (request, response) => {
        const identity = await signOut(context, { request, response });
        const elsewhere = identity?.signedIn.by === 'oidc' ? await signOutElsewhere(sessions.oidc) : undefined;
        sendPage(response, {
          status: 200,
          title: 'Signed out',
          text: 'You have signed out of Carillon.',
          ...(elsewhere === undefined
            ? { link: { href: HOME_PAGE, text: 'Sign in again' } }
            : { link: { href: elsewhere.href, text: 'Also sign out of the identity provider' }, goesOn: true }),
        });
      },
    },
  ];
};

const noHandshake = (): DomainError =>
  new DomainError(
    'SIGN_IN_REJECTED',
    'this browser did not start this sign-in, started it more than 10 minutes ago, or has finished it: sign in again',
  );

/** The query as it was sent. */
const queryOf = ({ originalUrl }: Request): string => originalUrl.split('?').slice(1).join('?');

/** The provider's own names and times have been checked. */
const IdTokenClaims = tokenClaims({});
const SessionPermissions = z.enum(PERMISSIONS);

/**
 * A session of a user, from the relevant claims.
 * @throws DomainError TOKEN_REJECTED
 */
const sessionOf = (claims: Readonly<Record<string, unknown>>, oidc: OidcSignIn): UserSession => {
  const { user, sub, tenant, permissions, roles, applications } = subjectOf(readClaims(IdTokenClaims, claims), oidc);
  const session: UserSession = defined({
    by: 'oidc',
    user,
    sub,
    tenant,
    permissions: permissions.flatMap((permission) => SessionPermissions.safeParse(permission).data ?? []),
    roles: roles.filter((role) => Object.hasOwn(oidc.rolePermissions, role)),
    applications: applications && [...applications],
  });
  identityOfUser(session, oidc);
  return session;
};

/** The provider's sign-out page; `undefined` if it is unavailable. */
const signOutElsewhere = async (oidc: OidcSignIn | undefined): Promise<URL | undefined> => {
  try {
    return await oidc?.provider.endSessionUrl(`${oidc.publicUrl}${HOME_PAGE}`);
  } catch {
    // The session here has ended anyway.
    return undefined;
  }
};
