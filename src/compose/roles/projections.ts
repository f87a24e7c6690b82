import { everyProjection } from '../../projections/all.ts';
import { type ProjectionRunner, startProjections } from '../../projections/runner.ts';
import type { Shared } from '../shared.ts';

/** Starts the projections of this process, if it has that role. */
export const startProjectionsRole = (shared: Shared): ProjectionRunner | undefined => {
  const { roles, store, logId, databaseUrl, world, readers, onStop } = shared;
  if (!roles.includes('projections')) return undefined;
  const projections = startProjections({
    store,
    logId,
    databaseUrl,
    world,
    projections: everyProjection,
    onStatus: readers.changed,
  });
  onStop(() => projections.stop());
  readers.showProjections(projections);
  return projections;
};
