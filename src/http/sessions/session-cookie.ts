import { stringifySetCookie } from 'cookie';

export type CookieRules = {
  readonly sessionCookie: string;
  /** Origin under which browsers reach this service; where it is https, the cookie travels over TLS alone. */
  readonly publicUrl?: string | undefined;
};

/** The cookie of a session: no script reads it, and no page of another site sends it. */
export const sessionCookie = (value: string, maxAgeSeconds: number, rules: CookieRules): string =>
  stringifySetCookie({
    name: rules.sessionCookie,
    value,
    maxAge: maxAgeSeconds,
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: rules.publicUrl?.startsWith('https:') === true,
  });

/** The cookie that ends a session. */
export const endedSessionCookie = (rules: CookieRules): string => sessionCookie('', 0, rules);
