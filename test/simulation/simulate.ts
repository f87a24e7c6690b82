import type { DomainEvent } from '../../src/domain/events/index.ts';
import { keysStream } from '../../src/domain/streams.ts';
import { MAX_ENGINE_TIMEOUT_MS } from '../../src/engine/cluster/ownership.ts';
import type { EngineStatus } from '../../src/engine/engine.ts';
import type { Codec } from '../../src/event-store/codec.ts';
import {
  comparePositions,
  type EventStore,
  LOG_START,
  type Position,
  type RecordedEvent,
} from '../../src/event-store/port.ts';
import { readable } from '../../src/event-store/read-log.ts';
import type { RawEvent } from '../../src/event-store/stored-event.ts';
import type { MemoryLog } from '../support/memory-log.ts';
import { withAppend } from '../support/memory-store.ts';
import { type MovableLog, movableLog } from '../support/moved-logs.ts';
import { type Acknowledged, createCallers } from './callers.ts';
import { type Clocks, createClocks, EPOCH_MS } from './clocks.ts';
import { type Cluster, createCluster, type Stop } from './cluster.ts';
import { forbidTheRealWorld } from './guard.ts';
import { type DomainError, linkToLog, sharedCodec } from './log-link.ts';
import { calendarsOf, extrasOf, type Plan, type PlannedFault, processesOf } from './plan.ts';
import { type Beat, createSimulatedPostgres, type SimulatedPostgres, type WorkBeat } from './postgres.ts';
import { createReports, type Reported } from './reports.ts';
import type { Sabotage } from './sabotage.ts';
import { createSpoils, type Spoiled, type Spoils } from './spoils.ts';
import { type Called, createTargets } from './targets.ts';
import { createTrace, type Noted, type Trace } from './trace.ts';
import { createVirtualTime, Livelock } from './virtual-time.ts';
import { watchedLog } from './watched-log.ts';
import { type GivenWork, startWorkers } from './workers.ts';

/** All that can be known of a simulation when it is over. */
export type Run = {
  readonly plan: Plan;
  /** When it began, and the common clock at its end, epoch ms. */
  readonly epochMs: number;
  readonly endedAtMs: number;
  readonly events: readonly RecordedEvent[];
  /** Those that retention has not cut. */
  readonly eventsLeft: readonly RecordedEvent[];
  readonly calls: readonly Called[];
  readonly beats: readonly Beat[];
  /** What became of the application's data keys, of which the log keeps the last alone. */
  readonly keys: readonly KeyDeed[];
  /** Appends that the log did not take, since their stream was elsewhere. */
  readonly rejections: readonly Rejected[];
  readonly spoiled: readonly Spoiled[];
  readonly acknowledged: readonly Acknowledged[];
  readonly reported: readonly Reported[];
  /** What workers were given, and their heartbeats. */
  readonly givenWork: readonly GivenWork[];
  readonly workBeats: readonly WorkBeat[];
  readonly trace: readonly Noted[];
  readonly engines: readonly EngineStatus[];
  readonly stops: readonly Stop[];
  /** The read models as the projector left them, and how far it had come. */
  readonly readModels: { readonly rows: unknown; readonly checkpoint: Position | undefined };
  readonly livelock: string | undefined;
};

/** A data key was wrapped, or deleted. */
export type KeyDeed = { readonly atMs: number; readonly stream: string; readonly deed: 'wrapped' | 'deleted' };

type Rejected = { readonly atMs: number; readonly stream: string };

/** Runs a plan from its first event to its last. */
export const simulate = async (plan: Plan, sabotage: Sabotage = {}): Promise<Run> => {
  const allowAgain = forbidTheRealWorld();
  try {
    return await run(plan, sabotage);
  } finally {
    allowAgain();
  }
};

/** Whoever makes the application that all jobs are of; nothing befalls it. */
const PRELUDE = 'prelude';
/** It has asked for the time by then, however slow the way to Postgres. */
const PRELUDE_UP_MS = 400;
/** How long a process is down that is started again with the mended release. */
const MEND_MS = 500;

