import { evolveApplication } from '../../domain/application/application.ts';
import type { Application, ApplicationEvent, Secret } from '../../domain/events/index.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import type { LoadedApplication } from '../ports.ts';

/**
 * An application's variables and secrets, for the parameters of its jobs. Secrets stay sealed until a call needs them.
 */
export type ApplicationValues = {
  readonly variables: ReadonlyMap<string, string>;
  readonly secrets: ReadonlyMap<string, Secret>;
};

/** The values of all applications in memory, so that a call needs no database. Only events change them. */
export type ValueTable = {
  load(application: LoadedApplication): void;
  apply(event: RecordedEvent<ApplicationEvent>): void;
  valuesOf(applicationId: number): ApplicationValues;
};

export const NO_VALUES: ApplicationValues = { variables: new Map(), secrets: new Map() };

export const createValueTable = (): ValueTable => {
  const known = new Map<number, { readonly revision: number; readonly values: ApplicationValues }>();

  const put = ({ applicationId, revision, ...application }: LoadedApplication): void => {
    // A subscription that was resumed may bring older events again.
    if (revision <= (known.get(applicationId)?.revision ?? -1)) return;
    known.set(applicationId, { revision, values: toValues(application) });
  };

  return {
    load: put,
    apply: ({ revision, ...event }) => put({ ...evolveApplication(event), revision }),
    valuesOf: (applicationId) => known.get(applicationId)?.values ?? NO_VALUES,
  };
};

const toValues = ({ variables = [], secrets = [] }: Pick<Application, 'variables' | 'secrets'>): ApplicationValues =>
  variables.length + secrets.length === 0
    ? NO_VALUES
    : {
        variables: new Map(variables.map(({ name, value }) => [name, value])),
        secrets: new Map(secrets.map((secret) => [secret.name, secret])),
      };
