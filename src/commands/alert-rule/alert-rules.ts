import { decideDeleteAlertRule, decideSetAlertRule, type RuleInput } from '../../domain/alert-rule/alert-rule.ts';
import { DomainError, rejectField } from '../../domain/domain-error.ts';
import { type AlertRule, isAlertRuleEvent } from '../../domain/events/index.ts';
import { alertRuleStream } from '../../domain/streams.ts';
import type { Tenant } from '../../domain/values.ts';
import type { Revision } from '../../event-store/port.ts';
import { loadApplicationOf } from '../application/applications.ts';
import type { CommandContext, CommandResult, Precondition } from '../command.ts';
import { ownAppend } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { handleCommand } from '../loop/handle-command.ts';
import { loadAlertRule, loadJob } from '../loop/load.ts';
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
    const texts = {
      ...(description === undefined || description === null ? {} : { description }),
      ...(message === undefined || message === null ? {} : { message }),
    };
    const rule: RuleInput = {
      ...{ tenant, name, ...texts, scope: wanted.scope, ...scope },
      ...{ condition, receivers, groupWait, atMostEvery, maintenance },
    };
    const { state, events, revision, position } = await deps.holdings.alertRules(tenant, (admit) =>
      handleCommand(deps, {
        stream: alertRuleStream(tenant, name),
        context,
        load: () => loadAlertRule(deps.store, tenant, name),
        decide: (existing, at) => {
          requireRevision(precondition, { existing, revision: at });
          return decideSetAlertRule({ rule, actor }, existing, deps.world.clock.now());
        },
        prepare: async (_events, existing) => {
          if (existing === undefined) await admit();
        },
        own: ownAppend(context, isAlertRuleEvent),
      }),
    );
    const value = events[0]?.data ?? state;
    if (value === undefined) throw new Error(`alert rule ${name} was not set`);
    return { value, revision, position, warnings };
  };

const labelsOf = ({ labels }: Exclude<SetAlertRule, { scope: 'job' }>): Pick<AlertRule, 'labels'> =>
  labels === undefined || labels === null ? {} : { labels };

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
      if ((await loadApplicationOf(store, wanted.of, tenant)) !== undefined) {
        return { applicationId: wanted.of, ...labelsOf(wanted) };
      }
      throw rejectField('UNKNOWN_APPLICATION', '/of', `there is no application ${wanted.of}`);
    case 'job': {
      const { state: job } = await loadJob(store, wanted.of);
      if (job.status !== 'absent' && job.status !== 'deleted' && job.definition.tenant === tenant) {
        return { jobId: wanted.of, applicationId: job.definition.applicationId };
      }
      throw rejectField('UNKNOWN_JOB', '/of', `there is no job ${wanted.of}`);
    }
  }
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
