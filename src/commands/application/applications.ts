import { type ApplicationOwner, ownApplication } from '../../domain/application.ts';
import { rejectField } from '../../domain/domain-error.ts';
import type { Application, JobDefinition } from '../../domain/events/index.ts';
import { applicationStream, idsStream } from '../../domain/streams.ts';
import type { StreamParked } from '../../event-store/errors.ts';
import type { EventStore, RecordedEvent } from '../../event-store/port.ts';
import { slicesOf } from '../../runtime/slices.ts';
import { loadApplication, loadJob } from '../loop/load.ts';

/** Loads an application; `undefined` if it is not this tenant's. */
export const loadApplicationOf = async (
  store: EventStore,
  applicationId: number,
  tenant: string,
): Promise<Application | undefined> => {
  const { state } = await loadApplication(store, applicationId);
  return state?.tenant === tenant ? state : undefined;
};

/** @throws DomainError APPLICATION_NOT_FOUND */
export const requireApplication = async (store: EventStore, owner: ApplicationOwner): Promise<Application> =>
  ownApplication(await loadApplicationOf(store, owner.applicationId, owner.tenant), owner);

/**
 * The application that a field names.
 * @throws DomainError UNKNOWN_APPLICATION at this pointer
 */
export const knownApplication = async (
  store: EventStore,
  { tenant, applicationId }: ApplicationOwner,
  pointer: string,
): Promise<Application> => {
  const application = await loadApplicationOf(store, applicationId, tenant);
  if (application !== undefined) return application;
  throw rejectField('UNKNOWN_APPLICATION', pointer, `there is no application ${applicationId}`);
};

/** The job that a field names. @throws DomainError UNKNOWN_JOB at this pointer */
export const knownJob = async (
  store: EventStore,
  { tenant, jobId }: { readonly tenant: string; readonly jobId: number },
  pointer: string,
): Promise<JobDefinition> => {
  const { state: job } = await loadJob(store, jobId);
  const isLiving = job.status === 'enabled' || job.status === 'disabled';
  if (isLiving && job.definition.tenant === tenant) return job.definition;
  throw rejectField('UNKNOWN_JOB', pointer, `there is no job ${jobId}`);
};

type LastOfApplication = { readonly applicationId: number; readonly last: RecordedEvent | StreamParked };

const AT_ONCE = 200;

/** Reads the last event of every application of all tenants from the log, for 200 allocated ids at a time. */
export async function* applicationsOf(store: EventStore): AsyncGenerator<readonly LastOfApplication[]> {
  const given: number[] = [];
  for await (const event of store.readStream(idsStream('applications'))) {
    if (event.type !== 'IdsReserved') continue;
    for (let id = event.data.first; id <= event.data.last; id++) given.push(id);
  }
  for (const ids of slicesOf(given, AT_ONCE)) {
    const events = await store.readLast(ids.map(applicationStream));
    yield ids.flatMap((applicationId, index) => {
      const last = events[index];
      return last === undefined ? [] : [{ applicationId, last }];
    });
  }
}
