/** The permissions of the API; each request requires one. */
export const PERMISSIONS = [
  'scheduler:jobs:read',
  'scheduler:jobs:write',
  'scheduler:jobs:trigger',
  'scheduler:secrets:write',
  'scheduler:executions:read',
  'scheduler:executions:cancel',
  'scheduler:work',
  'scheduler:audit:read',
  'scheduler:tenant:admin',
  'scheduler:admin',
] as const;
export type Permission = (typeof PERMISSIONS)[number];
