import { decideDeleteAlertRule, decideSetAlertRule, type RuleInput } from '../../domain/alert-rule/alert-rule.ts';
import { defined } from '../../domain/defined.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { AlertRule } from '../../domain/events/index.ts';
import type { Tenant } from '../../domain/values.ts';
import type { Revision } from '../../event-store/port.ts';
import { knownApplication, knownJob } from '../application/applications.ts';
import type { CommandContext, CommandResult, Precondition } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { ALERT_RULES, changeDocument, setDocument } from '../loop/documents.ts';
import { parseInput } from '../parse.ts';
import { AlertRuleNamed, SetAlertRule } from './alert-rule-input.ts';
import { checkReceivers } from './receivers.ts';

/** @throws DomainError STALE_REVISION if the rule has another revision than the caller saw, or does not exist */
export const requireRevision = (
  { expectedRevision }: Precondition,
  { existing, revision }: { readonly existing: AlertRule | undefined; readonly revision: Revision },
): void => {
  if (expectedRevision === undefined || (existing !== undefined && expectedRevision === revision)) return;
  const why = existing === undefined ? 'there is no such alert rule' : `the alert rule is at revision ${revision}`;
  throw new DomainError('STALE_REVISION', `${why}, not ${expectedRevision}: fetch it again, then repeat the change`);
};

export const setAlertRule =
  (deps: CommandDeps) =>
  async (
    context: CommandContext,
    given: string,
    input: unknown,
    precondition: Precondition,
  ): Promise<CommandResult<AlertRule>> => {
    const { name } = parseInput(AlertRuleNamed, { name: given });
    const wanted = parseInput(SetAlertRule, input);
    const { tenant, actor } = context;
    const scope = await checkScope(deps, wanted, tenant);
    const { receivers, warnings } = await checkReceivers(deps, { tenant, ...scope, receivers: wanted.receivers });
    const { condition, groupWait, atMostEvery, maintenance, description, message } = wanted;
    const texts = defined({ description: description ?? undefined, message: message ?? undefined });
    const rule: RuleInput = {
      ...{ tenant, name, ...texts, scope: wanted.scope, ...scope },
      ...{ condition, receivers, groupWait, atMostEvery, maintenance },
    };
    const done = await deps.holdings.alertRules(tenant, (admit) =>
      setDocument(deps, ALERT_RULES, {
        key: [tenant, name],
        context,
        decide: (existing, nowMs, revision) => {
          requireRevision(precondition, { existing, revision });
          return decideSetAlertRule({ rule, actor }, existing, nowMs);
        },
        prepare: async (_events, existing) => {
          if (existing === undefined) await admit();
        },
      }),
    );
    return { ...done, warnings };
  };

const labelsOf = ({ labels }: Exclude<SetAlertRule, { scope: 'job' }>): Pick<AlertRule, 'labels'> =>
  defined({ labels: labels ?? undefined });

/** @throws DomainError UNKNOWN_JOB, UNKNOWN_APPLICATION */
const checkScope = async (
  { store }: CommandDeps,
  wanted: SetAlertRule,
  tenant: Tenant,
): Promise<Pick<AlertRule, 'jobId' | 'applicationId' | 'labels'>> => {
  switch (wanted.scope) {
    case 'tenant':
      return labelsOf(wanted);
    case 'application':
      await knownApplication(store, { tenant, applicationId: wanted.of }, '/of');
      return { applicationId: wanted.of, ...labelsOf(wanted) };
    case 'job': {
      const { applicationId } = await knownJob(store, { tenant, jobId: wanted.of }, '/of');
      return { jobId: wanted.of, applicationId };
    }
  }
};

/** @throws DomainError ALERT_RULE_NOT_FOUND */
export const deleteAlertRule =
  (deps: CommandDeps) =>
  async (context: CommandContext, given: string, precondition: Precondition): Promise<CommandResult<unknown>> => {
    const { name } = parseInput(AlertRuleNamed, { name: given });
    const { tenant, actor } = context;
    return changeDocument(deps, ALERT_RULES, {
      key: [tenant, name],
      context,
      decide: (existing, nowMs, revision) => {
        const events = decideDeleteAlertRule({ name, actor }, existing, nowMs);
        requireRevision(precondition, { existing, revision });
        return events;
      },
    });
  };
