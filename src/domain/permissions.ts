/** What a caller may be allowed to do. The API asks for one of them with each request. */
export const PERMISSIONS = [
  'scheduler:jobs:read',
  'scheduler:jobs:write',
  'scheduler:jobs:trigger',
  'scheduler:secrets:write',
  'scheduler:executions:read',
  'scheduler:executions:cancel',
  'scheduler:audit:read',
  'scheduler:tenant:admin',
  'scheduler:admin',
] as const;
export type Permission = (typeof PERMISSIONS)[number];
