import { z } from 'zod';
import { CatchUp, Reprocess, RuleFields } from '../../src/domain/events/index.ts';

/** How a target fails: by its status, without a connection, or by no answer in time. */
const Failure = z.union([z.int(), z.enum(['rejected', 'timeout'])]);
export type Failure = z.infer<typeof Failure>;

/** What no single happening stands for: how slow things are, how many at once. */
const Weather = z.object({
  /** One way, to the log and to Postgres, from 0 to this. */
  latencyMs: z.number(),
  targetMs: z.number(),
  slowTargetMs: z.number(),
  /** How many of a hundred calls are slow, or fail. */
  slowPercent: z.number(),
  failPercent: z.number(),
  /** In which ways calls fail; by status 500 unless told. */
  failures: z.array(Failure).optional(),
  /** What targets that take calls with 202 say of them: how many of a hundred say nothing, and how long others take. */
  reports: z.object({ silentPercent: z.number(), longestMs: z.number() }).optional(),
  /**
   * Who takes offered work: how many, how long it takes, how long they pause between takes at most, and how many of a
   * hundred pieces they forget, or fall silent over.
   */
  workers: z
    .object({
      count: z.int(),
      longestMs: z.number(),
      pauseMs: z.number().optional(),
      forgetPercent: z.number(),
      silentPercent: z.number(),
    })
    .optional(),
  concurrency: z.number(),
  targetConcurrency: z.number(),
  definitionBytes: z.number(),
});
export type Weather = z.infer<typeof Weather>;

/** Instead of a pattern: an interval, one instant so long after the command, or none. */
const PlannedSchedule = z.union([
  z.object({ every: z.string() }),
  z.object({ atAfterMs: z.number() }),
  z.object({ manual: z.literal(true) }),
]);
export type PlannedSchedule = z.infer<typeof PlannedSchedule>;

/** A limit of the application, as a caller gives it. */
const PlannedLimit = z.object({
  name: z.string(),
  parallel: z.int().optional(),
  rate: z.object({ count: z.int(), per: z.int() }).optional(),
});
export type PlannedLimit = z.infer<typeof PlannedLimit>;

const Ask = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('create'),
    pattern: z.string().optional(),
    schedule: PlannedSchedule.optional(),
    startsAfterMs: z.number().optional(),
    endsAfterMs: z.number().optional(),
    /** Which of the applications that are there beside the first one. */
    extra: z.int().optional(),
    /** What the job says of its runs. */
    rules: RuleFields.optional(),
  }),
  z.object({
    kind: z.literal('reschedule'),
    pattern: z.string().optional(),
    schedule: PlannedSchedule.optional(),
  }),
  z.object({ kind: z.enum(['rename', 'retarget', 'enable', 'disable', 'delete', 'trigger']) }),
  /** Of the job's newest execution. */
  z.object({ kind: z.enum(['cancel', 'rerun']) }),
  /** Of slots so long before it is asked for. */
  z.object({
    kind: z.literal('backfill'),
    fromAgoMs: z.number(),
    toAgoMs: z.number(),
    reprocess: Reprocess,
    parallel: z.int(),
  }),
  /** The job's newest backfill. */
  z.object({ kind: z.literal('cancelBackfill') }),
  /** Of the job's executions, those that were created longer ago. */
  z.object({ kind: z.literal('expire'), keepMs: z.number() }),
  z.object({ kind: z.literal('rule'), rules: RuleFields }),
  z.object({ kind: z.literal('limit'), limit: PlannedLimit }),
  /** Of all jobs, or of all executions. */
  z.object({ kind: z.literal('bulk'), action: z.enum(['enable', 'disable', 'trigger', 'rerun', 'cancel']) }),
  z.object({
    kind: z.literal('pause'),
    scope: z.enum(['installation', 'tenant', 'application', 'target', 'job']),
    /** Whose target is paused, where a target is; for work, its queue. */
    ofJob: z.int(),
    /** How long after it is asked for it begins. */
    afterMs: z.number().optional(),
    forMs: z.number(),
    catchUp: CatchUp.optional(),
  }),
  /** Of the newest pause. */
  z.object({ kind: z.literal('lift') }),
  /** A trigger that no pause keeps from being called. */
  z.object({ kind: z.literal('force') }),
  /**
   * A calendar has all days of a simulation, none, or one that none comes to; `days` is the name of the first one. The
   * calendar `shift` moves slots: from the days around the one that a simulation is on, those before it, or that day.
   */
  z.object({
    kind: z.literal('calendar'),
    name: z.enum(['more', 'shift']).optional(),
    days: z.enum(['all', 'none', 'ahead', 'around', 'before', 'today']),
  }),
  /** The deletion of an application beside the first one. */
  z.object({ kind: z.literal('leave'), extra: z.int() }),
  z.object({ kind: z.literal('application'), what: z.enum(['set secret', 'erase', 'rotate']) }),
]);

const PlannedCommand = z.object({
  atMs: z.number(),
  process: z.string(),
  /** Which of the plan's jobs, from 0; what is asked of all or of their application names none, and counts on from them. */
  job: z.int(),
  ask: Ask,
  /** The job's task is work for a queue. */
  isWork: z.literal(true).optional(),
  /** The caller asks again, perhaps another process, as one that got no answer does. */
  again: z.object({ afterMs: z.number(), process: z.string() }).optional(),
});
export type PlannedCommand = z.infer<typeof PlannedCommand>;

