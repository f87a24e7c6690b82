import { DomainError } from '../../domain/domain-error.ts';
import type { Actor } from '../../domain/events/index.ts';
import type { Permission } from '../../domain/permissions.ts';
import type { SessionSpan } from '../../domain/session.ts';
import type { Tenant, TenantChoice } from '../../domain/values.ts';
import type { SignedIn } from '../sessions/session.ts';

/** The caller of a request: a user, or a program with an API token, with tenant and permissions. */
export type Caller = {
  readonly user: string;
  /** Unique id: the `sub` of a user, or the id of an API token. */
  readonly callerId: string | number;
  /** The actor in the events of the request. */
  readonly actor: Actor;
  readonly tenant: Tenant;
  readonly permissions: ReadonlySet<string>;
  /** The applications that an API token is limited to; if absent, all of the tenant. */
  readonly applications?: readonly number[];
  /** The queues that an API token is limited to, such as `4/reports`: it can only take work of these and beat. */
  readonly queues?: readonly string[];
};

/** Permissions by role. Other roles grant none. */
export type RolePermissions = Readonly<Record<string, readonly string[]>>;

/** All permissions of a token: its own, and those of its roles. */
export const permissionsOf = (
  { permissions, roles }: { permissions: readonly string[]; roles: readonly string[] },
  rolePermissions: RolePermissions,
): ReadonlySet<string> => {
  const ofRoles = new Map(Object.entries(rolePermissions));
  return new Set([...permissions, ...roles.flatMap((role) => ofRoles.get(role) ?? [])]);
};

/** Returns whether the caller is an administrator of the installation, who has all permissions. */
export const hasAllPermissions = ({ permissions }: Caller): boolean => permissions.has('scheduler:admin');

/** Returns whether the caller has a permission. A tenant's administrator has all but the installation's. */
export const hasPermission = (caller: Caller, permission: Permission): boolean =>
  hasAllPermissions(caller) ||
  caller.permissions.has(permission) ||
  (permission !== 'scheduler:admin' && caller.permissions.has('scheduler:tenant:admin'));

/** @throws DomainError FORBIDDEN without the permission */
export const requirePermission = (caller: Caller, permission: Permission): void => {
  if (!hasPermission(caller, permission)) throw new DomainError('FORBIDDEN', `you need the permission ${permission}`);
};

/**
 * The tenant of a request: the caller's own, unless an administrator names another.
 * @throws DomainError FORBIDDEN if another caller names one
 */
export const tenantOf = (caller: Caller, requested: TenantChoice | undefined): TenantChoice => {
  if (requested !== undefined && requested !== caller.tenant) requirePermission(caller, 'scheduler:admin');
  return requested ?? caller.tenant;
};

/** A caller, with details for display. */
export type Identity = Caller & {
  readonly roles: readonly string[];
  /** Absent if the credential does not expire. */
  readonly expiresAtMs?: number;
  /** The credential, as recorded in a new session. */
  readonly signedIn: SignedIn;
  /** The current session; absent with a token. */
  readonly session?: SessionSpan;
};
