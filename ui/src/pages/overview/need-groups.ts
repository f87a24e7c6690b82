import type { Attention } from '../../../../packages/client/src/schema.ts';

/** Jobs that fail with an equal error and response. */
export type NeedGroup = Pick<Attention, 'error' | 'response'> & {
  readonly key: string;
  readonly jobs: readonly Attention[];
};

/** Groups failing jobs by their error, in the order of the first of each; every other job is by itself. */
export const needGroups = (jobs: readonly Attention[]): readonly NeedGroup[] => {
  const groups = Map.groupBy(jobs, ({ kind, jobId, error, response }) =>
    kind === 'failing' && error !== undefined ? JSON.stringify([error.code, response]) : `${kind}${jobId}`,
  );
  return [...groups].map(([key, [first, ...others]]) => ({
    key,
    jobs: first === undefined ? [] : [first, ...others],
    ...(first?.error === undefined ? {} : { error: first.error }),
    ...(first?.response === undefined ? {} : { response: first.response }),
  }));
};
