import { isDeepStrictEqual } from 'node:util';
import { DomainError } from '../domain-error.ts';
import { type Actor, type AlertRule, actorName, type EventOf } from '../events/index.ts';
import { toInstant } from '../values.ts';

export type RuleInput = Omit<AlertRule, 'createdAt' | 'createdBy' | 'updatedAt' | 'updatedBy'>;

/** Sets an alert rule as a whole; records nothing if it is unchanged. */
export const decideSetAlertRule = (
  { rule, actor }: { readonly rule: RuleInput; readonly actor: Actor },
  existing: AlertRule | undefined,
  nowMs: number,
): EventOf<'AlertRuleSet'>[] => {
  const now = { at: toInstant(nowMs), by: actorName(actor) };
  if (existing === undefined) {
    const data = { ...rule, createdAt: now.at, createdBy: now.by, updatedAt: now.at, updatedBy: now.by };
    return [{ type: 'AlertRuleSet', data }];
  }
  const { createdAt, createdBy, updatedAt, updatedBy, ...before } = existing;
  if (isDeepStrictEqual(before, rule)) return [];
  return [{ type: 'AlertRuleSet', data: { ...rule, createdAt, createdBy, updatedAt: now.at, updatedBy: now.by } }];
};

/** Deletes an alert rule; its alerts end without notification. */
export const decideDeleteAlertRule = (
  { name, actor }: { readonly name: string; readonly actor: Actor },
  existing: AlertRule | undefined,
  nowMs: number,
): EventOf<'AlertRuleDeleted'>[] => {
  if (existing === undefined) throw new DomainError('ALERT_RULE_NOT_FOUND', `there is no alert rule ${name}`);
  const data = { ...existing, updatedAt: toInstant(nowMs), updatedBy: actorName(actor) };
  return [{ type: 'AlertRuleDeleted', data }];
};
