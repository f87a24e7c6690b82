import { isDeepStrictEqual } from 'node:util';
import { DomainError } from '../domain-error.ts';
import { type Actor, type AlertRule, changedBy, createdBy, type EventOf } from '../events/index.ts';
import { ParameterRejected, parseTemplate } from '../parameters/index.ts';

export type RuleInput = Omit<AlertRule, 'createdAt' | 'createdBy' | 'updatedAt' | 'updatedBy'>;

/** Sets an alert rule as a whole; records nothing if it is unchanged. */
export const decideSetAlertRule = (
  { rule, actor }: { readonly rule: RuleInput; readonly actor: Actor },
  existing: AlertRule | undefined,
  nowMs: number,
): EventOf<'AlertRuleSet'>[] => {
  const made = createdBy(actor, nowMs);
  if (existing === undefined) return [{ type: 'AlertRuleSet', data: { ...rule, ...made } }];
  const { createdAt, createdBy: creator, updatedAt: _, updatedBy: __, ...before } = existing;
  if (isDeepStrictEqual(before, rule)) return [];
  return [{ type: 'AlertRuleSet', data: { ...rule, ...made, createdAt, createdBy: creator } }];
};

/** Deletes an alert rule; its alerts end without notification. */
export const decideDeleteAlertRule = (
  { name, actor }: { readonly name: string; readonly actor: Actor },
  existing: AlertRule | undefined,
  nowMs: number,
): EventOf<'AlertRuleDeleted'>[] => {
  if (existing === undefined) throw new DomainError('ALERT_RULE_NOT_FOUND', `there is no alert rule ${name}`);
  return [{ type: 'AlertRuleDeleted', data: { ...existing, ...changedBy(actor, nowMs) } }];
};

/** Placeholders allowed in a rule's message, such as `${job}`. */
const MESSAGE_PLACEHOLDERS = ['job', 'application', 'condition', 'count', 'url'] as const;
type MessagePlaceholder = (typeof MESSAGE_PLACEHOLDERS)[number];
export type MessageValues = Readonly<Record<MessagePlaceholder, string>>;

const placeholderOf = (
  segment: ReturnType<typeof parseTemplate>['segments'][number],
): MessagePlaceholder | undefined =>
  typeof segment !== 'string' && segment.kind === 'variable'
    ? MESSAGE_PLACEHOLDERS.find((each) => each === segment.name)
    : undefined;

/** Returns what is wrong with a rule's message; `undefined` if it is valid. */
export const messageProblem = (text: string): string | undefined => {
  try {
    const wrong = parseTemplate(text).segments.find(
      (segment) => typeof segment !== 'string' && placeholderOf(segment) === undefined,
    );
    return wrong === undefined || typeof wrong === 'string' ? undefined : noPlaceholder(wrong.expression);
  } catch (error) {
    if (error instanceof ParameterRejected) return noPlaceholder(error.expression);
    throw error;
  }
};

const noPlaceholder = (expression: string): string => {
  const known = MESSAGE_PLACEHOLDERS.map((name) => `\${${name}}`).join(', ');
  return `${expression} is not one of ${known}; write a literal \${ as $\${`;
};

export const fillMessage = (text: string, values: MessageValues): string =>
  parseTemplate(text)
    .segments.map((segment) => {
      if (typeof segment === 'string') return segment;
      const placeholder = placeholderOf(segment);
      return placeholder === undefined ? segment.expression : values[placeholder];
    })
    .join('');
