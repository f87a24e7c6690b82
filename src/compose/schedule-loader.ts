import type pg from 'pg';
import type { LoadSchedule } from '../engine/ports.ts';
import { loadSchedule } from '../projections/load-schedule.ts';
import { listParked } from '../projections/parked.ts';
import type { World } from '../runtime/world.ts';

const UNDEFINED_TABLE = '42P01';
const LOOK_AGAIN_MS = 100;

/** Loads the schedule; waits until a process with the role `projections` has created its tables. */
export const scheduleLoader = (
  { databaseUrl, pool, logId }: { readonly databaseUrl: string; readonly pool: pg.Pool; readonly logId: string },
  { timers, log }: Pick<World, 'timers' | 'log'>,
): LoadSchedule => {
  return async (take) => {
    for (let waits = 0; ; waits++) {
      try {
        const loaded = await loadSchedule({ databaseUrl, timers }, take);
        // Read after the schedule, so that every job that it leaves out as parked is in the list.
        return { ...loaded, parked: await listParked(pool, logId) };
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === UNDEFINED_TABLE)) throw error;
        if (waits === 50)
          log.warn({}, 'the schedule is not there yet: is a process with the role projections running?');
        await timers.sleep(LOOK_AGAIN_MS);
      }
    }
  };
};
