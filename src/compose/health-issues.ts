import { defined } from '../domain/defined.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** An issue that `/readyz` reports without making the process unready. */
export type HealthIssue = { readonly component: string; readonly since: string; readonly reason?: string };

/** Issues that last until the process ends. */
export type HealthIssues = {
  add(component: string, reason: string): void;
  all(): readonly HealthIssue[];
};

export const toHealthIssue = (component: string, { sinceMs, why }: { sinceMs: number; why?: string }): HealthIssue => ({
  component,
  since: new Date(sinceMs).toISOString(),
  ...defined({ reason: why }),
});

const MAX_NAMED = 10;
/** The first ten, and the number of others. */
export const firstOf = (names: readonly (string | number)[]): string => {
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : '';
  return `${names.slice(0, MAX_NAMED).join(', ')}${more}`;
};

export const createHealthIssues = ({ clock }: Runtime): HealthIssues => {
  const issues: HealthIssue[] = [];
  return {
    add: (component, reason) => {
      issues.push(toHealthIssue(component, { sinceMs: clock.now(), why: reason }));
    },
    all: () => issues,
  };
};
