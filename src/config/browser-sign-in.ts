import type { SettingProblem } from './config-error.ts';
import type { Settings } from './settings.ts';

/** Settings for browser sign-in with an identity provider. */
export type OidcConfig = {
  readonly issuer: string;
  readonly clientId: string;
  /** `undefined` for a public client. */
  readonly clientSecret: string | undefined;
  readonly scopes: readonly string[];
  readonly sessionMs: number;
  readonly publicUrl: string;
};

/** Finds missing settings for browser sign-in. */
export const problemsOfSignIn = (settings: Settings): SettingProblem[] => {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: secret, PUBLIC_URL: publicUrl } = settings;
  const needs = 'is required with OIDC_ISSUER';
  const lacks = (isLacking: boolean, variable: string, message: string) => (isLacking ? [{ variable, message }] : []);
  return [
    ...lacks(Boolean(issuer && !clientId), 'OIDC_CLIENT_ID', `${needs}: the client id that the provider gave Carillon`),
    ...lacks(Boolean(issuer && !publicUrl), 'PUBLIC_URL', `${needs}: the provider redirects browsers back to it`),
    ...lacks(
      Boolean((clientId ?? secret) && !issuer),
      'OIDC_ISSUER',
      "is required with OIDC_CLIENT_ID or OIDC_CLIENT_SECRET: set it to the provider's issuer",
    ),
    ...lacks(
      /^__(?:Host|Secure)-/.test(settings.SESSION_COOKIE) && !publicUrl?.startsWith('https:'),
      'SESSION_COOKIE',
      'has a prefix that browsers accept only over TLS: PUBLIC_URL must start with https://',
    ),
  ];
};

/** `undefined` if no provider is configured. */
export const toOidc = (settings: Settings): OidcConfig | undefined => {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, PUBLIC_URL: publicUrl } = settings;
  if (!issuer || !clientId || !publicUrl) return undefined;
  return {
    issuer,
    clientId,
    clientSecret: settings.OIDC_CLIENT_SECRET,
    scopes: settings.OIDC_SCOPES,
    sessionMs: settings.OIDC_SESSION,
    publicUrl,
  };
};
