import type { AlertRulePorts } from '../../src/commands/alert-rule/alert-rule-ports.ts';

/** For commands whose test has no alert rules, or rules that may notify everybody. */
export const NO_ALERTS: AlertRulePorts = {
  checkTarget: async () => [],
  mailRejection: () => undefined,
};
