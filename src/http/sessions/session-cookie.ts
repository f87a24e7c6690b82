import { type SetCookie, stringifySetCookie } from 'cookie';

export type CookieRules = {
  readonly sessionCookie: string;
  /** Origin under which browsers reach this service; where it is https, cookies travel only over TLS. */
  readonly publicUrl?: string | undefined;
};

/** A cookie that no script reads. */
export const guardedCookie = (
  cookie: Pick<SetCookie, 'name' | 'value' | 'maxAge' | 'sameSite'>,
  { publicUrl }: Pick<CookieRules, 'publicUrl'>,
): string =>
  stringifySetCookie({ path: '/', httpOnly: true, secure: publicUrl?.startsWith('https:') === true, ...cookie });

/** The cookie of a session, which no page of another site sends. */
export const sessionCookie = (value: string, maxAge: number, rules: CookieRules): string =>
  guardedCookie({ name: rules.sessionCookie, value, maxAge, sameSite: 'strict' }, rules);

/** The cookie that ends a session. */
export const endedSessionCookie = (rules: CookieRules): string => sessionCookie('', 0, rules);

/** Browsers keep no cookie over 4,096 bytes, its name and attributes included. */
const LONGEST_VALUE = 3_800;

export const fitsInCookie = (value: string): boolean => value.length <= LONGEST_VALUE;
