import { z } from 'zod';
import { toInstant } from '../../domain/values.ts';
import { attemptsAfter, bodyOf, type Conversion, type Importer, labelsOf, literal } from './imported.ts';

const Job = z.looseObject({
  name: z.string(),
  displayname: z.string().optional(),
  schedule: z.string().default(''),
  timezone: z.string().optional(),
  disabled: z.boolean().optional(),
  retries: z.int().optional(),
  concurrency: z.string().optional(),
  metadata: z.record(z.string(), z.string()).nullish(),
  executor: z.string().default(''),
  executor_config: z.record(z.string(), z.string()).nullish(),
});
type Job = z.infer<typeof Job>;

/** Imports the response of Dkron's `GET /v1/jobs`, or one job. */
export const fromDkron: Importer = async (text) => {
  const given: unknown = JSON.parse(text);
  return z
    .array(Job, "is not a response of Dkron's GET /v1/jobs")
    .parse([given].flat())
    .map((job) => ({ at: job.name, ...jobOf(job) }));
};

/** Fields without a counterpart, if they are set. */
const WITHOUT: Readonly<Record<string, string>> = {
  parent_job: 'jobs do not start other jobs',
  dependent_jobs: 'jobs do not start other jobs',
  processors: 'the response is stored with the execution',
  tags: 'all engines share all jobs',
  owner_email: 'use an alert rule',
  expires_at: 'use endAt',
};

const jobOf = (job: Job): Conversion => {
  const { executor, executor_config: config } = job;
  if (executor !== 'http')
    return {
      notes: [
        `the executor ${executor || '(none)'} is not converted: define a job with a WorkerTask, and run the program with \`carillon worker run\``,
      ],
    };
  const { url = '', method = 'GET', headers: lines = '', body = '', timeout, expectCode, ...rest } = config ?? {};
  const schedule = scheduleOf(job.schedule);
  if (schedule === undefined) return { notes: [`the schedule ${JSON.stringify(job.schedule)} has no equivalent`] };
  const headers = headersOf(lines);
  const { labels, others } = labelsOf(job.metadata ?? {});
  const notes = [
    ...Object.entries(WITHOUT).flatMap(([field, why]) =>
      isSaid(job[field]) ? [`${field} has no equivalent: ${why}`] : [],
    ),
    ...(rest.expectBody ? ['expectBody has no equivalent: success depends on the HTTP status'] : []),
    ...Object.keys(rest).flatMap((name) =>
      name.startsWith('tls') && isSaid(rest[name])
        ? [`${name} has no equivalent: use the TLS settings of the application`]
        : [],
    ),
    ...(others.length === 0 ? [] : [`metadata not allowed as labels: ${others.join(', ')}`]),
  ];
  return {
    notes,
    job: {
      name: job.name,
      description: job.displayname || undefined,
      enabled: job.disabled ? false : undefined,
      ...schedule,
      timezone: job.timezone || undefined,
      overlap: job.concurrency === 'forbid' ? 'skip' : 'allow',
      retry: job.retries ? { maxAttempts: attemptsAfter(job.retries) } : undefined,
      taskType: 'HttpInvokerTask',
      taskConfig: {
        url: literal(url),
        method: method.toUpperCase(),
        ...(Object.keys(headers).length === 0 ? {} : { headers }),
        ...(body === '' ? {} : { body: bodyOf(body, headers) }),
        ...(timeout ? { timeout: `${timeout}s` } : {}),
        ...(expectCode ? { successStatus: expectCode.split(',').map(Number) } : {}),
      },
      labels,
    },
  };
};

const isSaid = (value: unknown): boolean =>
  Boolean(value) && (typeof value !== 'object' || Object.keys(Object(value)).length > 0);

/** A JSON list of headers, each with a colon. */
const headersOf = (lines: string): Record<string, string> => {
  const list = lines === '' ? [] : z.array(z.string()).parse(JSON.parse(lines));
  return Object.fromEntries(
    list.map((line) => {
      const [name = '', ...value] = line.split(':');
      return [name.trim(), literal(value.join(':').trim())];
    }),
  );
};

const SECONDS: Readonly<Record<string, number>> = { h: 3_600, m: 60, s: 1 };

/** A pattern with seconds, an alias, `@every 1h30m`, `@at` an instant, or `@manually` for a manual job. */
const scheduleOf = (text: string) => {
  const [, kind, value = ''] = /^(@every|@at)\s+(\S+)$/.exec(text) ?? [];
  switch (kind) {
    case '@every': {
      if (!/^(?:\d+[hms])+$/.test(value)) return undefined;
      const parts = [...value.matchAll(/(\d+)([hms])/g)];
      return {
        schedule: {
          every: `${parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (SECONDS[unit] ?? 0), 0)}s`,
        },
      };
    }
    case '@at':
      return Number.isNaN(Date.parse(value)) ? undefined : { schedule: { at: toInstant(Date.parse(value)) } };
    default:
      if (text === '@manually') return {};
      return text === '' || text === '@minutely' ? undefined : { pattern: text };
  }
};
