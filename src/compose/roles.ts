/** The roles of processes; a process has at least one. */
export const ROLES = ['api', 'engine', 'projections', 'publisher'] as const;
export type Role = (typeof ROLES)[number];
