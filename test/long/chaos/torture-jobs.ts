import type { Installation } from './struck-engines.ts';

/** The jobs of a torture. Those without rules are looked at after each strike: each of them has to be called again. */
export type TortureJobs = {
  readonly applicationId: number;
  readonly plain: readonly number[];
  /** Jobs with rules, by the name of what they show. */
  readonly ruled: readonly RuledJob[];
};

export type RuledJob = { readonly id: number; readonly name: string; readonly manner: string };

const EACH_SECOND = '* * * * * *';
const PATTERNS = [EACH_SECOND, EACH_SECOND, EACH_SECOND, '*/2 * * * * *', '*/5 * * * * *'];
const PLAIN_JOBS = 20;

export const LIMITS = {
  narrow: { parallel: 2 },
  measured: { rate: { count: 3, per: '2s' } },
} as const;
export const CALENDAR = 'holidays';

const backoff = { initial: '500ms', max: '2s' };
/** The queues of jobs with work. */
export const QUEUES = ['reports', 'mails'] as const;
const workOf = (queue: (typeof QUEUES)[number]) => ({
  taskType: 'WorkerTask',
  taskConfig: { queue, task: 'run', input: { at: '${T:YYYY-MM-DD}' } },
  heartbeatTimeout: '5s',
  deadline: '15s',
});
const callback = { completion: 'callback', deadline: '8s', heartbeatTimeout: '3s' };

type Spec = { readonly name: string; readonly manner: string; readonly count?: number; readonly fields: object };

/** Every rule that a job may have, each with a target that puts it to use. */
const RULED: readonly Spec[] = [
  ...(['skip', 'allow', 'queue', 'replace'] as const).map((overlap) => ({
    name: `overlap-${overlap}`,
    manner: 'slow',
    fields: { overlap },
  })),
  { name: 'misfire-skip', manner: 'well', fields: { misfire: 'skip' } },
  { name: 'misfire-all', manner: 'well', fields: { misfire: 'all', misfireLimit: 5 } },
  { name: 'max-lateness', manner: 'slow', fields: { overlap: 'queue', maxLateness: '3s' } },
  { name: 'every', manner: 'well', fields: { pattern: undefined, schedule: { every: '2s' } } },
  { name: 'jitter', manner: 'well', fields: { pattern: '*/5 * * * * *', jitter: '2s' } },
  { name: 'max-runs', manner: 'well', fields: { maxRuns: 30, afterCompletion: 'delete' } },
  { name: 'retry', manner: 'flaky', count: 2, fields: { retry: { maxAttempts: 4, backoff } } },
  {
    name: 'retry-queue',
    manner: 'flaky',
    fields: { overlap: 'queue', retry: { maxAttempts: 3, backoff, maxElapsed: '4s' } },
  },
  { name: 'retry-all', manner: 'flaky', fields: { retry: { maxAttempts: 3, backoff, retryOn: ['unknown', '5xx'] } } },
  { name: 'disable-after', manner: 'failing', count: 2, fields: { disableAfter: 3 } },
  { name: 'callback', manner: 'callback', count: 2, fields: { pattern: '*/3 * * * * *', ...callback } },
  {
    name: 'callback-retry',
    manner: 'callback',
    fields: { pattern: '*/4 * * * * *', ...callback, retry: { maxAttempts: 2, backoff, retryOn: ['timeout'] } },
  },
  { name: 'narrow', manner: 'narrow', count: 4, fields: { limit: 'narrow' } },
  { name: 'measured', manner: 'measured', count: 2, fields: { limit: 'measured' } },
  { name: 'work-skip', manner: 'work', fields: workOf('reports') },
  { name: 'work-allow', manner: 'work', count: 2, fields: { ...workOf('reports'), overlap: 'allow' } },
  { name: 'work-queue', manner: 'work', fields: { ...workOf('mails'), overlap: 'queue', maxLateness: '3s' } },
  { name: 'work-replace', manner: 'work', fields: { ...workOf('mails'), overlap: 'replace' } },
  {
    name: 'work-retry',
    manner: 'work',
    count: 2,
    fields: {
      ...workOf('mails'),
      overlap: 'queue',
      retry: { maxAttempts: 3, backoff, retryOn: ['connect', 'reported', 'lost', 'timeout'] },
    },
  },
  { name: 'calendar', manner: 'well', fields: { calendar: { exclude: [CALENDAR] } } },
];

export const makeJobs = async ({ api }: Pick<Installation, 'api'>, origin: string): Promise<TortureJobs> => {
  const made = async (path: string, body: object): Promise<number> => {
    const response = await api().post(path, body);
    if (response.status !== 201) throw new Error(`${path} made nothing: ${JSON.stringify(response.body)}`);
    return response.body.id;
  };
  const job = (applicationId: number, name: string, manner: string, fields: object): Promise<number> =>
    made('/jobs', {
      applicationId,
      name,
      pattern: EACH_SECOND,
      taskType: 'HttpInvokerTask',
      taskConfig: { url: `${origin}/${manner}/${name}`, method: 'POST' },
      ...fields,
    });

  const plainId = await made('/applications', { name: 'plain' });
  const plain: number[] = [];
  for (let index = 0; index < PLAIN_JOBS; index++) {
    plain.push(await job(plainId, `job-${index}`, 'plain', { pattern: PATTERNS[index % PATTERNS.length] }));
  }
  const applicationId = await made('/applications', { name: 'ruled' });
  for (const [name, limit] of Object.entries(LIMITS))
    await api().put(`/applications/${applicationId}/limits/${name}`, limit);
  await api().put(`/calendars/${CALENDAR}`, { dates: [] });
  const ruled: RuledJob[] = [];
  for (const { name, manner, count = 1, fields } of RULED) {
    for (let index = 1; index <= count; index++) {
      ruled.push({ id: await job(applicationId, `${name}-${index}`, manner, fields), name, manner });
    }
  }
  return { applicationId, plain, ruled };
};
