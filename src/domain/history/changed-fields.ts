import { defined } from '../defined.ts';
import { differences } from '../difference.ts';
import type { Calendar, JobDefinition, Pause, Secret, TlsSettings } from '../events/index.ts';
import { omittedWhereLarge } from '../omitted.ts';
import { maskSealed } from '../redaction/index.ts';

/** A field that a version changed; `from` or `to` is absent where the field was, or is. Secrets are masked. */
export type FieldChange = {
  /** JSON pointer to the field. */
  readonly path: string;
  readonly from?: unknown;
  readonly to?: unknown;
};

/** What histories compare of a version. */
type Fields = Readonly<Record<string, unknown>>;

/** Fields of a job that the server sets: they say nothing of what was changed. */
const SET_BY_SERVER = [
  'jobId',
  'tenant',
  'scheduleSince',
  'createdAt',
  'createdBy',
  'updatedAt',
  'updatedBy',
] as const satisfies readonly (keyof JobDefinition)[];

/** The fields of a job that are compared from version to version. */
export const comparedJobFields = (definition: JobDefinition): Fields => {
  const hidden: ReadonlySet<string> = new Set(SET_BY_SERVER);
  return Object.fromEntries(Object.entries(definition).filter(([field]) => !hidden.has(field)));
};

/**
 * Compares a version with the one before it, field by field; without one, every field is new. A secret that was sealed
 * anew with the same value is no change.
 */
export const changedFields = (before: Fields | undefined, after: Fields): FieldChange[] =>
  differences(before ?? {}, after).map(({ pointer, before: from, after: to }) => ({
    path: pointer,
    ...(from === undefined ? {} : { from: shown(from) }),
    ...(to === undefined ? {} : { to: shown(to) }),
  }));

/** Masked, and without a value over 4 KiB. */
const shown = (value: unknown): unknown => omittedWhereLarge(maskSealed(value));

/** Without what was sealed: the fingerprint shows whether a value is another one. */
export const secretFields = (secret: Secret | undefined): Fields => {
  if (secret === undefined) return {};
  const { value, allowedOrigins, signing } = secret;
  return {
    value: { $sealed: { ...value.$sealed, box: '' } },
    ...defined({ allowedOrigins, signing }),
  };
};

/** Without what was sealed, as of a secret. */
export const tlsFields = (settings: TlsSettings | undefined): Fields => {
  if (settings === undefined) return {};
  const { origins, ca, certificate, key } = settings;
  return {
    origins,
    ...defined({ ca, certificate }),
    ...(key === undefined ? {} : { key: { $sealed: { ...key.$sealed, box: '' } } }),
  };
};

export const calendarFields = ({ dates, description }: Calendar): Fields => ({
  dates,
  ...defined({ description }),
});

export const pauseFields = ({ scope, applicationId, target, ...pause }: Pause): Fields => {
  const { catchUp, reason, createdAt, until, liftedAt } = pause;
  return {
    scope,
    ...(applicationId === undefined && target === undefined ? {} : { of: applicationId ?? target }),
    ...defined({ catchUp, reason }),
    createdAt,
    ...defined({ until, liftedAt }),
  };
};
