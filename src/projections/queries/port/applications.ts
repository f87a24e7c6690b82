import type { Limit, TlsSettings } from '../../../domain/events/index.ts';
import type { Revision } from '../../../event-store/port.ts';
import type { ListPage, PageRequest } from './pages.ts';
import type { Scope, TenantScope } from './scope.ts';

export type ApplicationSummary = { readonly id: number; readonly name: string; readonly displayName: string };

export type ApplicationView = ApplicationSummary & {
  readonly createdAt: string;
  readonly createdBy: string;
  readonly updatedAt: string;
  readonly updatedBy: string;
  readonly revision: Revision;
};

export type VariableView = {
  readonly name: string;
  readonly value: string;
  readonly updatedAt: string;
  readonly updatedBy: string;
};

/** A secret without its value. */
export type SecretView = Omit<VariableView, 'value'> & {
  readonly allowedOrigins?: readonly string[];
  /** It signs every call of the application. */
  readonly signing?: true;
  /** Its data key was erased; the secret has to be set again. */
  readonly erased?: true;
};

export type ValuesView = {
  readonly variables: readonly VariableView[];
  readonly secrets: readonly SecretView[];
  readonly limits: readonly Limit[];
  readonly tls: readonly TlsView[];
};

/** TLS settings without the private key. */
export type TlsView = Omit<TlsSettings, 'key'>;

export type LimitRef = { readonly applicationId: number; readonly name: string };

/** The living jobs that name something: the first of them, and how many there are. */
export type NamingJobsView = {
  readonly first: readonly { readonly jobId: number; readonly name: string }[];
  readonly total: number;
};

/** Executions that have not ended: the first of them, and how many there are. */
export type OpenExecutionsView = { readonly first: readonly number[]; readonly total: number };

/** Of applications, and of what their jobs share. */
export type ApplicationQueries = {
  listApplications(scope: Scope, page: PageRequest): Promise<ListPage<ApplicationView>>;
  getApplication(scope: Scope, applicationId: number): Promise<ApplicationView | undefined>;
  /**
   * Returns the variables, secrets and limits of an application by name; undefined if it does not exist. Their number is limited, so there are
   * no pages.
   */
  getValues(scope: Scope, applicationId: number): Promise<ValuesView | undefined>;
  /** Its living jobs. */
  jobsOfApplication(scope: TenantScope, applicationId: number): Promise<NamingJobsView>;
  /** The executions of its jobs that have not ended, also of deleted jobs. */
  openExecutionsOf(scope: TenantScope, applicationId: number): Promise<OpenExecutionsView>;
  jobsWithLimit(scope: TenantScope, limit: LimitRef): Promise<NamingJobsView>;
  /** How many executions of a limit's jobs run, and how many were created and begun since an instant (ISO). */
  limitUse(
    scope: TenantScope,
    limit: LimitRef & { readonly since: string },
  ): Promise<{ readonly running: number; readonly begun: number }>;
};
