import type { WorkContext } from '../../src/commands/execution/work-feed.ts';
import type { JobClosures } from '../../src/commands/job-closures.ts';
import { jobClosuresOf } from '../../src/commands/job-closures.ts';
import type { CommandReads } from '../../src/commands/read-models.ts';
import type { MembershipTable } from '../../src/db/membership.ts';
import type { WorkBeats } from '../../src/db/work-beats.ts';
import { NO_CLOSURES } from '../../src/domain/closure/closure.ts';
import { type ClosureBook, createClosureBook } from '../../src/domain/closure/closure-book.ts';
import { defined } from '../../src/domain/defined.ts';
import type { BulkWork } from '../../src/domain/events/index.ts';
import { idRangesOf } from '../../src/domain/id-ranges.ts';
import { MAX_ENGINE_TIMEOUT_MS } from '../../src/engine/cluster/ownership.ts';
import type { LoadedClosures, LoadSchedule, Member, Membership } from '../../src/engine/ports.ts';
import type { StreamParked } from '../../src/event-store/errors.ts';
import type { LogCheckpoint } from '../../src/event-store/identity.ts';
import {
  comparePositions,
  type EventStore,
  LOG_START,
  type Position,
  type RecordedEvent,
} from '../../src/event-store/port.ts';
import type { OperationContext } from '../../src/operations/context.ts';
import type { ParkedStream } from '../../src/projections/parked.ts';
import type { OfferChange } from '../../src/projections/queries/records/offers.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { stub } from '../support/stub.ts';
import { createSimulatedLeases } from './leases.ts';
import { LOG_ID } from './log-link.ts';
import type { Machine } from './machine.ts';
import { createReadModels, type ReadModels } from './read-models.ts';

/** What Postgres has, and its clock: each call takes effect at once and whole. */
export type SimulatedPostgres = {
  membershipOf(machine: Machine): Membership;
  enginesOf(machine: Machine): MembershipTable['engines'];
  timeOf(machine: Machine): () => Promise<number>;
  scheduleOf(machine: Machine): LoadSchedule;
  queriesOf(machine: Machine): OperationContext['queries'] & CommandReads['queries'];
  leasesOf(machine: Machine): OperationContext['leases'];
  /** Offered work, and the heartbeats of those who took it. */
  workOf(machine: Machine): SimulatedWork;
  /** What closes spans of time to jobs, as commands look it up; they ask only where something ever did. */
  jobClosuresOf(machine: Machine, store: EventStore): JobClosures;
  checkpoint(): Position | undefined;
  /** Rows and checkpoint in one transaction, unless another moved the checkpoint. */
  commit(of: {
    readonly after: Position | undefined;
    readonly position: Position;
    readonly events: readonly RecordedEvent[];
    readonly parked: readonly StreamParked[];
  }): void;
  /** As a crash empties a table that is not logged. */
  forgetMembers(): void;
  parked(): readonly ParkedStream[];
  /** Read models that were built anew, up to this position, take the place of the live ones. */
  swap(of: {
    readonly position: Position;
    readonly events: readonly RecordedEvent[];
    /** Streams that could be read again. */
    readonly readable: readonly string[];
  }): void;
  readModels(): ReadModels;
  readonly beats: readonly Beat[];
  readonly workBeats: readonly WorkBeat[];
};

type SimulatedWork = {
  readonly queries: WorkContext['queries'];
  readonly beats: Pick<WorkBeats, 'beat' | 'see' | 'lastBeats'>;
};

/** A heartbeat for an attempt at work that took effect, by the common clock too, epoch ms. */
export type WorkBeat = {
  readonly atMs: number;
  readonly commonMs: number;
  readonly tokenHash: string;
  readonly worker: string;
};

/** A heartbeat that took effect, here or in the log, or a leave. */
export type Beat = {
  readonly atMs: number;
  readonly engineId: string;
  /** Of the engine. */
  readonly timeoutMs: number;
  readonly leaves: boolean;
};

type Options = {
  readonly nowMs: () => number;
  /** The clock of Postgres, epoch ms. */
  readonly commonMs: () => number;
};

