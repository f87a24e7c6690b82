import type { AlertEdge } from '../../src/commands/alert-rule/alert-edge.ts';

/** For commands whose test has no alert rules, or rules that may notify everybody. */
export const NO_ALERTS: AlertEdge = {
  checkTarget: async () => [],
  mailRefusal: () => undefined,
};
