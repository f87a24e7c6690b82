import { isDeepStrictEqual } from 'node:util';
import { actorName, type EventOf } from '../../domain/events/index.ts';
import { type Job, livingJob, type SwitchInput } from '../../domain/job/job.ts';
import { toInstant } from '../../domain/values.ts';
import type { CommandContext, CommandResult } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { changeJob, type JobWithApplication } from './change-job.ts';
import { checkLabels, type LabelChange } from './job-input.ts';

/** Changes labels of a job, and leaves its others. @throws DomainError BAD_INPUT where it would have too many */
export const decideLabelJob = (
  { jobId, tenant, actor, change }: SwitchInput & { readonly change: LabelChange },
  job: Job,
  nowMs: number,
): EventOf<'JobUpdated'>[] => {
  const { definition } = livingJob(job, jobId, tenant);
  const { labels: before = {}, ...rest } = definition;
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries({ ...before, ...change })) if (value !== null) labels[key] = value;
  if (isDeepStrictEqual(labels, before)) return [];
  checkLabels(labels);
  const updated = { ...rest, ...(Object.keys(labels).length === 0 ? {} : { labels }) };
  return [{ type: 'JobUpdated', data: { ...updated, updatedAt: toInstant(nowMs), updatedBy: actorName(actor) } }];
};

export const labelJob =
  (deps: CommandDeps) =>
  async (context: CommandContext, jobId: number, change: LabelChange): Promise<CommandResult<JobWithApplication>> => {
    const { before: _, ...done } = await changeJob(deps, {
      ...{ jobId, context, precondition: {} },
      decide: (job) => decideLabelJob({ jobId, ...context, change }, job, deps.world.clock.now()),
    });
    return done;
  };