export const createSimulatedPostgres = ({ nowMs, commonMs }: Options): SimulatedPostgres => {
  const beats: Beat[] = [];
  const workBeats: WorkBeat[] = [];
  const rows = new Map<string, Omit<Member, 'engineId' | 'silentMs'> & { takenPosition?: Position | undefined }>();
  let readModels = createReadModels();
  const leases = createSimulatedLeases(nowMs);
  const parked = new Map<string, ParkedStream>();
  let checkpoint: Position | undefined;
  let lastEvent: LogCheckpoint | undefined;

  const awaiting =
    ({ timers }: Pick<Runtime, 'timers'>) =>
    async (position: Position, timeoutMs: number): Promise<boolean> => {
      const untilMs = nowMs() + timeoutMs;
      const isThere = () => comparePositions(checkpoint ?? LOG_START, position) >= 0;
      while (nowMs() < untilMs && !isThere()) await timers.sleep(AWAIT_STEP_MS);
      return isThere();
    };

  const members = (): Member[] =>
    [...rows].map(([engineId, row]) => ({ engineId, ...row, silentMs: commonMs() - row.beatenMs }));

  return {
    membershipOf: (machine) => ({
      beat: ({ engineId, zoneData, timeoutMs, joinedMs, state: own, takenPosition }) =>
        machine.reach('beat', () => {
          const beatenMs = commonMs();
          const state = rows.get(engineId)?.state === 'left' ? 'left' : own;
          const heard = { zoneData, timeoutMs, joinedMs: joinedMs ?? beatenMs, beatenMs };
          rows.set(engineId, { ...heard, state, takenPosition });
          beats.push({ atMs: nowMs(), engineId, timeoutMs, leaves: false });
          return { serverMs: commonMs(), members: members() };
        }),
      leave: (engineId) =>
        machine.reach('beat', () => {
          const timeoutMs = rows.get(engineId)?.timeoutMs ?? MAX_ENGINE_TIMEOUT_MS;
          rows.set(engineId, { zoneData: '', timeoutMs, joinedMs: commonMs(), beatenMs: commonMs(), state: 'left' });
          beats.push({ atMs: nowMs(), engineId, timeoutMs, leaves: true });
        }),
    }),
    enginesOf: (machine) => () =>
      machine.reach('members', () =>
        [...rows].flatMap(([engineId, { state, timeoutMs, beatenMs, takenPosition }]) =>
          state === 'left' ? [] : [{ engineId, state, timeoutMs, silentMs: commonMs() - beatenMs, takenPosition }],
        ),
      ),
    timeOf: (machine) => () => machine.reach('time', commonMs),
    scheduleOf: (machine) => async (take) => {
      const loaded = await machine.reach('load', () => ({
        at: { position: checkpoint, lastEvent },
        jobs: readModels.scheduledJobs(),
        applications: readModels.applications(),
        closures: readModels.closures(),
        parked: [...parked.values()],
      }));
      loaded.jobs.forEach(take);
      const { applications, closures, parked: passedOver } = loaded;
      return { ...loaded.at, applications, closures, parked: passedOver };
    },
    jobClosuresOf: ({ reach, world }, store) => {
      const loadClosures = () => reach('closures', () => bookOf(readModels.closures()));
      const queries = stub<CommandReads['queries']>({ loadClosures, awaitPosition: awaiting(world) });
      const { closuresOf, pausedBy, stoppedBy } = jobClosuresOf({ store, queries, world });
      const hasAny = () => readModels.closures().pauses.length + readModels.closures().calendars.length > 0;
      return {
        closuresOf: async (...requested) => (hasAny() ? closuresOf(...requested) : NO_CLOSURES),
        pausedBy: async (...requested) => (hasAny() ? pausedBy(...requested) : undefined),
        stoppedBy: async (...requested) => (hasAny() ? stoppedBy(...requested) : undefined),
      };
    },
    queriesOf: (machine) =>
      stub<OperationContext['queries'] & CommandReads['queries']>({
        awaitPosition: awaiting(machine.world),
        findJobs: () =>
          machine.reach('load', () => {
            const work: BulkWork = { of: 'jobs', action: 'disable', filter: { all: true } };
            const whole = { upTo: LATEST, after: undefined, limit: Number.POSITIVE_INFINITY };
            const ids = readModels.selectItems(work, whole).map(({ cursor }) => cursor.id);
            return idRangesOf(ids.sort((a, b) => a - b));
          }),
        openOperations: () => machine.reach('load', () => readModels.openOperations(machine.world.clock.now())),
        selectItems: (_scope, work, walk) => machine.reach('load', () => readModels.selectItems(work, walk)),
        countItems: (_scope, work, upTo) =>
          machine.reach('load', () => {
            const whole = { upTo, after: undefined, limit: Number.POSITIVE_INFINITY };
            return readModels.selectItems(work, whole).length;
          }),
      }),
    leasesOf: leases.of,
    workOf: (machine) => ({
      queries: {
        loadClosures: () => machine.reach('work', () => bookOf(readModels.closures())),
        offersToTake: ({ applicationId, queue, tasks, takeHashes, executionIds, limit, after }) =>
          machine.reach('work', () => {
            const rows = readModels.offers();
            const isOffered = (row: OfferChange): boolean =>
              row.worker === undefined &&
              row.applicationId === applicationId &&
              row.queue === queue &&
              (tasks === undefined || tasks.includes(row.task)) &&
              (row.expiresAt === undefined || Date.parse(row.expiresAt) >= machine.world.clock.now());
            const byDue = (a: Due, b: Due): number =>
              Number(a.isBackfill) - Number(b.isBackfill) || (a.scheduledAt < b.scheduledAt ? -1 : 1);
            const isAfter = (row: OfferChange): boolean => after === undefined || byDue(row, after) > 0;
            const own = rows.filter(
              (row) =>
                (row.takeHash !== undefined && takeHashes.includes(row.takeHash)) ||
                executionIds.includes(row.executionId),
            );
            return [...own, ...rows.filter(isOffered).sort(byDue).filter(isAfter).slice(0, limit)].map(shown);
          }),
        offeredQueues: () =>
          machine.reach('work', () => {
            const rows = readModels.offers();
            const queues = new Map(rows.map((row) => [`${row.applicationId}/${row.queue}`, row]));
            return [...queues.values()].map(({ tenant, applicationId, queue }) => {
              const isOffered = (row: OfferChange) =>
                row.applicationId === applicationId && row.queue === queue && row.worker === undefined;
              return { tenant, applicationId, queue, offeredTasks: rows.filter(isOffered).map(({ task }) => task) };
            });
          }),
        offersOf: (_, ids) =>
          machine.reach('work', () =>
            readModels
              .offers()
              .filter(({ executionId }) => ids.includes(executionId))
              .map(shown),
          ),
      },
      beats: {
        see: async () => {},
        beat: (_, { worker: { id: worker }, running }) =>
          machine.reach('work', () => {
            for (const { tokenHash } of running)
              workBeats.push({ atMs: nowMs(), commonMs: commonMs(), tokenHash, worker });
          }),
        lastBeats: (hashes) =>
          machine.reach('work', () => {
            const last = workBeats.filter(({ tokenHash }) => hashes.includes(tokenHash));
            return new Map(last.map((beat) => [beat.tokenHash, beat.commonMs]));
          }),
      },
    }),
    checkpoint: () => checkpoint,
    commit: ({ after, position, events, parked: passedOver }) => {
      if (checkpoint !== after) throw new Error('another runner moved the checkpoint');
      readModels.apply(events);
      checkpoint = position;
      for (const { stream, revision, eventType, why, recordedAt: sinceMs } of passedOver) {
        if (parked.get(stream)?.readMs !== undefined) parked.delete(stream);
        if (!parked.has(stream)) parked.set(stream, { stream, revision, eventType, why, sinceMs, readMs: undefined });
      }
      const last = events.at(-1);
      if (last !== undefined) lastEvent = { logId: LOG_ID, position: last.position, eventId: last.id };
    },
    forgetMembers: () => rows.clear(),
    parked: () => [...parked.values()],
    swap: ({ position, events, readable }) => {
      readModels = createReadModels();
      readModels.apply(events);
      checkpoint = position;
      for (const stream of readable) {
        const known = parked.get(stream);
        if (known !== undefined) parked.set(stream, { ...known, readMs: commonMs() });
      }
    },
    readModels: () => readModels,
    beats,
    workBeats,
  };
};

type Due = Pick<OfferChange, 'isBackfill' | 'scheduledAt'>;

const shown = ({ labels, tokenHash, expiresAt, ...row }: OfferChange) => ({
  ...row,
  ...defined({ labels, tokenHash, expiresAt }),
  jobName: '',
});

const AWAIT_STEP_MS = 50;
const LATEST = '9999-12-31T23:59:59.999Z';

const bookOf = ({ calendars, pauses }: LoadedClosures): ClosureBook => {
  const book = createClosureBook();
  calendars.forEach(book.setCalendar);
  pauses.forEach(book.setPause);
  return book;
};
