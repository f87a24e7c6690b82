import { defined } from '../defined.ts';
import { differences } from '../difference.ts';
import type { Calendar, JobDefinition, Pause, Secret, TlsSettings } from '../events/index.ts';
import { omittedWhereLarge } from '../omitted.ts';
import { maskSealed } from '../redaction/index.ts';

/** A field changed by a version; `from` or `to` is absent if the field was added or removed. Secrets are masked. */
export type FieldChange = {
  /** JSON pointer to the field. */
  readonly path: string;
  readonly from?: unknown;
  readonly to?: unknown;
};

/** The compared fields of a version. */
type Fields = Readonly<Record<string, unknown>>;

/** Fields that the server sets and that are not part of a change. */
const SET_BY_SERVER = [
  'jobId',
  'tenant',
  'scheduleSince',
  'createdAt',
  'createdBy',
  'updatedAt',
  'updatedBy',
] as const satisfies readonly (keyof JobDefinition)[];

/** The fields of a job that are compared between versions. */
export const comparedJobFields = (definition: JobDefinition): Fields => {
  const hidden: ReadonlySet<string> = new Set(SET_BY_SERVER);
  return Object.fromEntries(Object.entries(definition).filter(([field]) => !hidden.has(field)));
};

/**
 * Compares a version with the previous one field by field; without one, every field is new. A secret sealed again with the
 * same value is no change.
 */
export const changedFields = (before: Fields | undefined, after: Fields): FieldChange[] =>
  differences(before ?? {}, after).map(({ pointer, before: from, after: to }) => ({
    path: pointer,
    ...(from === undefined ? {} : { from: shown(from) }),
    ...(to === undefined ? {} : { to: shown(to) }),
  }));

/** Masks secrets and omits values over 4 KiB. */
const shown = (value: unknown): unknown => omittedWhereLarge(maskSealed(value));

/** Excludes the sealed value: the fingerprint shows whether the value changed. */
export const secretFields = (secret: Secret | undefined): Fields => {
  if (secret === undefined) return {};
  const { value, allowedOrigins, signing } = secret;
  return {
    value: { $sealed: { ...value.$sealed, box: '' } },
    ...defined({ allowedOrigins, signing }),
  };
};

/** Excludes the sealed key, like `secretFields`. */
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
  const { catchUp, reason, createdAt, from, until, liftedAt } = pause;
  return {
    scope,
    ...(applicationId === undefined && target === undefined ? {} : { of: applicationId ?? target }),
    ...defined({ catchUp, reason }),
    createdAt,
    ...defined({ from, until, liftedAt }),
  };
};
