import { z } from 'zod';
import { namesOf } from '../../domain/application.ts';
import type { CalendarVersion } from '../../domain/closure/calendars.ts';
import { closureAt } from '../../domain/closure/closure.ts';
import { createClosureBook } from '../../domain/closure/closure-book.ts';
import { withMovedSlots } from '../../domain/closure/shift.ts';
import { rejectField } from '../../domain/domain-error.ts';
import {
  type Application,
  isManual,
  type JobDefinition,
  RuleFields,
  ScheduleFields,
} from '../../domain/events/index.ts';
import { livingJob } from '../../domain/job/job.ts';
import { withStoredBody } from '../../domain/omitted.ts';
import { NO_NAMES } from '../../domain/parameters/index.ts';
import type { SensitiveNames } from '../../domain/redaction/mask.ts';
import { compileSchedule, localText, type ShownSlot, scheduleWords, shownSlots } from '../../domain/schedule/index.ts';
import { HTTP_TASK } from '../../domain/tasks/http/stored.ts';
import { isWorkerTask } from '../../domain/tasks/kinds.ts';
import { InstantInput, JobId, type Tenant, toInstant, toMs } from '../../domain/values.ts';
import type { Position } from '../../event-store/port.ts';
import { knownApplication } from '../application/applications.ts';
import type { CommandContext } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { loadJob } from '../loop/load.ts';
import { checkAll, checkHooks, checkNames } from './check-fields.ts';
import { checkRules, checkSchedule } from './check-rules.ts';
import type { JudgedTarget } from './check-task.ts';
import { kindOfConfig, parseChange, UpdateJob, withoutNulls } from './job-input.ts';
import { resolveMasked, type ShownRequest, type ShownWork, showTask } from './preview-request.ts';
import type { PreviewAuthority, SendPreview, SentCall } from './send-preview.ts';

const MAX_SLOTS = 1_000;

/** Any part of a job's definition, and the number and start of the slots to show. */
export const PreviewJob = z.strictObject({
  ...UpdateJob.shape,
  /** Slots after this instant are shown; by default, now. */
  after: InstantInput.optional(),
  count: z.int().min(1).max(MAX_SLOTS).default(10),
  /** The instant that parameters are resolved for; by default, the first slot. */
  at: InstantInput.optional(),
  /** Whether the request is sent, once. */
  send: z.boolean().default(false),
});

export type JobPreview = {
  /** The schedule in plain English. */
  readonly scheduleText: string;
  readonly slots: readonly ShownSlot[];
  /** The request with masked secrets. */
  readonly request?: ShownRequest;
  /** The work that would be offered, with masked secrets. */
  readonly work?: ShownWork;
  readonly target?: JudgedTarget;
  /** The outcome of the request, if it was sent. */
  readonly sent?: SentCall;
};

/** Shows the effect of a part of a job's definition. Records nothing, unless the request is sent. */
export type Preview = (
  context: CommandContext,
  input: unknown,
  authority: PreviewAuthority,
) => Promise<{ readonly value: JobPreview; readonly position?: Position | undefined }>;

/**
 * @throws DomainError BAD_INPUT, BAD_PATTERN, BAD_SCHEDULE, UNKNOWN_TIMEZONE, BAD_RANGE, BAD_COMBINATION,
 * UNKNOWN_APPLICATION, UNKNOWN_CALENDAR, UNKNOWN_LIMIT, BAD_PARAMETER, the rejections of a hook, and those of `SendPreview`
 */
