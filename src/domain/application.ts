import { defined } from './defined.ts';
import { DomainError } from './domain-error.ts';
import { type Actor, Application, type ApplicationEvent, changedBy, type EventOf } from './events/index.ts';
import type { KnownNames } from './parameters/index.ts';
import type { ApplicationId, Tenant } from './values.ts';

/** The application after an event, without what some events state of the change. */
export const evolveApplication = ({ data }: ApplicationEvent): Application => Application.parse(data);

/** An application's state after the last event of its stream. */
export type ApplicationState = { readonly status: 'absent' } | FoundApplication;
export type FoundApplication = {
  /** `leaving`: a deletion has started and is checking whether the application has jobs. */
  readonly status: 'living' | 'leaving' | 'deleted';
  readonly application: Application;
};

export const applicationAfter = (event: ApplicationEvent): FoundApplication => ({
  status: statusAfter(event),
  application: evolveApplication(event),
});

/** Any event after the start of a deletion cancels it. */
const statusAfter = ({ type }: ApplicationEvent): FoundApplication['status'] => {
  if (type === 'ApplicationDeleted') return 'deleted';
  return type === 'ApplicationDeletionStarted' ? 'leaving' : 'living';
};

export const presentApplication = (state: ApplicationState): Application | undefined => {
  switch (state.status) {
    case 'absent':
    case 'deleted':
      return undefined;
    case 'living':
    case 'leaving':
      return state.application;
  }
};

export type ApplicationOwner = { readonly applicationId: ApplicationId; readonly tenant: Tenant };

/**
 * Narrows to an existing application of the tenant.
 * @throws DomainError APPLICATION_NOT_FOUND if it is absent or belongs to another tenant
 */
export const ownApplication = (application: Application | undefined, owner: ApplicationOwner): Application => {
  if (application?.tenant === owner.tenant) return application;
  throw new DomainError('APPLICATION_NOT_FOUND', `there is no application ${owner.applicationId}`);
};

/** Variables and secrets that parameters of the application's jobs can use. */
export const namesOf = ({ variables = [], secrets = [] }: Application): KnownNames => ({
  variables: new Set(variables.map(({ name }) => name)),
  secrets: new Map(secrets.flatMap(({ name, allowedOrigins, signing }) => (signing ? [] : [[name, allowedOrigins]]))),
});

/** Creates an application; records nothing if its id is in use. */
export const decideCreateApplication = (
  application: Application,
  existing: Application | undefined,
): EventOf<'ApplicationCreated'>[] =>
  existing === undefined ? [{ type: 'ApplicationCreated', data: application }] : [];
type Deletion = ApplicationOwner & { readonly actor: Actor };

/**
 * Records that a deletion has started; records nothing if it has already.
 * @throws DomainError APPLICATION_NOT_FOUND, STALE_REVISION
 */
export const decideBeginDeletion = (
  { actor, expectedRevision, ...owner }: Deletion & { readonly expectedRevision?: number },
  { state, revision }: { readonly state: ApplicationState; readonly revision: number },
  nowMs: number,
): EventOf<'ApplicationDeletionStarted'>[] => {
  const application = ownApplication(presentApplication(state), owner);
  if (expectedRevision !== undefined && expectedRevision !== revision) {
    throw new DomainError(
      'STALE_REVISION',
      `the application is at revision ${revision}, not ${expectedRevision}: fetch it again, then repeat the deletion`,
    );
  }
  if (state.status === 'leaving') return [];
  return [{ type: 'ApplicationDeletionStarted', data: changed(application, actor, nowMs) }];
};

type DeleteInput = {
  readonly actor: Actor;
  /** Revision of the event after which the application's jobs were looked up. */
  readonly begunAt: number;
  /** Generation of the data key to erase; `undefined` if there is none. */
  readonly generation: number | undefined;
};

/** Deletes an application that is unchanged since its jobs were looked up; otherwise records nothing. */
export const decideDeleteApplication = (
  { actor, begunAt, generation }: DeleteInput,
  { state, revision }: { readonly state: ApplicationState; readonly revision: number },
  nowMs: number,
): EventOf<'ApplicationDeleted'>[] => {
  if (state.status !== 'leaving' || revision !== begunAt) return [];
  const { variables: _variables, secrets: _secrets, limits: _limits, tls: _tls, ...application } = state.application;
  const erased = defined({ erasedGeneration: generation });
  return [{ type: 'ApplicationDeleted', data: { ...changed(application, actor, nowMs), ...erased } }];
};

const changed = (application: Application, actor: Actor, nowMs: number): Application => ({
  ...application,
  ...changedBy(actor, nowMs),
});

/** Cancels a started deletion; records nothing if there is none, or if it is complete. */
export const decideCancelApplicationDeletion = (state: ApplicationState): EventOf<'ApplicationDeletionCancelled'>[] => {
  switch (state.status) {
    case 'absent':
    case 'living':
    case 'deleted':
      return [];
    case 'leaving':
      return [{ type: 'ApplicationDeletionCancelled', data: state.application }];
  }
};

type EraseSecretsInput = { readonly applicationId: number; readonly tenant: string; readonly generation: number };

/**
 * Records that a data key is about to be deleted, again if an earlier try did not complete. Records nothing if a later
 * generation was erased.
 */
export const decideEraseSecrets = (
  { generation, ...owner }: EraseSecretsInput,
  existing: Application | undefined,
): EventOf<'SecretsErased'>[] => {
  const application = ownApplication(existing, owner);
  if ((application.erasedGeneration ?? 0) > generation) return [];
  return [{ type: 'SecretsErased', data: { ...application, erasedGeneration: generation, generation } }];
};