/** The calls that leave a process. */
const VERBS = [
  'append',
  'readLast',
  'readStream',
  'end',
  'page',
  'beat',
  'time',
  'load',
  'commit',
  'call',
  'check',
  'closures',
  'members',
  'work',
] as const;
export type Verb = (typeof VERBS)[number];

/** At the nth call of a kind that a process makes: on the way there, or on the way back, when it took effect. */
const atCall = {
  process: z.string(),
  verb: z.enum(VERBS),
  nth: z.int(),
  way: z.enum(['there', 'back']),
};

const CallFault = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('crash'), ...atCall, downMs: z.number() }),
  z.object({ kind: z.literal('freeze'), ...atCall, forMs: z.number() }),
  z.object({ kind: z.literal('lose'), ...atCall }),
  z.object({ kind: z.literal('delay'), ...atCall, byMs: z.number() }),
  z.object({ kind: z.literal('redeliver'), ...atCall, events: z.number() }),
]);
export type CallFault = z.infer<typeof CallFault>;

const PlannedFault = z.discriminatedUnion('kind', [
  ...CallFault.options,
  z.object({
    kind: z.literal('partition'),
    process: z.string(),
    from: z.enum(['log', 'postgres']),
    atMs: z.number(),
    forMs: z.number(),
  }),
  /** `process` may be `postgres`, whose clock all follow. */
  z.object({ kind: z.literal('clock'), process: z.string(), atMs: z.number(), byMs: z.number() }),
  /** The log takes an event that only a newer release knows. */
  z.object({ kind: z.literal('newer'), process: z.literal('log'), atMs: z.number(), stream: z.string() }),
  /** The next event of a stream can't be read by the release that all run, until it is calm and they run a mended one. */
  z.object({ kind: z.literal('spoil'), process: z.literal('log'), atMs: z.number(), stream: z.string() }),
  /** The log loses its last events, as by a restored backup. */
  z.object({ kind: z.literal('setBack'), process: z.literal('log'), atMs: z.number(), events: z.int() }),
  /** The nth call of a process takes longer by so much. */
  z.object({ kind: z.literal('dawdle'), process: z.string(), nth: z.int(), byMs: z.number() }),
  /** The nth outcome of a process's life is more than the log holds, or rejected so often. */
  z.object({
    kind: z.literal('reject'),
    process: z.string(),
    nth: z.int(),
    why: z.enum(['large', 'denied']),
    times: z.int(),
  }),
  /** In order; calls under way may end for so long, 5 s unless told. */
  z.object({
    kind: z.literal('stop'),
    process: z.string(),
    atMs: z.number(),
    downMs: z.number(),
    drainMs: z.number().optional(),
  }),
  /** Postgres loses its table of engines, as a crash of it empties one that is not logged. */
  z.object({ kind: z.literal('forget'), process: z.literal('postgres'), atMs: z.number() }),
  /** The machine that a process runs on sleeps. */
  z.object({ kind: z.literal('suspend'), process: z.string(), atMs: z.number(), forMs: z.number() }),
]);
export type PlannedFault = z.infer<typeof PlannedFault>;

/** How engines work together on jobs that are due: how many at most, and whether their calls are prepared. */
const Turns = z.object({ size: z.int(), prepared: z.boolean() });

/** All that a simulation does, as plain data: whatever is taken out of it leaves the rest as it was. */
export const Plan = z.object({
  seed: z.int(),
  /** Processes with an engine and an API, named engine-1… */
  engines: z.int(),
  /** Processes with an API alone, named api-1… */
  callers: z.int(),
  weather: Weather,
  /** By default as the seed says. */
  turns: Turns.optional(),
  /** After how much silence engines are dead, by name; others after 10 s. */
  timeouts: z.record(z.string(), z.int()).optional(),
  /** Set before any job is made. */
  limits: z.array(PlannedLimit).default([]),
  /** When the last fault is over and targets are well again, ms. */
  calmFromMs: z.number(),
  endMs: z.number(),
  commands: z.array(PlannedCommand),
  faults: z.array(PlannedFault),
});
export type Plan = z.infer<typeof Plan>;

/** All by themselves, few together, or as many as in the service; each with calls prepared or not. */
const TURN_SIZES = [500, 1, 3];
const UNPREPARED_EVERY = 4;

export const turnsOf = ({ seed, turns }: Plan): z.infer<typeof Turns> =>
  turns ?? { size: TURN_SIZES[seed % TURN_SIZES.length] ?? 1, prepared: seed % UNPREPARED_EVERY > 0 };

/** How many applications a plan has beside the first one. */
export const extrasOf = ({ commands }: Plan): number =>
  commands.reduce((most, { ask: request }) => Math.max(most, request.kind === 'leave' ? request.extra + 1 : 0), 0);

/** The calendars that a plan is about. */
export const calendarsOf = ({ commands }: Plan): readonly string[] => {
  const named = commands.flatMap(({ ask: request }) => {
    if (request.kind === 'calendar') return [request.name ?? 'days'];
    const { include = [], exclude = [] } = ('rules' in request ? request.rules?.calendar : undefined) ?? {};
    return [...include, ...exclude];
  });
  return [...new Set(named)].sort();
};

/** All that answer callers. */
export const processesOf = ({ engines, callers }: Plan): string[] => [
  ...Array.from({ length: engines }, (_, index) => `engine-${index + 1}`),
  ...Array.from({ length: callers }, (_, index) => `api-${index + 1}`),
];
