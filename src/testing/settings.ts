import { signToken } from '../http/tokens/sign-token.ts';

const SECRET = 'a secret of at least thirty-two bytes';

/** Of any service on this machine that has a database of its own, with loopback targets allowed. */
export const serviceSettings = {
  HOST: '127.0.0.1',
  JWT_SECRET: SECRET,
  JWT_ISSUER: 'tests',
  JWT_AUDIENCE: 'carillon',
  PUBLIC_URL: 'http://127.0.0.1:3000',
  AUDIT_KEY: Buffer.alloc(32, 9).toString('base64'),
  SECRET_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}`,
  ALLOWED_TARGETS: '127.0.0.0/8',
};

/** A token that such a service takes; by default of an administrator of the tenant `default`. */
export const tokenOf = (
  { sub = 'ann', ...claims }: Readonly<Record<string, unknown>> = { permissions: ['scheduler:admin'] },
  { nowMs, lifetimeSeconds } = { nowMs: Date.now(), lifetimeSeconds: 600 },
): string =>
  signToken({
    secret: SECRET,
    subject: String(sub),
    claims: { iss: 'tests', aud: 'carillon', ...claims },
    nowMs,
    lifetimeSeconds,
  });

/** Tokens hold for as long as any test moves the clock. */
export const TOKEN_SECONDS = 10 * 365 * 86_400;
