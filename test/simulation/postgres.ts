import type { LoadSchedule, Member, Membership, ScheduledJob } from '../../src/engine/ports.ts';
import type { Position, RecordedEvent } from '../../src/event-store/port.ts';
import type { Machine } from './machine.ts';
import { createReadModels, type ReadModels } from './read-models.ts';

/** What Postgres has, and its clock: each call takes effect at once and whole. */
export type SimulatedPostgres = {
  membershipOf(machine: Machine): Membership;
  scheduleOf(machine: Machine): LoadSchedule;
  checkpoint(): Position | undefined;
  /** Rows and checkpoint in one transaction, unless another moved the checkpoint. */
  commit(of: {
    readonly after: Position | undefined;
    readonly position: Position;
    readonly events: readonly RecordedEvent[];
  }): void;
  readonly readModels: ReadModels;
};

export const createSimulatedPostgres = (nowMs: () => number): SimulatedPostgres => {
  const beats = new Map<string, number>();
  const readModels = createReadModels();
  let checkpoint: Position | undefined;

  const members = (): Member[] =>
    [...beats].map(([engineId, atMs]) => ({ engineId, silentMs: Math.max(0, nowMs() - atMs) }));

  return {
    membershipOf: (machine) => ({
      beat: (engineId) =>
        machine.reach('beat', () => {
          beats.set(engineId, nowMs());
          return { serverMs: nowMs(), members: members() };
        }),
      leave: (engineId) => machine.reach('beat', () => void beats.delete(engineId)),
    }),
    scheduleOf: (machine) => async (take) => {
      const loaded = await machine.reach('load', () => ({ position: checkpoint, jobs: readModels.scheduledJobs() }));
      for (const page of pagesOf(loaded.jobs)) take(page);
      return { position: loaded.position };
    },
    checkpoint: () => checkpoint,
    commit: ({ after, position, events }) => {
      if (checkpoint !== after) throw new Error('another runner moved the checkpoint');
      readModels.apply(events);
      checkpoint = position;
    },
    readModels,
  };
};

const pagesOf = (jobs: readonly ScheduledJob[]): ScheduledJob[][] => jobs.map((job) => [job]);