const run = async (plan: Plan, sabotage: Sabotage): Promise<Run> => {
  const time = createVirtualTime();
  const { nowMs } = time;
  const trace = createTrace(nowMs);
  // Of these the log keeps the last alone.
  const beatsInLog: Omit<Beat, 'timeoutMs'>[] = [];
  const keys: KeyDeed[] = [];
  const took = (event: DomainEvent): void => {
    if (event.type === 'DataKeyWrapped') {
      const { applicationId, generation } = event.data;
      keys.push({ atMs: nowMs(), stream: keysStream(applicationId, generation), deed: 'wrapped' });
    }
    if (event.type === 'EngineHeartbeat')
      beatsInLog.push({ atMs: nowMs(), engineId: event.data.engineId, leaves: false });
  };
  const deleted = (stream: string) => keys.push({ atMs: nowMs(), stream, deed: 'deleted' });
  const lost: Rejected[] = [];
  const rejected = (stream: string) => lost.push({ atMs: nowMs(), stream });
  /** What was cut of streams of runs: books are kept of all that ever was in the log. */
  const cut: RawEvent[] = [];
  const movable = movableLog({ now: () => EPOCH_MS + nowMs() });
  const spoils = createSpoils(nowMs);
  const log = watchedLog(spoils.watch(movable), {
    ...{ trace, took, deleted, rejected },
    cut: (events) => cut.push(...events),
  });
  const codec = sharedCodec();
  const clocks = createClocks(nowMs, trace);
  const postgres = createSimulatedPostgres({ nowMs, commonMs: clocks.commonMs });
  const reports = createReports({ plan, time, trace, commandsOf: (process) => cluster.apiOf(process)?.commands });
  const targets = createTargets({
    plan,
    trace,
    nowMs,
    commonMs: clocks.latestCommonMs,
    logEnd: log.end,
    accepted: reports.take,
  });
  const callers = createCallers({
    trace,
    nowMs,
    commonMs: clocks.latestCommonMs,
    newestExecution: (jobId) => postgres.readModels().newestExecution(jobId),
    newestBackfill: (jobId) => postgres.readModels().newestBackfill(jobId),
  });
  const stores: EventStore[] = [];
  const cluster = createCluster({
    plan,
    time,
    trace,
    clocks,
    postgres,
    targets,
    storeOf: (machine) => {
      const rejections = plan.faults.filter(
        (fault): fault is DomainError => fault.kind === 'reject' && fault.process === machine.name,
      );
      const isIll = () => nowMs() < plan.calmFromMs;
      const by = isIll() ? spoils.unmended(codec) : codec;
      const store = linkToLog(machine, { log, codec: by, rejections, isIll });
      stores.push(store);
      const sabotaged = sabotage.store?.(store, log, machine.name);
      if (sabotaged === undefined) return store;
      // What befalls appends befalls those that are made together too.
      return sabotaged.appendEach === store.appendEach ? withAppend(sabotaged, sabotaged.append) : sabotaged;
    },
    sabotage,
  });

  const givenWork = startWorkers({ plan, time, trace, apiOf: cluster.apiOf, send: reports.send });

  cluster.start(PRELUDE);
  time.after(PRELUDE_UP_MS, () => {
    const first = cluster.apiOf(PRELUDE);
    if (first === undefined) return;
    void callers.makeApplications(first.commands, plan.limits, extrasOf(plan));
    for (const name of calendarsOf(plan)) void callers.makeCalendar(first.commands, name);
  });
  for (const name of namesOf(plan)) time.after(1, () => cluster.start(name));
  for (const fault of plan.faults)
    if ('atMs' in fault)
      time.after(fault.atMs, () => befall({ cluster, clocks, postgres, log: movable, spoils, trace }, fault));
  if (plan.faults.some(({ kind }) => kind === 'spoil')) {
    for (const name of namesOf(plan))
      time.after(plan.calmFromMs, () => cluster.stop({ process: name, downMs: MEND_MS }));
  }
  for (const command of plan.commands) {
    const askAt = (atMs: number, process: string) =>
      time.after(atMs, () => {
        const api = cluster.apiOf(process);
        if (api !== undefined) void callers.ask(process, api, command);
      });
    askAt(command.atMs, command.process);
    if (command.again !== undefined) askAt(command.atMs + command.again.afterMs, command.again.process);
  }

  const livelock = await livelockOf(time.runUntil(plan.endMs));
  const timeouts = new Map(postgres.beats.map(({ engineId, timeoutMs }) => [engineId, timeoutMs]));
  const withTimeout = (beat: Omit<Beat, 'timeoutMs'>): Beat => ({
    ...beat,
    timeoutMs: timeouts.get(beat.engineId) ?? MAX_ENGINE_TIMEOUT_MS,
  });
  const done: Run = {
    plan,
    epochMs: EPOCH_MS,
    endedAtMs: clocks.commonMs(),
    events: everyEvent(log, { codec, cut }),
    eventsLeft: everyEvent(log, { codec, cut: [] }),
    calls: targets.calls,
    beats: [...postgres.beats, ...beatsInLog.map(withTimeout)].sort((a, b) => a.atMs - b.atMs),
    rejections: lost,
    keys,
    spoiled: spoils.all,
    acknowledged: callers.acknowledged,
    reported: reports.reported,
    givenWork,
    workBeats: postgres.workBeats,
    trace: trace.entries,
    engines: cluster.engines(),
    stops: cluster.stops,
    readModels: { rows: postgres.readModels().rows(), checkpoint: postgres.checkpoint() },
    livelock,
  };
  // A combined signal that is listened to lives until it aborts, and with it all that it can reach.
  for (const store of stores) await store.close();
  return done;
};

