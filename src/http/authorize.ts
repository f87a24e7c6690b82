import { Refusal } from '../domain/refusal.ts';
import type { Tenant, TenantChoice } from '../domain/values.ts';

const PERMISSIONS = [
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

/** Who asks. */
export type Caller = {
  readonly user: string;
  readonly tenant: Tenant;
  readonly permissions: ReadonlySet<string>;
};

/** What roles stand for; a role that isn't listed stands for nothing. */
export type RolePermissions = Readonly<Record<string, readonly string[]>>;

export const permissionsOf = (
  { permissions, roles }: { permissions: readonly string[]; roles: readonly string[] },
  rolePermissions: RolePermissions,
): ReadonlySet<string> => {
  const ofRoles = new Map(Object.entries(rolePermissions));
  return new Set([...permissions, ...roles.flatMap((role) => ofRoles.get(role) ?? [])]);
};

/** Whether the caller is an administrator, who may do everything. */
export const mayAll = ({ permissions }: Caller): boolean => permissions.has('scheduler:admin');

export const may = (caller: Caller, permission: Permission): boolean =>
  mayAll(caller) || caller.permissions.has(permission);

/** @throws Refusal FORBIDDEN */
export const requirePermission = (caller: Caller, permission: Permission): void => {
  if (!may(caller, permission)) throw new Refusal('FORBIDDEN', `this needs the permission ${permission}`);
};

/**
 * Whose objects the request is about: the caller's own tenant's, or what an administrator asked for.
 * @throws Refusal FORBIDDEN
 */
export const tenantOf = (caller: Caller, asked: TenantChoice | undefined): TenantChoice => {
  if (asked !== undefined && asked !== caller.tenant) requirePermission(caller, 'scheduler:admin');
  return asked ?? caller.tenant;
};
