import { z } from 'zod';
import { namesOf } from '../../domain/application/application.ts';
import { type Application, RuleFields, ScheduleFields } from '../../domain/events/index.ts';
import { NO_NAMES } from '../../domain/parameters/index.ts';
import type { SensitiveNames } from '../../domain/redaction/index.ts';
import { refuseField } from '../../domain/refusal.ts';
import { type ShownSlot, scheduleWords, shownSlots } from '../../domain/schedule/index.ts';
import { InstantInput, toInstant, toMs } from '../../domain/values.ts';
import { loadApplicationOf } from '../applications/applications.ts';
import type { CommandDeps } from '../command-deps.ts';
import { parseInput } from '../parse.ts';
import type { CommandContext } from '../port.ts';
import { checkNames } from './check-names.ts';
import { checkRules } from './check-rules.ts';
import { checkSchedule } from './check-schedule.ts';
import { UpdateJob, withoutNulls } from './job-input.ts';
import type { JudgedTarget, PreviewEdge } from './preview-edge.ts';
import { resolveMasked, type ShownRequest, showRequest } from './preview-request.ts';

const MOST_SLOTS = 1_000;

/** Any part of a job's definition, and how many slots to show from when on. */
export const PreviewJob = z.strictObject({
  ...UpdateJob.shape,
  /** Slots after this instant are shown; by default, now. */
  after: InstantInput.optional(),
  count: z.int().min(1).max(MOST_SLOTS).default(10),
  /** The instant that parameters are resolved for; by default, the first slot. */
  at: InstantInput.optional(),
});

export type JobPreview = {
  /** The schedule in plain English; empty without one. */
  readonly words: string;
  readonly slots: readonly ShownSlot[];
  /** What would be sent, secrets masked. */
  readonly request?: ShownRequest;
  readonly target?: JudgedTarget;
};

/** Shows what a part of a job's definition would do; records nothing. */
export type Preview = (context: Pick<CommandContext, 'tenant'>, input: unknown) => Promise<JobPreview>;

type PreviewDeps = Pick<CommandDeps, 'store' | 'world'> & {
  readonly tasks: PreviewEdge;
  readonly names: SensitiveNames;
};

/**
 * @throws Refusal BAD_INPUT, BAD_PATTERN, BAD_SCHEDULE, UNKNOWN_TIMEZONE, BAD_SPAN, BAD_COMBINATION, UNKNOWN_APPLICATION,
 * UNKNOWN_CALENDAR, UNKNOWN_LIMIT, BAD_PARAMETER
 */
export const createPreview =
  ({ store, tasks, names, world }: PreviewDeps): Preview =>
  async ({ tenant }, input) => {
    const { taskConfig, after, at, count, ...given } = parseInput(PreviewJob, input);
    const nowMs = world.clock.now();
    const afterMs = after === undefined ? nowMs : toMs(after);
    // An interval without `startAt` is counted from now, as that of a job that is created now.
    const fields = GivenFields.parse({ timezone: 'UTC', ...withoutNulls(given), scheduleSince: toInstant(nowMs) });
    const schedule = previewSchedule(fields, { afterMs, count });
    checkRules({ ...fields, taskConfig });

    const application = await applicationOf(store, given.applicationId, tenant);
    const { calendar, limit } = fields;
    await checkNames(store, { tenant, application }, application === undefined ? { calendar } : { calendar, limit });
    if (taskConfig === undefined) return schedule;
    tasks.checkParameters(taskConfig, application === undefined ? NO_NAMES : namesOf(application));
    const first = at ?? schedule.slots[0]?.at;
    const atMs = first === undefined ? afterMs : toMs(first);
    const resolved = resolveMasked(taskConfig, { atMs, timezone: fields.timezone, application });
    const request = showRequest(resolved, { timezone: fields.timezone, names });
    const target = await tasks.judge(resolved.task, tenant);
    return { ...schedule, ...(request === undefined ? {} : { request }), target };
  };

/** Says when a job is due, and what becomes of its slots. */
const GivenFields = ScheduleFields.extend(RuleFields.shape);
type GivenFields = z.infer<typeof GivenFields>;

const previewSchedule = (
  fields: GivenFields,
  { afterMs, count }: { readonly afterMs: number; readonly count: number },
): Pick<JobPreview, 'words' | 'slots'> => {
  if (fields.pattern === undefined && fields.schedule === undefined) {
    checkSchedule({ ...fields, pattern: ANY_PATTERN });
    return { words: '', slots: [] };
  }
  checkSchedule(fields);
  const slots = shownSlots(fields, { afterMs, count: Math.min(count, fields.maxRuns ?? count) });
  return { words: scheduleWords(fields), slots };
};

/** Used if neither a pattern nor a schedule is given, so that the zone and the span are checked. */
const ANY_PATTERN = '0 0 * * *';

const applicationOf = async (
  store: CommandDeps['store'],
  applicationId: number | undefined,
  tenant: string,
): Promise<Application | undefined> => {
  if (applicationId === undefined) return undefined;
  const application = await loadApplicationOf(store, applicationId, tenant);
  if (application !== undefined) return application;
  throw refuseField('UNKNOWN_APPLICATION', '/applicationId', `there is no application ${applicationId}`);
};
