import { namesOf } from '../domain/application/application.ts';
import {
  type Actor,
  actorName,
  type DomainEvent,
  type EventOf,
  type JobDefinition,
  type TaskConfig,
} from '../domain/events/index.ts';
import { initialJob, type Job } from '../domain/job/job.ts';
import { refuseField } from '../domain/refusal.ts';
import { jobStream } from '../domain/streams.ts';
import { toInstant } from '../domain/values.ts';
import { NO_STREAM } from '../event-store/port.ts';
import { loadApplicationOf } from './applications.ts';
import { bindFirstDefinition } from './bind-definition.ts';
import { checkSchedule } from './check-schedule.ts';
import { handleCommand } from './handle-command.ts';
import type { JobDeps } from './job-deps.ts';
import { CreateJob } from './job-input.ts';
import { loadJob } from './load.ts';
import { reserveName } from './names.ts';
import { parseInput } from './parse.ts';
import type { CommandContext, Commands } from './port.ts';

type Creating = Omit<CreateJob, 'taskConfig'> & {
  readonly jobId: number;
  readonly tenant: string;
  readonly actor: Actor;
  readonly taskConfig: TaskConfig;
};

/** Brings a job into being; nothing where it already is. */
export const decideCreateJob = (input: Creating, job: Job, nowMs: number): EventOf<'JobCreated'>[] => {
  switch (job.status) {
    case 'absent':
      return [{ type: 'JobCreated', data: definitionOf(input, nowMs) }];
    case 'enabled':
    case 'disabled':
    case 'deleted':
      return [];
  }
};

const definitionOf = ({ actor, ...input }: Creating, nowMs: number): JobDefinition => {
  const now = toInstant(nowMs);
  const by = actorName(actor);
  return {
    jobId: input.jobId,
    tenant: input.tenant,
    applicationId: input.applicationId,
    name: input.name,
    ...(input.description === undefined ? {} : { description: input.description }),
    enabled: input.enabled,
    pattern: input.pattern,
    timezone: input.timezone,
    scheduleSince: now,
    ...(input.startAt === undefined ? {} : { startAt: input.startAt }),
    ...(input.endAt === undefined ? {} : { endAt: input.endAt }),
    taskType: input.taskType,
    taskConfig: input.taskConfig,
    ...(input.confidential === true ? { confidential: true } : {}),
    ...(input.labels === undefined ? {} : { labels: input.labels }),
    createdAt: now,
    createdBy: by,
    updatedAt: now,
    updatedBy: by,
  };
};

const isJobCreated = (event: DomainEvent): event is EventOf<'JobCreated'> => event.type === 'JobCreated';

export const createJob =
  (deps: JobDeps): Commands['createJob'] =>
  async (context: CommandContext, input: unknown) => {
    const parsed = parseInput(CreateJob, input);
    checkSchedule(parsed);
    const application = await loadApplicationOf(deps.store, parsed.applicationId, context.tenant);
    if (application === undefined) {
      throw refuseField('UNKNOWN_APPLICATION', '/applicationId', `there is no application ${parsed.applicationId}`);
    }
    const warnings = await deps.tasks.check(parsed.taskConfig, namesOf(application));
    const { tenant, actor } = context;
    const { applicationId, confidential = false } = parsed;
    const taskConfig = await deps.tasks.seal(parsed.taskConfig, { tenant, applicationId, confidential });
    const [begun] = context.resumed?.events ?? [];
    const jobId = begun?.type === 'JobCreated' ? begun.data.jobId : await deps.jobIds.take();
    const name = { tenant, applicationId, name: parsed.name, ownerId: jobId };
    const { events, revision, position } = await handleCommand(deps, {
      stream: jobStream(jobId),
      context,
      load: () => loadJob(deps.store, jobId),
      assumed: { state: initialJob, revision: NO_STREAM },
      decide: (job) => decideCreateJob({ ...parsed, jobId, tenant, actor, taskConfig }, job, deps.world.clock.now()),
      is: isJobCreated,
      prepare: () => reserveName(deps, name, context),
    });
    const [created] = events;
    if (created === undefined) throw new Error(`the new id ${jobId} is in use already`);
    const bound = await bindFirstDefinition(deps, { definition: created.data, revision }, context);
    return { value: { job: created.data, application }, revision, position: bound ?? position, warnings };
  };
