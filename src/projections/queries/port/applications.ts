import type { Limit, TlsSettings } from '../../../domain/events/index.ts';
import type { Revision } from '../../../event-store/port.ts';

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
