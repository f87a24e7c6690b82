import { z } from 'zod';
import { decideDeleteCalendar, decideSetCalendar } from '../domain/closure/calendars.ts';
import { decideLiftPause, type PauseAuthority, requireAuthority } from '../domain/closure/pauses.ts';
import { defined } from '../domain/defined.ts';
import { DomainError, rejectField } from '../domain/domain-error.ts';
import { durationMs } from '../domain/duration.ts';
import { durationInput } from '../domain/duration-input.ts';
import {
  type Acknowledgement,
  actorName,
  type Calendar,
  CatchUp,
  type ChangeAuthor,
  type EventOf,
  isPauseEvent,
  type Pause,
} from '../domain/events/index.ts';
import { livingJob } from '../domain/job/job.ts';
import { wallToInstantMs } from '../domain/schedule/index.ts';
import { calendarStream, pauseStream } from '../domain/streams.ts';
import { TargetName } from '../domain/targets/target-url.ts';
import {
  ApplicationId,
  type Instant,
  InstantInput,
  JobId,
  plainText,
  type Tenant,
  toInstant,
  toMs,
} from '../domain/values.ts';
import { knownApplication, knownJob } from './application/applications.ts';
import { type CommandContext, type CommandResult, ownAppend, withReason } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import { Description, Labels } from './job/job-input.ts';
import { awaitEngines } from './loop/await-engines.ts';
import { ACKNOWLEDGEMENTS, CALENDARS, changeDocument, createDocument, PAUSES, setDocument } from './loop/documents.ts';
import { loadJob } from './loop/load.ts';
import { parseInput, ReasonInput, requireVisible, Slug, serverSet } from './parse.ts';
import { rejectInUse } from './read-models.ts';

const MAX_DATES = 10_000;

const CalendarNamed = z.strictObject({ name: Slug });

const LocalDate = z.iso
  .date('must be a date such as 2026-12-24')
  .refine((date) => date >= '0001', 'must be in the years 1 to 9999');

/** Dates can be unsorted and repeated. */
export const SetCalendar = z.strictObject({
  ...serverSet('name', 'updatedAt', 'updatedBy', 'pendingEngines'),
  dates: z
    .array(LocalDate)
    .max(MAX_DATES, `at most ${MAX_DATES} dates`)
    .transform((dates) => [...new Set(dates)].sort()),
  description: Description.nullable().optional(),
});

export const setCalendar =
  (deps: CommandDeps) =>
  async (context: CommandContext, given: string, input: unknown): Promise<CommandResult<Calendar>> => {
    const { name } = parseInput(CalendarNamed, { name: given });
    const { dates, description } = parseInput(SetCalendar, input);
    const { tenant, actor, owner } = context;
    const calendar = { tenant, name, dates, description: description ?? undefined, actor, owner };
    const done = await deps.holdings.calendars(tenant, (admit) =>
      setDocument(deps, CALENDARS, {
        key: [tenant, name],
        context,
        decide: (existing, nowMs) => decideSetCalendar(calendar, existing, nowMs),
        prepare: async (_events, existing) => {
          if (existing === undefined) await admit();
        },
      }),
    );
    return whenApplied(deps, calendarStream(tenant, name), done);
  };

export const deleteCalendar =
  (deps: CommandDeps) =>
  async (context: CommandContext, given: string): Promise<CommandResult<unknown>> => {
    const { name } = parseInput(CalendarNamed, { name: given });
    const { tenant, actor } = context;
    const done = await changeDocument(deps, CALENDARS, {
      key: [tenant, name],
      context,
      decide: (existing, nowMs) => decideDeleteCalendar({ name, actor }, existing, nowMs),
      prepare: async () =>
        rejectInUse('CALENDAR_IN_USE', `calendar ${name}`, await deps.readModels.jobsWithCalendar(tenant, name)),
    });
    return whenApplied(deps, calendarStream(tenant, name), done);
  };

/** Waits until the engines have applied a change of a calendar or pause, and names those that have not. */
const whenApplied = async <T>(
  deps: CommandDeps,
  stream: string,
  { value, revision, position }: CommandResult<T>,
): Promise<CommandResult<T>> => ({
  value,
  revision,
  position,
  pendingEngines: await awaitEngines(deps, { stream, position }),
});

const MAX_PAUSE = '1000w';
/** An instant, a date, or a duration: of the pause, or from now until it begins. */
const PauseInstant = z.union(
  [
    InstantInput.transform((at) => ({ at })),
    z.iso.date().transform((date) => ({ date })),
    durationInput({ least: '1s', most: MAX_PAUSE }).transform((span) => ({ span })),
  ],
  'must be an instant with a UTC offset, a date, or a duration such as "2h"',
);

const MAX_OWNER = 200;

export const AcknowledgeJob = z.strictObject({
  ...serverSet('acknowledgedAt', 'acknowledgedBy'),
  owner: plainText(MAX_OWNER).superRefine(requireVisible).optional(),
  note: ReasonInput.nullable().optional(),
  until: PauseInstant.nullable().optional(),
});

type AcknowledgeInput = ChangeAuthor & {
  readonly jobId: JobId;
  readonly applicationId: ApplicationId;
  readonly input: z.output<typeof AcknowledgeJob>;
};

/** Acknowledges a job that needs attention. Each acknowledgement is recorded, because it covers what is wrong now. */
export const decideAcknowledgeJob = (
  { jobId, tenant, applicationId, actor, input: { owner, note, until: given } }: AcknowledgeInput,
  nowMs: number,
): EventOf<'JobAcknowledged'>[] => {
  const until = given ? pauseInstantOf(given, 'UTC', nowMs) : undefined;
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
    return setDocument(deps, ACKNOWLEDGEMENTS, {
      key: [jobId],
      context,
      decide: (_, nowMs) => decideAcknowledgeJob({ jobId, tenant, applicationId, actor, input }, nowMs),
    });
  };

