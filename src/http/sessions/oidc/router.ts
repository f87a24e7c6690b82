import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { DomainError } from '../../../domain/domain-error.ts';
import { PERMISSIONS } from '../../../domain/permissions.ts';
import type { Clock } from '../../../runtime/runtime.ts';
import type { RolePermissions } from '../../callers/authorize.ts';
import { identityOfUser } from '../../callers/identify.ts';
import { PREFIX } from '../../prefix.ts';
import { sendPage } from '../../responses/html-page.ts';
import { rejectOtherMethods } from '../../responses/reject.ts';
import { readClaims, type SubjectRules, subjectOf, tokenClaims } from '../../tokens/claims.ts';
import { validate } from '../../validate.ts';
import { type CookieRules, fitsInCookie, type SessionSeal, sessionCookie, type UserSession } from '../session.ts';
import { type SignOutDeps, signOut } from '../sign-out.ts';
import { type Handshakes, ReturnTo } from './handshakes.ts';
import type { IdentityProvider } from './provider.ts';

/** How browsers sign in at an identity provider. */
export type OidcSignIn = SubjectRules & {
  readonly provider: IdentityProvider;
  readonly handshakes: Handshakes;
  readonly rolePermissions: RolePermissions;
  readonly sessionMs: number;
  /** Origin under which browsers reach this service. */
  readonly publicUrl: string;
};

export type SignInRouterDeps = SignOutDeps & {
  readonly sessions: {
    readonly seal: Pick<SessionSeal, 'begin'>;
    readonly cookie: CookieRules;
    /** Undefined: no provider is set up. */
    readonly oidc: OidcSignIn | undefined;
  };
  readonly clock: Pick<Clock, 'now'>;
};

/** Where the provider sends browsers back to. */
export const CALLBACK_PATH = `${PREFIX}/sign-in/callback`;
/** Where people are sent who named no other place. */
const HOME_PAGE = `${PREFIX}/ui`;
const SignInQuery = z.strictObject({ returnTo: ReturnTo.default(HOME_PAGE) });

/** `/sign-in`, its callback and `/sign-out`: browsers follow them, and get pages. */
export const signInRouter = (deps: SignInRouterDeps): Router => {
  const { sessions, clock } = deps;
  const router = Router({ caseSensitive: true });
  const oidcOrReject = (): OidcSignIn => {
    if (sessions.oidc !== undefined) return sessions.oidc;
    throw new DomainError('ROUTE_NOT_FOUND', 'no identity provider is set up: the operator sets OIDC_ISSUER');
  };

  router
    .route('/sign-in')
    .get(async (request, response) => {
      const { handshakes, provider } = oidcOrReject();
      const { returnTo } = validate('BAD_INPUT', SignInQuery, request.query);
      const { handshake, cookies } = await handshakes.begin(request, returnTo);
      const location = await provider.authorizationUrl(handshake);
      response.setHeader('Set-Cookie', cookies);
      redirect(response, location);
    })
    .all(rejectOtherMethods(['GET']));

  router
    .route('/sign-in/callback')
    .get(async (request, response) => {
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
    })
    .all(rejectOtherMethods(['GET']));

  router
    .route('/sign-out')
    .post(async (request, response) => {
      const identity = await signOut(deps, { request, response });
      const elsewhere = identity?.signedIn.by === 'oidc' ? await signOutElsewhere(sessions.oidc) : undefined;
      sendPage(response, {
        status: 200,
        title: 'Signed out',
        text: 'You have signed out of Carillon.',
        ...(elsewhere === undefined
          ? { link: { href: HOME_PAGE, text: 'Sign in again' } }
          : { link: { href: elsewhere.href, text: 'Also sign out of the identity provider' }, goesOn: true }),
      });
    })
    .all(rejectOtherMethods(['POST']));
  return router;
};

const noHandshake = (): DomainError =>
  new DomainError(
    'SIGN_IN_REJECTED',
    'this browser did not start this sign-in, started it more than 10 minutes ago, or has finished it: sign in again',
  );

const redirect = (response: Response, to: URL): void => {
  response.statusCode = 303;
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Location', to.href);
  response.end();
};

/** The query as it was sent. */
const queryOf = ({ originalUrl }: Request): string => originalUrl.split('?').slice(1).join('?');

/** The provider's own names and times have been checked. */
const IdTokenClaims = tokenClaims({});
const SessionPermissions = z.enum(PERMISSIONS);

/**
 * What a session says of a user: of the claims, what means something here.
 * @throws DomainError TOKEN_REJECTED
 */
const sessionOf = (claims: Readonly<Record<string, unknown>>, oidc: OidcSignIn): UserSession => {
  const { user, sub, tenant, permissions, roles, applications } = subjectOf(readClaims(IdTokenClaims, claims), oidc);
  const session: UserSession = {
    by: 'oidc',
    user,
    sub,
    tenant,
    permissions: permissions.flatMap((permission) => SessionPermissions.safeParse(permission).data ?? []),
    roles: roles.filter((role) => Object.hasOwn(oidc.rolePermissions, role)),
    ...(applications === undefined ? {} : { applications: [...applications] }),
  };
  identityOfUser(session, oidc);
  return session;
};

/** Where somebody who signed in at the provider signs out there; undefined where that is not possible now. */
const signOutElsewhere = async (oidc: OidcSignIn | undefined): Promise<URL | undefined> => {
  try {
    return await oidc?.provider.endSessionUrl(`${oidc.publicUrl}${HOME_PAGE}`);
  } catch {
    // The session here has ended all the same.
    return undefined;
  }
};