export const createPreview =
  (
    { store, tasks, world }: CommandDeps,
    { names, sendRequest }: { readonly names: SensitiveNames; readonly sendRequest: SendPreview },
  ): Preview =>
  async (context, input, authority) => {
    const { tenant } = context;
    const { taskConfig, after, at, count, send, id, ...given } = parseChange(PreviewJob, input);
    const nowMs = world.clock.now();
    const afterMs = after === undefined ? nowMs : toMs(after);
    // An interval without `startAt` is counted from now, like that of a new job.
    const fields = GivenFields.parse({ timezone: 'UTC', ...withoutNulls(given), scheduleSince: toInstant(nowMs) });
    const { applicationId } = given;
    const application =
      applicationId === undefined
        ? undefined
        : await knownApplication(store, { tenant, applicationId }, '/applicationId');
    const { calendar, limit } = fields;
    const namesGiven = application === undefined ? { calendar } : { calendar, limit };
    const known = application === undefined ? NO_NAMES : namesOf(application);
    const saved = send && id !== undefined ? await savedJob(store, { id, tenant, application }) : undefined;
    const taskType =
      given.taskType ?? (taskConfig === undefined ? (saved?.taskType ?? HTTP_TASK) : kindOfConfig(taskConfig));
    const whole = taskConfig && { taskType, taskConfig };
    const task = whole && { taskType, taskConfig: send ? withStoredBody(whole, saved) : whole.taskConfig };
    const scheduled = isManual(fields) ? { ...fields, pattern: ANY_PATTERN } : fields;
    let calendars: readonly CalendarVersion[] = [];
    await checkAll<unknown>([
      () => checkSchedule(scheduled),
      () => checkRules({ ...scheduled, taskType, taskConfig }),
      async () => {
        calendars = await checkNames(store, { tenant, application }, namesGiven);
      },
      () => task && tasks.checkParameters(task, known),
      () => checkHooks(tasks, fields, { tenant, known }),
    ]);
    const schedule = previewSchedule(fields, { afterMs, count });
    const slots = withClosures(schedule.slots, { tenant, fields, calendars });
    if (task === undefined) {
      if (send) throw rejectField('BAD_INPUT', '/taskConfig', 'is required to send the request');
      return { value: { ...schedule, slots } };
    }
    const first = at ?? schedule.slots[0]?.at;
    const atMs = first === undefined ? afterMs : toMs(first);
    const resolved = resolveMasked(task, { atMs, timezone: fields.timezone, application });
    const shown = showTask(resolved, { timezone: fields.timezone, names });
    const target = await tasks.judge(resolved.task, tenant);
    const value = { ...schedule, slots, ...shown, target };
    if (!send) return { value };
    if (taskType !== HTTP_TASK || isWorkerTask(task.taskConfig)) {
      throw rejectField('BAD_INPUT', '/send', 'a worker task makes no request: trigger the job to try it');
    }
    const { name, confidential } = given;
    const job = { ...fields, name, confidential: confidential ?? undefined };
    const requested = {
      fields: job,
      task: { taskType, taskConfig: task.taskConfig },
      application,
      saved,
      request: shown.request,
      at: toInstant(atMs),
    };
    const { sent, position } = await sendRequest(context, requested, authority);
    return { value: { ...value, sent }, position };
  };

/** Fields that determine when a job is due and how its slots are settled. */
const GivenFields = ScheduleFields.extend(RuleFields.shape);
type GivenFields = z.infer<typeof GivenFields>;

const previewSchedule = (
  fields: GivenFields,
  { afterMs, count }: { readonly afterMs: number; readonly count: number },
): Pick<JobPreview, 'scheduleText' | 'slots'> => {
  const slots = shownSlots(fields, { afterMs, count: Math.min(count, fields.maxRuns ?? count) });
  return { scheduleText: scheduleWords(fields), slots };
};

type GivenCalendars = {
  readonly tenant: Tenant;
  readonly fields: GivenFields;
  readonly calendars: readonly CalendarVersion[];
};

/** Adds a note to each slot that a calendar excludes or moves. */
const withClosures = (slots: readonly ShownSlot[], { tenant, fields, calendars }: GivenCalendars): ShownSlot[] => {
  const book = createClosureBook();
  for (const calendar of calendars) book.setCalendar(calendar);
  const { timezone, calendar } = fields;
  const closures = book.closuresOf({ ...OF_NO_APPLICATION, tenant, timezone, calendar });
  const timed = withMovedSlots({ rules: { calendar }, slots: compileSchedule(fields), closures });
  return slots.map((slot) => {
    const slotMs = toMs(slot.at);
    const noted = (more: string): string => [...(slot.note === undefined ? [] : [slot.note]), more].join('; ');
    if (closureAt(timed.closures, slotMs) !== undefined) return { ...slot, note: noted(LEFT_OUT) };
    const dueMs = timed.slots.dueMs(slotMs);
    if (dueMs === slotMs) return slot;
    const dueAt = toInstant(dueMs);
    return { ...slot, dueAt, note: noted(`moved to ${localText(dueMs, timezone).slice(0, 10)}: ${CLOSED}`) };
  });
};

const CLOSED = 'a calendar excludes its own day';

const LEFT_OUT = 'skipped: a calendar excludes this slot (CALENDAR)';
/** Calendars belong to a tenant, independent of the application. */
const OF_NO_APPLICATION = { applicationId: 0, jobId: undefined, target: undefined, labelsText: undefined };

/** Used without a pattern or schedule, so that the zone and the span are checked. */
const ANY_PATTERN = '0 0 * * *';

type SavedJobInput = {
  readonly id: unknown;
  readonly tenant: Tenant;
  readonly application: Application | undefined;
};

/**
 * The saved job of a definition; `undefined` if it belongs to another application.
 * @throws DomainError JOB_NOT_FOUND, BAD_INPUT
 */
const savedJob = async (
  store: CommandDeps['store'],
  { id, tenant, application }: SavedJobInput,
): Promise<JobDefinition | undefined> => {
  const jobId = JobId.safeParse(id).data;
  if (jobId === undefined) throw rejectField('BAD_INPUT', '/id', 'is not an id');
  const { definition } = livingJob((await loadJob(store, jobId)).state, jobId, tenant);
  return definition.applicationId === application?.applicationId ? definition : undefined;
};
