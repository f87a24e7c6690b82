import { z } from 'zod';
import { defined } from '../domain/defined.ts';
import { DomainError, rejectField } from '../domain/domain-error.ts';
import {
  type Acknowledgement,
  type Actor,
  actorName,
  type EventOf,
  isAcknowledgementEvent,
} from '../domain/events/index.ts';
import { livingJob } from '../domain/job/job.ts';
import { acknowledgementStream } from '../domain/streams.ts';
import { type ApplicationId, isPlainText, type JobId, type Tenant, toInstant, toMs } from '../domain/values.ts';
import { type CommandContext, type CommandResult, ownAppend } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import { handleCommand } from './loop/handle-command.ts';
import { loadAcknowledgement, loadJob } from './loop/load.ts';
import { parseInput, ReasonInput, requireVisible } from './parse.ts';
import { PauseInstant, pauseInstantOf } from './pause.ts';

const MAX_OWNER = 200;

/** Fields set by the server are ignored, so that callers can PUT the result of a GET. */
export const AcknowledgeJob = z.strictObject({
  ...z.strictObject({ acknowledgedAt: z.unknown(), acknowledgedBy: z.unknown() }).partial().shape,
  owner: z
    .string()
    .min(1, 'must not be empty')
    .max(MAX_OWNER)
    .refine(isPlainText, 'must not contain control characters or unpaired surrogates')
    .superRefine(requireVisible)
    .optional(),
  note: ReasonInput.nullable().optional(),
  until: PauseInstant.nullable().optional(),
});

type AcknowledgeInput = {
  readonly jobId: JobId;
  readonly tenant: Tenant;
  readonly applicationId: ApplicationId;
  readonly actor: Actor;
  readonly input: z.output<typeof AcknowledgeJob>;
};

/** Acknowledges a job that needs attention. Each acknowledgement is recorded, because it covers what is wrong now. */
export const decideAcknowledgeJob = (
  { jobId, tenant, applicationId, actor, input: { owner, note, until: given } }: AcknowledgeInput,
  nowMs: number,
): EventOf<'JobAcknowledged'>[] => {
  const until = given ? pauseInstantOf(given, { timezone: 'UTC', fromMs: nowMs }) : undefined;
  if (until !== undefined && toMs(until) <= nowMs) {
    throw rejectField('UNTIL_IN_PAST', '/until', 'must be in the future');
  }
  const by = actorName(actor);
  const data = {
    ...{ jobId, tenant, applicationId, owner: owner ?? by },
    ...defined({ note: note ?? undefined, until }),
    ...{ acknowledgedAt: toInstant(nowMs), acknowledgedBy: by },
  };
  return [{ type: 'JobAcknowledged', data }];
};

type EndInput = { readonly jobId: JobId; readonly tenant: Tenant };

/** Ends the acknowledgement of a job, also of a deleted one; a job with a problem then needs attention as before. */
export const decideEndAcknowledgement = (
  { jobId, tenant }: EndInput,
  existing: Acknowledgement | undefined,
): EventOf<'AcknowledgementEnded'>[] => {
  if (existing?.tenant !== tenant) {
    throw new DomainError('ACKNOWLEDGEMENT_NOT_FOUND', `job ${jobId} is not acknowledged`);
  }
  const { note: _, ...data } = existing;
  return [{ type: 'AcknowledgementEnded', data }];
};

/** @throws DomainError JOB_NOT_FOUND */
export const acknowledgeJob =
  (deps: CommandDeps) =>
  async (context: CommandContext, jobId: JobId, body: unknown): Promise<CommandResult<Acknowledgement>> => {
    const input = parseInput(AcknowledgeJob, body);
    const { tenant, actor } = context;
    const { state: job } = await loadJob(deps.store, jobId);
    const { applicationId } = livingJob(job, jobId, tenant).definition;
    const { events, state, revision, position } = await handleCommand(deps, {
      stream: acknowledgementStream(jobId),
      context,
      load: () => loadAcknowledgement(deps.store, jobId),
      decide: () => decideAcknowledgeJob({ jobId, tenant, applicationId, actor, input }, deps.world.clock.now()),
      own: ownAppend(context, isAcknowledgementEvent),
    });
    const value = events[0]?.data ?? state;
    if (value === undefined) throw new Error(`job ${jobId} was not acknowledged`);
    return { value, revision, position };
  };

/** @throws DomainError ACKNOWLEDGEMENT_NOT_FOUND */
export const endAcknowledgement =
  (deps: CommandDeps) =>
  async (context: CommandContext, jobId: JobId): Promise<CommandResult<undefined>> => {
    const { revision, position } = await handleCommand(deps, {
      stream: acknowledgementStream(jobId),
      context,
      load: () => loadAcknowledgement(deps.store, jobId),
      decide: (existing) => decideEndAcknowledgement({ jobId, tenant: context.tenant }, existing),
      own: ownAppend(context, isAcknowledgementEvent),
    });
    return { value: undefined, revision, position };
  };
