import { readFileSync } from 'node:fs';
import path from 'node:path';

export type DocumentedMetric = {
  readonly name: string;
  readonly labels: readonly string[];
  /** The roles that show it, or `every`. */
  readonly roles: readonly string[];
};

const ROW = /^\| `(\w+)` \|([^|]*)\|([^|]*)\|/gm;

/** The metrics as docs/reference/metrics.md lists them. */
export const documentedMetrics = (): DocumentedMetric[] => {
  const text = readFileSync(path.join(import.meta.dirname, '../../docs/reference/metrics.md'), 'utf8');
  return [...text.matchAll(ROW)].map(([, name = '', labels = '', roles = '']) => ({
    name,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
    roles: roles.split(',').map((role) => role.trim()),
  }));
};
