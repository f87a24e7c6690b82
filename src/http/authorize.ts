import { Refusal } from '../domain/refusal.ts';
import type { Tenant, TenantChoice } from '../domain/values.ts';

export const PERMISSIONS = [
  'scheduler:jobs:read',
  'scheduler:jobs:write',
  'scheduler:jobs:trigger',
  'scheduler:secrets:write',
  'scheduler:executions:read',
  'scheduler:executions:cancel',
  'scheduler:audit:read',
  'scheduler:admin',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** The user who sent a request, with their tenant and permissions. */
export type Caller = {
  readonly user: string;
  readonly tenant: Tenant;
  readonly permissions: ReadonlySet<string>;
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

/** Whether the caller is an administrator, who may do everything. */
export const mayAll = ({ permissions }: Caller): boolean => permissions.has('scheduler:admin');

/** Whether the caller has a permission. */
export const may = (caller: Caller, permission: Permission): boolean =>
  mayAll(caller) || caller.permissions.has(permission);

/**
 * Requires a permission of the caller.
 * @throws Refusal FORBIDDEN without it
 */
export const requirePermission = (caller: Caller, permission: Permission): void => {
  if (!may(caller, permission)) throw new Refusal('FORBIDDEN', `this needs the permission ${permission}`);
};

/**
 * The tenant whose data a request reads or changes: the caller's own, unless an administrator names another.
 * @throws Refusal FORBIDDEN where another caller names one
 */
export const tenantOf = (caller: Caller, requested: TenantChoice | undefined): TenantChoice => {
  if (requested !== undefined && requested !== caller.tenant) requirePermission(caller, 'scheduler:admin');
  return requested ?? caller.tenant;
};
