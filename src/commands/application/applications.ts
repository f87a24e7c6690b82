import { type ApplicationOwner, ownApplication } from '../../domain/application.ts';
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

/** @throws Refusal APPLICATION_NOT_FOUND */
export const requireApplication = async (store: EventStore, owner: ApplicationOwner): Promise<Application> =>
  ownApplication(await loadApplicationOf(store, owner.applicationId, owner.tenant), owner);
