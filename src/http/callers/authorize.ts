import { DomainError } from '../../domain/domain-error.ts';
import type { Actor } from '../../domain/events/index.ts';
import type { Permission } from '../../domain/permissions.ts';
import type { SessionSpan } from '../../domain/session.ts';
import type { Tenant, TenantChoice } from '../../domain/values.ts';
import type { SignedIn } from '../sessions/session.ts';

/** Who sent a request, a user or a program with an API token, with their tenant and permissions. */
export type Caller = {
  /** The name of the actor. */
  readonly user: string;
  /** Who it is, by whatever name: the `sub` of a user, the id of an API token. */
  readonly callerId: string | number;
  /** Who the events of the request name. */
  readonly actor: Actor;
  readonly tenant: Tenant;
  readonly permissions: ReadonlySet<string>;
  /** The applications that an API token is bound to; absent: all of the tenant. */
  readonly applications?: readonly number[];
};

/** The permissions of each role. A role that is not listed brings none. */
export type RolePermissions = Readonly<Record<string, readonly string[]>>;

/** All permissions of a token: those that it lists, and those of its roles. */
export const permissionsOf = (
  { permissions, roles }: { permissions: readonly string[]; roles: readonly string[] },
  rolePermissions: RolePermissions,
): ReadonlySet<string> => {
  const ofRoles = new Map(Object.entries(rolePermissions));
  return new Set([...permissions, ...roles.flatMap((role) => ofRoles.get(role) ?? [])]);
};

/** Whether the caller is an administrator of the installation, who may do everything. */
export const hasAllPermissions = ({ permissions }: Caller): boolean => permissions.has('scheduler:admin');

/** Whether the caller has a permission. A tenant's administrator has all but that of the installation's. */
export const hasPermission = (caller: Caller, permission: Permission): boolean =>
  hasAllPermissions(caller) ||
  caller.permissions.has(permission) ||
  (permission !== 'scheduler:admin' && caller.permissions.has('scheduler:tenant:admin'));

/**
 * Requires a permission of the caller.
 * @throws DomainError FORBIDDEN without it
 */
export const requirePermission = (caller: Caller, permission: Permission): void => {
  if (!hasPermission(caller, permission)) throw new DomainError('FORBIDDEN', `you need the permission ${permission}`);
};

/**
 * The tenant whose data a request reads or changes: the caller's own, unless an administrator names another.
 * @throws DomainError FORBIDDEN where another caller names one
 */
export const tenantOf = (caller: Caller, requested: TenantChoice | undefined): TenantChoice => {
  if (requested !== undefined && requested !== caller.tenant) requirePermission(caller, 'scheduler:admin');
  return requested ?? caller.tenant;
};

/** A caller, with what a page shows of them. */
export type Identity = Caller & {
  readonly roles: readonly string[];
  /** Absent: what they signed in with does not expire. */
  readonly expiresAtMs?: number;
  /** By what, as a session that they begin says it. */
  readonly signedIn: SignedIn;
  /** The session that they are in; absent where they sent a token. */
  readonly session?: SessionSpan;
};
