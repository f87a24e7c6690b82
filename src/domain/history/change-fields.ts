import type { Calendar, Pause, Secret, TlsSettings } from '../events/index.ts';

/** What histories compare of small objects. */
type Fields = Readonly<Record<string, unknown>>;

/** Without what was sealed: the fingerprint tells whether a value is another one. */
export const secretFields = (secret: Secret | undefined): Fields => {
  if (secret === undefined) return {};
  const { value, allowedOrigins, signing } = secret;
  return {
    value: { $sealed: { ...value.$sealed, box: '' } },
    ...(allowedOrigins === undefined ? {} : { allowedOrigins }),
    ...(signing === undefined ? {} : { signing }),
  };
};

/** Without what was sealed, as of a secret. */
export const tlsFields = (settings: TlsSettings | undefined): Fields => {
  if (settings === undefined) return {};
  const { origins, ca, certificate, key } = settings;
  return {
    origins,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key: { $sealed: { ...key.$sealed, box: '' } } }),
  };
};

export const calendarFields = ({ dates, description }: Calendar): Fields => ({
  dates,
  ...(description === undefined ? {} : { description }),
});

export const pauseFields = ({ scope, applicationId, target, reason, since, until, liftedAt }: Pause): Fields => ({
  scope,
  ...(applicationId === undefined && target === undefined ? {} : { of: applicationId ?? target }),
  ...(reason === undefined ? {} : { reason }),
  since,
  ...(until === undefined ? {} : { until }),
  ...(liftedAt === undefined ? {} : { liftedAt }),
});
