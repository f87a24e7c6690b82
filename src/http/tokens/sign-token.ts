import jwt from 'jsonwebtoken';

export type TokenContent = {
  readonly secret: string;
  readonly subject: string;
  /** Further claims, such as permissions, roles and tenant. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly nowMs: number;
  readonly lifetimeSeconds: number;
};

/** Signs a token with the shared secret (HS256), for development mode and tests. */
export const signToken = ({ secret, subject, claims, nowMs, lifetimeSeconds }: TokenContent): string => {
  const iat = Math.floor(nowMs / 1_000);
  return jwt.sign({ ...claims, sub: subject, iat, exp: iat + lifetimeSeconds }, secret, { algorithm: 'HS256' });
};
