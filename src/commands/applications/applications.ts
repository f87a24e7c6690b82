import type { Application } from '../../domain/events/index.ts';
import type { EventStore } from '../../event-store/port.ts';
import { loadApplication } from '../loop/load.ts';

/** Loads an application; undefined if it is not this tenant's. */
export const loadApplicationOf = async (
  store: EventStore,
  applicationId: number,
  tenant: string,
): Promise<Application | undefined> => {
  const { state } = await loadApplication(store, applicationId);
  return state?.tenant === tenant ? state : undefined;
};
