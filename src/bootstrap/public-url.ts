const PLACEHOLDER = '${PUBLIC_URL}';

/**
 * Replaces `${PUBLIC_URL}` at the beginning of a job's target by this service's origin, so that files need not know the
 * address. Jobs may always call this origin.
 */
export const fillPublicUrl = (job: unknown, publicUrl: string): unknown => {
  if (!isRecord(job) || !isRecord(job.taskConfig)) return job;
  const { taskConfig } = job;
  const filled = (['endpoint', 'url'] as const).flatMap((field) => {
    const given = taskConfig[field];
    if (typeof given !== 'string' || !given.startsWith(PLACEHOLDER)) return [];
    return [[field, publicUrl + given.slice(PLACEHOLDER.length)]];
  });
  return { ...job, taskConfig: { ...taskConfig, ...Object.fromEntries(filled) } };
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