const namesOf = (plan: Plan): string[] => ['projector', ...processesOf(plan)];

type Befallen = {
  readonly cluster: Cluster;
  readonly clocks: Clocks;
  readonly postgres: SimulatedPostgres;
  readonly log: MovableLog;
  readonly spoils: Spoils;
  readonly trace: Trace;
};

type TimedFault = Extract<PlannedFault, { atMs: number }>;

/** Faults of a certain moment; those of a certain call are each machine's own. */
const befall = ({ cluster, clocks, postgres, log, spoils, trace }: Befallen, fault: TimedFault): void => {
  switch (fault.kind) {
    case 'newer':
      takeNewer(log, fault, trace);
      break;
    case 'spoil':
      spoils.awaitIn(fault.stream);
      break;
    case 'setBack': {
      const lost = log.setBack(fault.events);
      trace.note('log', 'is set back', {
        lost: lost.map(({ stream, type, recordedAt }) => ({ stream, type, recordedAt })),
      });
      break;
    }
    case 'partition':
      cluster.cutOff(fault.process, fault.from, fault.forMs);
      break;
    case 'clock':
      clocks.put(fault.process, fault.byMs);
      break;
    case 'stop':
      cluster.stop(fault);
      break;
    case 'forget':
      trace.note('postgres', 'loses its table of engines');
      postgres.forgetMembers();
      break;
    case 'suspend':
      cluster.suspend(fault.process, fault.forMs);
      break;
  }
};

/** Like the last event of its stream, and of a type that no release has yet. */
const takeNewer = (log: MovableLog, { stream, atMs }: Extract<TimedFault, { kind: 'newer' }>, trace: Trace): void => {
  const last = log.streamEvents(stream).at(-1);
  if (last === undefined) return;
  const id = `00000000-0000-4000-8000-${String(Math.round(atMs)).padStart(12, '0')}`;
  trace.note('log', `takes a newer event in ${stream}`);
  log.append({
    append: { stream, expectedRevision: last.revision, events: [] },
    events: [{ ...last, id, type: 'OfTomorrow' }],
  });
};

const livelockOf = async (running: Promise<void>): Promise<string | undefined> => {
  try {
    await running;
    return undefined;
  } catch (error) {
    if (error instanceof Livelock) return error.message;
    throw error;
  }
};

type WholeLog = { readonly codec: Codec; readonly cut: readonly RawEvent[] };

const everyEvent = (log: MemoryLog, { codec, cut }: WholeLog): RecordedEvent[] => {
  const stored = [...cut];
  for (let after = LOG_START; ; ) {
    const page = log.page({ after });
    stored.push(...page.events);
    if (page.atEnd) break;
    after = page.considered;
  }
  return stored
    .sort((a, b) => comparePositions(a.position, b.position))
    .flatMap((raw) => readable(codec.decode(raw)) ?? []);
};
