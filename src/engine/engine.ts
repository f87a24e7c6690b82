import type { EventLog } from '../commands/loop/handle-command.ts';
import type { Ids } from '../commands/loop/ids.ts';
import { isApplicationEvent, isJobEvent, isRunEvent } from '../domain/events/families.ts';
import type { Position, SubscriptionItem } from '../event-store/port.ts';
import type { CommonTime } from './cluster/common-time.ts';
import { createLogBeats } from './cluster/log-beats.ts';
import { createMembers } from './cluster/members.ts';
import { createWatchdog } from './cluster/watchdog.ts';
import { createGate } from './gate.ts';
import { createValueTable } from './jobs/application-values.ts';
import { createDefinitions, definitionOf } from './jobs/definitions.ts';
import { createJobTable } from './jobs/job-table.ts';
import { createNewestValues } from './jobs/newest-values.ts';
import { createParking } from './jobs/parking.ts';
import { readParked } from './jobs/read-parked.ts';
import { createLogCheck } from './log-check.ts';
import type { LoadSchedule, Membership } from './ports.ts';
import { readSurely } from './read-surely.ts';
import type { ClaimDeps, HeldClaim } from './run/claim.ts';
import { createClaimLoop } from './run/claim-loop.ts';
import { createDispatch } from './run/dispatch.ts';
import { execute, type RunTask } from './run/execute.ts';
import { createOpenCalls } from './run/open-calls.ts';
import { createPlaces } from './run/places.ts';
import { reap, type Suspect, suspects } from './run/reaper.ts';
import { targetKey } from './run/target-key.ts';
import { createTurnQueue } from './run/turns.ts';
import { within } from './within.ts';

export type EngineDeps = EventLog & {
  readonly time: CommonTime;
  readonly membership: Membership;
  /** The version of this process's time zone data. */
  readonly zoneData: string;
  /** No other engine can reach this database, so any other engine is dead. */
  readonly alone: boolean;
  readonly loadSchedule: LoadSchedule;
  /** The log's identity, as `ensureLogIdentity` returns it. */
  readonly logId: string;
  readonly executionIds: Ids;
  readonly runTask: RunTask;
  /** Limits on calls at the same time: in all, and to one target. */
  readonly concurrency: number;
  readonly targetConcurrency: number;
  /** Limit on the memory for definitions. */
  readonly definitionBytes: number;
};

export type EngineStatus = {
  readonly engineId: string;
  /**
   * One that stands by claims nothing, while others do; of one that stands still nothing comes, and others take its
   * jobs.
   */
  readonly state: 'starting' | 'claiming' | 'standing by' | 'standing still' | 'stopping' | 'stopped' | 'failed';
  readonly why?: string;
  /** Since when it stands by, stands still or has failed, epoch ms. */
  readonly sinceMs?: number;
  readonly jobs: number;
  /** Claims whose call has not started. */
  readonly waiting: number;
  /** Jobs that are due and wait because their tenant or target holds its share of the places for calls. */
  readonly waitingForPlace: number;
  readonly running: number;
  readonly members: readonly string[];
};

export type Engine = {
  /**
   * Loads the schedule and starts to claim once it has passed the log's end. Resolves when it claims, or has failed.
   */
  start(): Promise<void>;
  status(): EngineStatus;
  /**
   * Hands its jobs to the other engines, claiming until they have them, then lets calls end; `drainMs` from the start
   * on it aborts the rest, and records every outcome.
   */
  stop(drainMs: number): Promise<void>;
};

/** How long before it is due a slot is claimed, so that the commit of the claim does not delay the call. */
const AHEAD_MS = 200;
/** Time for recording outcomes after calls were aborted. */
const FLUSH_MS = 2_000;
/** Time for other engines to take the jobs of an engine that stops. */
const HANDOVER_MS = 5_000;

