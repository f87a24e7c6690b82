import { DomainError } from './domain-error.ts';
import type { Application, ApplicationEvent } from './events/index.ts';
import type { KnownNames } from './parameters/index.ts';
import type { ApplicationId, Tenant } from './values.ts';

/** The application after one of its events: each event carries the whole application. */
export const evolveApplication = (event: ApplicationEvent): Application => {
  switch (event.type) {
    case 'ApplicationCreated':
    case 'ApplicationUpdated':
    case 'ApplicationDeletionStarted':
    case 'ApplicationDeletionCancelled':
    case 'ApplicationDeleted':
      return event.data;
    case 'VariableSet':
    case 'VariableDeleted': {
      const { variable: _, ...application } = event.data;
      return application;
    }
    case 'SecretSet':
    case 'SecretDeleted': {
      const { secret: _, ...application } = event.data;
      return application;
    }
    case 'LimitSet':
    case 'LimitDeleted': {
      const { limit: _, ...application } = event.data;
      return application;
    }
    case 'TlsSet':
    case 'TlsDeleted': {
      const { tlsName: _, ...application } = event.data;
      return application;
    }
    case 'SecretsErased': {
      const { generation: _, ...application } = event.data;
      return application;
    }
  }
};

/** An application as the last event of its stream leaves it. */
export type ApplicationState = { readonly status: 'absent' } | FoundApplication;
export type FoundApplication = {
  /** `leaving`: somebody is about to delete it, and looks whether it has jobs. */
  readonly status: 'living' | 'leaving' | 'deleted';
  readonly application: Application;
};

export const applicationAfter = (event: ApplicationEvent): FoundApplication => ({
  status: statusAfter(event),
  application: evolveApplication(event),
});

const statusAfter = ({ type }: ApplicationEvent): FoundApplication['status'] => {
  switch (type) {
    case 'ApplicationDeletionStarted':
      return 'leaving';
    case 'ApplicationDeleted':
      return 'deleted';
    case 'ApplicationCreated':
    case 'ApplicationUpdated':
    case 'ApplicationDeletionCancelled':
    case 'VariableSet':
    case 'VariableDeleted':
    case 'SecretSet':
    case 'SecretDeleted':
    case 'LimitSet':
    case 'LimitDeleted':
    case 'TlsSet':
    case 'TlsDeleted':
    case 'SecretsErased':
      return 'living';
  }
};

/** The application, unless it is absent or deleted. */
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
 * Narrows an application to one that exists and that the tenant owns.
 * @throws DomainError APPLICATION_NOT_FOUND if it is absent or another tenant's
 */
export const ownApplication = (application: Application | undefined, owner: ApplicationOwner): Application => {
  if (application?.tenant === owner.tenant) return application;
  throw new DomainError('APPLICATION_NOT_FOUND', `there is no application ${owner.applicationId}`);
};

/** The variables and secrets that parameters of the application's jobs may name. */
export const namesOf = ({ variables = [], secrets = [] }: Application): KnownNames => ({
  variables: new Set(variables.map(({ name }) => name)),
  secrets: new Map(secrets.flatMap(({ name, allowedOrigins, signing }) => (signing ? [] : [[name, allowedOrigins]]))),
});
