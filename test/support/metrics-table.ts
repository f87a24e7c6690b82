import { readFileSync } from 'node:fs';
import path from 'node:path';

export type DocumentedMetric = {
  readonly name: string;
  readonly labels: readonly string[];
  /** The roles that show it, or `every`. */
  readonly roles: readonly string[];
};

const ROW = /^\| `(\w+)` \|([^|]*)\|([^|]*)\|/gm;

/** The metrics as docs/operating.md lists them. */
export const documentedMetrics = (): DocumentedMetric[] => {
  const text = readFileSync(path.join(import.meta.dirname, '../../docs/operating.md'), 'utf8');
  const [section = ''] = text.slice(text.indexOf('\n## Metrics\n') + 1).split(/\n##+ /, 1);
  return [...section.matchAll(ROW)].map(([, name = '', labels = '', roles = '']) => ({
    name,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
    roles: roles.split(',').map((role) => role.trim()),
  }));
};