export const createEngine = (deps: EngineDeps): Engine => {
  const { world, time } = deps;
  const engineId = world.random.uuid();
  const stopSubscription = new AbortController();
  const stopCalls = new AbortController();
  const calls = createOpenCalls(stopCalls.signal);
  let state: Exclude<EngineStatus['state'], 'standing by' | 'standing still'> = 'starting';
  let why: string | undefined;
  let failedAtMs: number | undefined;
  let claimingSinceMs = 0;
  /** An engine that stops goes on claiming until others have its jobs. */
  let handingOver = false;
  let reaping: Promise<void> | undefined;
  let isFollowing = false;
  const watchdog = createWatchdog({
    store: deps.store,
    world,
    reached: () => (isFollowing ? gate.reached() : undefined),
    probe: () => logBeats.beat(),
  });
  const { store } = watchdog;
  const logBeats = createLogBeats({ store, engineId, world });
  /** Shut at the start and after each change of owners, until the log's end of that moment is passed. */
  const gate = createGate({ store, world });
  const failure = Promise.withResolvers<void>();

  const members = createMembers({
    engineId,
    zoneData: deps.zoneData,
    alone: deps.alone,
    membership: deps.membership,
    logBeats,
    time,
    world,
    standsStill: () => watchdog.standstill() !== undefined,
    changed: () => {
      table.armAll();
      gate.shut().then(loop.wake, failed);
    },
    beating: () => {
      const suspected = suspects({ table, engineId });
      return () => {
        if (claiming() && reaping === undefined) reaping = reapAmong(suspected);
      };
    },
  });
  const table = createJobTable({ clock: time, owns: members.owns, aheadMs: AHEAD_MS, runsKnown: calls.abortEnded });
  const parking = createParking();
  const values = createValueTable();
  const newestValues = createNewestValues({ store, table: values, world, signal: stopCalls.signal });
  const definitions = createDefinitions({ store, limitBytes: deps.definitionBytes, parked: parking.park });
  const logCheck = createLogCheck({ store, logId: deps.logId, world });
  const places = createPlaces({
    count: deps.concurrency,
    countPerTarget: deps.targetConcurrency,
    clock: world.clock,
  });
  const turns = createTurnQueue({
    places,
    flowOf: ({ jobId, tenant }) => {
      const known = definitions.get(jobId);
      return places.flowOf(tenant, known === undefined ? '' : targetKey(known.definition));
    },
    isDue: (job) => !parking.holds(job) && table.isDue(job, time.now()),
    arm: table.arm,
  });
  const dispatch = createDispatch<HeldClaim>({
    world: { ...world, clock: time },
    places,
    freed: () => {
      turns.placeFreed();
      loop.wake();
    },
    run: async (held) => {
      await execute(
        {
          ...claimDeps,
          runTask: deps.runTask,
          newestValues,
          leaseHeldSince: members.leaseHeldSince,
          calls,
          signal: stopCalls.signal,
        },
        held,
      );
    },
  });
  const claimDeps: ClaimDeps = {
    store,
    lanes: deps.lanes,
    world: { ...world, clock: time },
    engineId,
    table,
    definitions,
    parking,
    executionIds: deps.executionIds,
    aheadMs: AHEAD_MS,
    checkLog: logCheck.check,
    claimingSinceMs: (jobId) => Math.max(claimingSinceMs, members.ownsSinceMs(jobId)),
    // A manual run is due at once, whichever clock its request went by.
    claimed: (held, ticket) =>
      dispatch.add(held, ticket, held.claim.trigger === 'schedule' ? Date.parse(held.claim.scheduledAt) : time.now()),
    giveBack: dispatch.giveBack,
  };

  const claiming = (): boolean => (state === 'claiming' || handingOver) && gate.isOpen();

  const reapAmong = async (suspected: readonly Suspect[]): Promise<void> => {
    try {
      await reap({ ...claimDeps, endsFor: members.endsFor, deadAmong: members.deadAmong }, suspected);
    } catch (error) {
      world.log.error({ engineId, error }, 'scheduler: lost executions could not be ended; tried again');
    }
    reaping = undefined;
  };

  const failed = (error: unknown): void => {
    if (state === 'stopping' || state === 'stopped') return;
    state = 'failed';
    failedAtMs = time.now();
    void members.rest(0);
    failure.resolve();
    why = error instanceof Error ? error.message : String(error);
    world.log.error({ engineId, error }, 'scheduler: the engine failed and claims nothing more');
  };

  const standing = (): Partial<EngineStatus> => {
    const still = watchdog.standstill();
    if (still !== undefined) {
      const sinceMs = time.now() - (world.clock.monotonic() - still.sinceMs);
      return { state: 'standing still', why: still.why, sinceMs };
    }
    const by = members.standsBy();
    return by === undefined ? {} : { state: 'standing by', ...by };
  };

  const loop = createClaimLoop({ claimDeps, turns, isClaiming: claiming, failed });

  const apply = (item: SubscriptionItem): void => {
    switch (item.kind) {
      case 'events':
        for (const event of item.events) {
          const isNew = event.type !== 'EngineBeat' && logCheck.saw(event);
          if (isRunEvent(event)) {
            if (isNew) table.hearRunEvent(event);
            else table.applyRunEvent(event);
          } else if (isApplicationEvent(event)) values.apply(event);
          else if (event.type === 'EngineBeat') members.hearInLog(event.data.engineId, event.revision);
          else if (isJobEvent(event)) {
            table.applyJobEvent(event);
            definitions.put(event.data.jobId, definitionOf(event));
          }
          gate.reach(event.position);
        }
        break;
      case 'parked':
        parking.park(item.parked);
        gate.reach(item.position);
        break;
      case 'checkpoint':
      case 'caughtUp':
        gate.reach(item.position);
        break;
    }
    loop.wake();
  };

  const follow = async (after: Position | undefined): Promise<void> => {
    const subscription = store.subscribe({
      after,
      streamPrefixes: ['job-', 'runs-', 'app-', 'engine-'],
      signal: stopSubscription.signal,
    });
    for await (const item of subscription) apply(item);
  };

  return {
    start: async () => {
      await members.start();
      const loaded = await deps.loadSchedule((page) => page.forEach(table.load));
      loaded.applications?.forEach(values.load);
      logCheck.loaded(loaded.lastEvent);
      try {
        await readSurely(world, logCheck.check);
      } catch (error) {
        return failed(error);
      }
      await readParked({ store, world: { ...world, clock: time }, table, values, parking }, loaded.parked ?? []);
      if (loaded.position !== undefined) gate.reach(loaded.position);
      isFollowing = true;
      follow(loaded.position).catch(failed);
      void watchdog.keepLooking(stopSubscription.signal);
      await Promise.race([gate.shut(), failure.promise]);
      if (state !== 'starting') return;
      // From now on others leave this engine its jobs. It has to see first what they appended before that.
      await members.work();
      await Promise.race([gate.shut(), failure.promise]);
      if (state !== 'starting') return;
      logCheck.keepChecking(stopSubscription.signal).catch(failed);
      claimingSinceMs = time.now();
      state = 'claiming';
      world.log.info({ engineId, jobs: table.size() }, 'scheduler: the engine is claiming');
      loop.wake();
    },
    status: () => {
      return {
        engineId,
        state,
        ...(why === undefined ? {} : { why }),
        ...(failedAtMs === undefined ? {} : { sinceMs: failedAtMs }),
        ...(state === 'claiming' ? standing() : undefined),
        jobs: table.size(),
        waiting: dispatch.waiting(),
        waitingForPlace: turns.waiting(),
        running: dispatch.running(),
        members: members.sharing(),
      };
    },
    stop: async (drainMs) => {
      const endMs = world.clock.monotonic() + drainMs + FLUSH_MS;
      const abort = world.timers.after(drainMs, () => stopCalls.abort());
      handingOver = state === 'claiming';
      if (state !== 'failed') state = 'stopping';
      await members.rest(Math.min(drainMs, HANDOVER_MS));
      handingOver = false;
      const limitMs = Math.max(0, endMs - world.clock.monotonic());
      await within(Promise.all([loop.stop(), dispatch.idle()]), { limitMs, timers: world.timers });
      abort();
      stopSubscription.abort();
      await members.stop();
      state = 'stopped';
    },
  };
};