/** @throws DomainError ACKNOWLEDGEMENT_NOT_FOUND */
export const endAcknowledgement =
  (deps: CommandDeps) =>
  (context: CommandContext, jobId: JobId): Promise<CommandResult<unknown>> =>
    changeDocument(deps, ACKNOWLEDGEMENTS, {
      key: [jobId],
      context,
      decide: (existing) => decideEndAcknowledgement({ jobId, tenant: context.tenant }, existing),
    });

const common = {
  reason: ReasonInput.optional(),
  from: PauseInstant.nullable().optional(),
  until: PauseInstant.nullable().optional(),
  catchUp: CatchUp.optional(),
};

const SomeLabels = Labels.refine((labels) => Object.keys(labels).length > 0, 'must name at least one label');

/** `of` names the application, job, target or labels; an installation or tenant needs no name. */
export const SetPause = z.discriminatedUnion('scope', [
  z.strictObject({ scope: z.literal('installation'), ...common }),
  z.strictObject({ scope: z.literal('tenant'), ...common }),
  z.strictObject({ scope: z.literal('application'), of: ApplicationId, ...common }),
  z.strictObject({ scope: z.literal('job'), of: JobId, ...common }),
  z.strictObject({ scope: z.literal('target'), of: TargetName, ...common }),
  z.strictObject({ scope: z.literal('labels'), of: SomeLabels, ...common }),
]);

export type SetPause = z.infer<typeof SetPause>;

type SetPauseInput = ChangeAuthor & {
  readonly pauseId: number;
  readonly pause: SetPause;
  /** Zone in which dates begin: the job's, or UTC. */
  readonly timezone?: string;
};

/** Sets a pause. */
export const decideSetPause = (
  { pauseId, tenant, actor, pause, timezone = 'UTC' }: SetPauseInput,
  nowMs: number,
): EventOf<'PauseSet'>[] => {
  const { scope, reason, catchUp } = pause;
  const from = pause.from ? pauseInstantOf(pause.from, timezone, nowMs) : undefined;
  const startMs = Math.max(nowMs, from === undefined ? nowMs : toMs(from));
  const until = pause.until ? pauseInstantOf(pause.until, timezone, startMs) : undefined;
  if (until !== undefined && toMs(until) <= nowMs)
    throw rejectField('UNTIL_IN_PAST', '/until', 'must be in the future');
  if (until !== undefined && toMs(until) <= startMs) throw rejectField('BAD_RANGE', '/until', 'must be after from');
  const data = {
    pauseId,
    tenant,
    scope,
    ...scopeOf(pause),
    ...defined({ catchUp, reason }),
    createdAt: toInstant(nowMs),
    ...defined({ from, until }),
    createdBy: actorName(actor),
  };
  return [{ type: 'PauseSet', data }];
};

/**
 * The instant that begins or ends a pause, or ends an acknowledgement.
 * @param timezone of dates
 * @param fromMs what a duration counts from, epoch ms
 */
const pauseInstantOf = (given: z.output<typeof PauseInstant>, timezone: string, fromMs: number): Instant => {
  if ('at' in given) return given.at;
  if ('date' in given) return toInstant(wallToInstantMs(timezone, Date.parse(given.date)));
  return toInstant(fromMs + durationMs(given.span));
};

const scopeOf = (pause: SetPause): Pick<Pause, 'applicationId' | 'jobId' | 'target' | 'labels'> => {
  switch (pause.scope) {
    case 'installation':
    case 'tenant':
      return {};
    case 'application':
      return { applicationId: pause.of };
    case 'job':
      return { jobId: pause.of };
    case 'target':
      return { target: pause.of };
    case 'labels':
      return { labels: pause.of };
  }
};

export const setPause =
  (deps: CommandDeps) =>
  async (given: CommandContext, input: unknown, authority: PauseAuthority): Promise<CommandResult<Pause>> => {
    const pause = parseInput(SetPause, input);
    requireAuthority(pause, authority);
    const context = withReason(given, pause.reason);
    const { tenant, actor, reason } = context;
    if (pause.scope === 'application') await knownApplication(deps.store, { tenant, applicationId: pause.of }, '/of');
    const timezone =
      pause.scope === 'job' ? (await knownJob(deps.store, { tenant, jobId: pause.of }, '/of')).timezone : 'UTC';
    const made = ownAppend(context, isPauseEvent)?.made;
    const pauseId = made?.events[0]?.data.pauseId ?? (await deps.pauseIds.take());
    const setting = { pauseId, tenant, actor, pause: { ...pause, reason }, timezone };
    const done = await deps.holdings.pauses(tenant, (admit) =>
      createDocument(deps, PAUSES, {
        key: [pauseId],
        context,
        decide: (nowMs) => decideSetPause(setting, nowMs),
        // A pause of the whole installation belongs to an administrator, who can always set it.
        prepare: async () => {
          if (pause.scope !== 'installation') await admit();
        },
      }),
    );
    return whenApplied(deps, pauseStream(pauseId), done);
  };

export const liftPause =
  (deps: CommandDeps) =>
  async (context: CommandContext, pauseId: number, authority: PauseAuthority): Promise<CommandResult<unknown>> => {
    const done = await changeDocument(deps, PAUSES, {
      key: [pauseId],
      context,
      decide: (existing, nowMs) => decideLiftPause({ pauseId, ...context, authority }, existing, nowMs),
    });
    return whenApplied(deps, pauseStream(pauseId), done);
  };
