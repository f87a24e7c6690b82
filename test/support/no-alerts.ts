import type { AlertRulePorts } from '../../src/commands/alert-rule/receivers.ts';

/** For commands of a test without alert rules, or with rules that can notify everyone. */
export const NO_ALERTS: AlertRulePorts = {
  checkTarget: async () => [],
  mailRejection: () => undefined,
};
