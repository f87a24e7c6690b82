/** What a process can do for the installation; it has one role or several. */
export const ROLES = ['api', 'engine', 'projections', 'publisher'] as const;
export type Role = (typeof ROLES)[number];
