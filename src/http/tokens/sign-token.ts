import jwt from 'jsonwebtoken';

export type TokenContent = {
  readonly secret: string;
  readonly subject: string;
  /** Permissions, roles, tenant and whatever else the token is to say. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly nowMs: number;
  readonly lifetimeSeconds: number;
};

/** A token signed with the shared secret, as development mode and `carillon token` hand out. */
export const signToken = ({ secret, subject, claims, nowMs, lifetimeSeconds }: TokenContent): string => {
  const iat = Math.floor(nowMs / 1_000);
  return jwt.sign({ ...claims, sub: subject, iat, exp: iat + lifetimeSeconds }, secret, { algorithm: 'HS256' });
};
