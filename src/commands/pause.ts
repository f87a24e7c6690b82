import { z } from 'zod';
import { decideLiftPause, type PauseAuthority, requireAuthority } from '../domain/closure/pauses.ts';
import { defined } from '../domain/defined.ts';
import { rejectField } from '../domain/domain-error.ts';
import { durationMs } from '../domain/duration.ts';
import { durationInput } from '../domain/duration-input.ts';
import { type Actor, actorName, CatchUp, type EventOf, isPauseEvent, type Pause } from '../domain/events/index.ts';
import { wallToInstantMs } from '../domain/schedule/index.ts';
import { pauseStream } from '../domain/streams.ts';
import { TargetName } from '../domain/targets/index.ts';
import { ApplicationId, type Instant, InstantInput, JobId, type Tenant, toInstant, toMs } from '../domain/values.ts';
import { loadApplicationOf } from './application/applications.ts';
import type { CommandContext, CommandResult } from './command.ts';
import { ownAppend } from './command.ts';
import type { CommandDeps } from './command-deps.ts';
import { Labels } from './job/job-input.ts';
import { awaitEngines } from './loop/await-engines.ts';
import { handleCommand } from './loop/handle-command.ts';
import { loadJob, loadPause } from './loop/load.ts';
import { parseInput, ReasonInput } from './parse.ts';

const MAX_PAUSE = '1000w';
/** An instant, a date, or a duration: of the pause, or from now until it begins. */
export const PauseInstant = z.union(
  [
    InstantInput.transform((at) => ({ at })),
    z.iso.date().transform((date) => ({ date })),
    durationInput({ least: '1s', most: MAX_PAUSE }).transform((span) => ({ span })),
  ],
  'must be an instant with a UTC offset, a date, or a duration such as "2h"',
);

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

type SetPauseInput = {
  readonly pauseId: number;
  readonly tenant: Tenant;
  readonly actor: Actor;
  readonly pause: SetPause;
  /** Zone in which dates begin: the job's, or UTC. */
  readonly timezone?: string;
};

/** Sets a pause; records nothing if its id is in use. */
export const decideSetPause = (
  { pauseId, tenant, actor, pause, timezone = 'UTC' }: SetPauseInput,
  existing: Pause | undefined,
  nowMs: number,
): EventOf<'PauseSet'>[] => {
  if (existing !== undefined) return [];
  const { scope, reason, catchUp } = pause;
  const from = pause.from ? pauseInstantOf(pause.from, { timezone, fromMs: nowMs }) : undefined;
  const startMs = Math.max(nowMs, from === undefined ? nowMs : toMs(from));
  const until = pause.until ? pauseInstantOf(pause.until, { timezone, fromMs: startMs }) : undefined;
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

type InstantContext = {
  readonly timezone: string;
  /** What a duration counts from, epoch ms. */
  readonly fromMs: number;
};

/** The instant that begins or ends a pause, or ends an acknowledgement. */
export const pauseInstantOf = (given: z.output<typeof PauseInstant>, { timezone, fromMs }: InstantContext): Instant => {
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
    const { reason = given.reason } = pause;
    const context = reason === undefined ? given : { ...given, reason };
    const { tenant, actor } = context;
    if (pause.scope === 'application' && !(await loadApplicationOf(deps.store, pause.of, tenant))) {
      throw rejectField('UNKNOWN_APPLICATION', '/of', `there is no application ${pause.of}`);
    }
    const timezone = pause.scope === 'job' ? await timezoneOfJob(deps, pause.of, tenant) : 'UTC';
    const own = ownAppend(context, isPauseEvent);
    const pauseId = own?.made?.events[0]?.data.pauseId ?? (await deps.pauseIds.take());
    const stream = pauseStream(pauseId);
    const { events, revision, position } = await deps.holdings.pauses(tenant, (admit) =>
      handleCommand(deps, {
        stream,
        context,
        load: () => loadPause(deps.store, pauseId),
        decide: (existing) =>
          decideSetPause(
            { pauseId, tenant, actor, pause: { ...pause, reason }, timezone },
            existing,
            deps.world.clock.now(),
          ),
        // A pause of the whole installation belongs to an administrator, who can always set it.
        prepare: async () => {
          if (pause.scope !== 'installation') await admit();
        },
        own,
      }),
    );
    const [set] = events;
    if (set === undefined) throw new Error(`the new id ${pauseId} is in use already`);
    return { value: set.data, revision, position, pendingEngines: await awaitEngines(deps, { stream, position }) };
  };

/** @throws DomainError UNKNOWN_JOB */
const timezoneOfJob = async ({ store }: CommandDeps, jobId: number, tenant: Tenant): Promise<string> => {
  const { state: job } = await loadJob(store, jobId);
  const isLiving = job.status === 'enabled' || job.status === 'disabled';
  if (isLiving && job.definition.tenant === tenant) return job.definition.timezone;
  throw rejectField('UNKNOWN_JOB', '/of', `there is no job ${jobId}`);
};

export const liftPause =
  (deps: CommandDeps) =>
  async (context: CommandContext, pauseId: number, authority: PauseAuthority): Promise<CommandResult<undefined>> => {
    const { tenant, actor } = context;
    const stream = pauseStream(pauseId);
    const { revision, position } = await handleCommand(deps, {
      stream,
      context,
      load: () => loadPause(deps.store, pauseId),
      decide: (existing) => decideLiftPause({ pauseId, tenant, actor, authority }, existing, deps.world.clock.now()),
      own: ownAppend(context, isPauseEvent),
    });
    return { value: undefined, revision, position, pendingEngines: await awaitEngines(deps, { stream, position }) };
  };
