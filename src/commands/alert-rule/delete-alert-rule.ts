import { DomainError } from '../../domain/domain-error.ts';
import { isAlertRuleEvent } from '../../domain/events/families.ts';
import { type Actor, type AlertRule, actorName, type EventOf } from '../../domain/events/index.ts';
import { alertRuleStream } from '../../domain/streams.ts';
import { toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult, Precondition } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadAlertRule } from '../loop/load.ts';
import { ownAppend } from '../loop/own-append.ts';
import { parseInput } from '../parse.ts';
import { AlertRuleNamed } from './alert-rule-input.ts';
import { requireRevision } from './set-alert-rule.ts';

/** Deletes an alert rule; its alerts end without notification of that. */
export const decideDeleteAlertRule = (
  { name, actor }: { readonly name: string; readonly actor: Actor },
  existing: AlertRule | undefined,
  nowMs: number,
): EventOf<'AlertRuleDeleted'>[] => {
  if (existing === undefined) throw new DomainError('ALERT_RULE_NOT_FOUND', `there is no alert rule ${name}`);
  const data = { ...existing, updatedAt: toInstant(nowMs), updatedBy: actorName(actor) };
  return [{ type: 'AlertRuleDeleted', data }];
};

/** @throws DomainError ALERT_RULE_NOT_FOUND */
export const deleteAlertRule =
  (deps: CommandDeps) =>
  async (context: CommandContext, given: string, precondition: Precondition): Promise<CommandResult<undefined>> => {
    const { name } = parseInput(AlertRuleNamed, { name: given });
    const { tenant, actor } = context;
    const { revision, position } = await handleCommand(deps, {
      stream: alertRuleStream(tenant, name),
      context,
      load: () => loadAlertRule(deps.store, tenant, name),
      decide: (existing, at) => {
        const events = decideDeleteAlertRule({ name, actor }, existing, deps.world.clock.now());
        requireRevision(precondition, { existing, revision: at });
        return events;
      },
      own: ownAppend(context, isAlertRuleEvent),
    });
    return { value: undefined, revision, position };
  };
