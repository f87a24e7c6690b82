import type { Application, ApplicationEvent } from '../events/index.ts';
import type { KnownNames } from '../parameters/index.ts';
import { Refusal } from '../refusal.ts';
import type { ApplicationId, Tenant } from '../values.ts';

/** The application after an event of its stream: each is whole, so nothing before it matters. */
export const evolveApplication = (event: ApplicationEvent): Application => {
  switch (event.type) {
    case 'ApplicationCreated':
    case 'ApplicationUpdated':
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
    case 'SecretsErased': {
      const { generation: _, ...application } = event.data;
      return application;
    }
  }
};

/**
 * The application, if it is there and the tenant's.
 * @throws Refusal APPLICATION_NOT_FOUND
 */
export const ownApplication = (
  application: Application | undefined,
  owner: { readonly applicationId: ApplicationId; readonly tenant: Tenant },
): Application => {
  if (application?.tenant === owner.tenant) return application;
  throw new Refusal('APPLICATION_NOT_FOUND', `there is no application ${owner.applicationId}`);
};

/** What parameters of the application's jobs may name. */
export const namesOf = ({ variables = [], secrets = [] }: Application): KnownNames => ({
  variables: new Set(variables.map(({ name }) => name)),
  secrets: new Map(secrets.map(({ name, allowedOrigins }) => [name, allowedOrigins])),
});
