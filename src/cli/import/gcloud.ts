import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import { attemptsAfter, bodyOf, type Conversion, type Importer, literal } from './imported.ts';

const HttpTarget = z.looseObject({
  uri: z.string(),
  httpMethod: z.string().default('POST'),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().optional(),
});
const Job = z.looseObject({
  name: z.string(),
  description: z.string().optional(),
  schedule: z.string(),
  timeZone: z.string().optional(),
  state: z.string().optional(),
  attemptDeadline: z.string().optional(),
  retryConfig: z
    .object({
      retryCount: z.int().optional(),
      maxRetryDuration: z.string().optional(),
      minBackoffDuration: z.string().optional(),
      maxBackoffDuration: z.string().optional(),
      maxDoublings: z.int().optional(),
    })
    .optional(),
  httpTarget: HttpTarget.optional(),
});
type Job = z.infer<typeof Job>;

/** Imports the output of `gcloud scheduler jobs list --format json`. */
export const fromGcloud: Importer = async (text) => {
  const jobs = z.array(Job, 'is not the output of `gcloud scheduler jobs list --format json`').parse(JSON.parse(text));
  return jobs.map((job) => ({ at: lastPart(job.name), ...jobOf(job) }));
};

const lastPart = (name: string): string => name.split('/').at(-1) ?? name;

/** Headers that Cloud Scheduler adds itself. */
const OWN_HEADERS = new Set(['user-agent Google-Cloud-Scheduler', 'content-type application/octet-stream']);

const jobOf = (job: Job): Conversion => {
  const { httpTarget, retryConfig = {}, attemptDeadline } = job;
  if (httpTarget === undefined) {
    const target = ['pubsubTarget', 'appEngineHttpTarget'].find((name) => job[name] !== undefined) ?? 'no target';
    return { notes: [`${target} has no equivalent: only jobs with an httpTarget are converted`] };
  }
  const headers = Object.fromEntries(
    Object.entries(httpTarget.headers).filter(([name, value]) => !OWN_HEADERS.has(`${name.toLowerCase()} ${value}`)),
  );
  const body = httpTarget.body === undefined ? undefined : Buffer.from(httpTarget.body, 'base64').toString('utf8');
  const { retryCount = 0, maxDoublings } = retryConfig;
  const notes = [
    ...(httpTarget.oidcToken === undefined
      ? []
      : ['oidcToken has no equivalent: use `auth`, or a signing key of the application']),
    ...(httpTarget.oauthToken === undefined ? [] : ['oauthToken has no equivalent: use `auth` with authMethod oauth2']),
    ...(maxDoublings === undefined || retryCount === 0
      ? []
      : ['maxDoublings has no equivalent: each wait is twice the previous one, up to the maximum']),
    ...(body?.includes('\uFFFD') ? ['the body is not text'] : []),
  ];
  return {
    notes,
    job: {
      name: lastPart(job.name),
      description: job.description,
      enabled: job.state === 'PAUSED' || job.state === 'DISABLED' ? false : undefined,
      ...scheduleOf(job.schedule),
      timezone: job.timeZone,
      retry: retryCount > 0 ? retryOf(retryConfig, retryCount) : undefined,
      taskType: 'HttpInvokerTask',
      taskConfig: defined({
        url: literal(httpTarget.uri),
        method: httpTarget.httpMethod,
        ...(Object.keys(headers).length === 0 ? {} : { headers: mapped(headers, literal) }),
        body: body === undefined ? undefined : bodyOf(body, headers),
        timeout: attemptDeadline === undefined ? undefined : millis(attemptDeadline),
      }),
    },
  };
};

const mapped = (record: Readonly<Record<string, string>>, map: (value: string) => string) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));

/** `every 5 minutes`, as App Engine writes it, or a pattern. */
const scheduleOf = (text: string) => {
  const [, count, unit = ''] = /^every (\d+) (minutes?|mins?|hours?)$/.exec(text) ?? [];
  return count === undefined ? { pattern: text } : { schedule: { every: `${count}${unit.charAt(0)}` } };
};

const millis = (seconds: string): string => `${Math.round(Number.parseFloat(seconds) * 1_000)}ms`;

const retryOf = (
  { minBackoffDuration, maxBackoffDuration, maxRetryDuration }: NonNullable<Job['retryConfig']>,
  count: number,
) => {
  const backoff = defined({
    initial: minBackoffDuration === undefined ? undefined : millis(minBackoffDuration),
    max: maxBackoffDuration === undefined ? undefined : millis(maxBackoffDuration),
  });
  return {
    maxAttempts: attemptsAfter(count),
    ...(Object.keys(backoff).length === 0 ? {} : { backoff }),
    ...(maxRetryDuration === undefined || Number.parseFloat(maxRetryDuration) === 0
      ? {}
      : { maxElapsed: millis(maxRetryDuration) }),
  };
};
