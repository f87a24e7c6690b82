import type { Execution, Job, Pause } from '../api/schema.ts';

/** Whether a job runs, and what keeps it from that: the first of these that is so. */
export type JobState =
  | { readonly kind: 'completed' | 'disabled' | 'enabled' }
  | { readonly kind: 'paused'; readonly pause: Pause }
  /** Its newest executions have failed, the last of them as its target may not be called, or for something else. */
  | {
      readonly kind: 'blocked' | 'failing';
      readonly count: number;
      readonly last: Execution;
      readonly first: Execution;
    };

type Known = {
  readonly pauses: readonly Pause[];
  /** Its executions that are known, newest first. */
  readonly executions: readonly Execution[];
};

type Stated = Pick<Job, 'id' | 'enabled' | 'completed' | 'application' | 'taskConfig'>;

export const stateOf = (job: Stated, { pauses, executions }: Known): JobState => {
  if (job.completed === true) return { kind: 'completed' };
  if (!job.enabled) return { kind: 'disabled' };
  const pause = pauseOf(job, pauses);
  if (pause !== undefined) return { kind: 'paused', pause };
  const ended = executions.filter(({ status }) => status === 'succeeded' || status === 'failed');
  const success = ended.findIndex(({ status }) => status === 'succeeded');
  const failures = success < 0 ? ended : ended.slice(0, success);
  const [last, first] = [failures[0], failures.at(-1)];
  if (last === undefined || first === undefined) return { kind: 'enabled' };
  const kind = last.error?.code === 'TARGET_BLOCKED' ? 'blocked' : 'failing';
  return { kind, count: failures.length, last, first };
};

/** The pause that binds a job; undefined where none does. */
const pauseOf = (job: Stated, pauses: readonly Pause[]): Pause | undefined =>
  pauses.find((pause) => isBoundBy(job, pause));

const isBoundBy = ({ id, application, taskConfig }: Stated, { scope, of }: Pause): boolean => {
  switch (scope) {
    case 'installation':
    case 'tenant':
      return true;
    case 'application':
      return of === application.id;
    case 'job':
      return of === id;
    case 'target':
      return namesOf(taskConfig.url).includes(String(of));
  }
};

/** What a pause may call the target of a URL. */
const namesOf = (url: string | undefined): readonly string[] => {
  if (url === undefined || !URL.canParse(url)) return [];
  const { origin, host, hostname } = new URL(url);
  return [origin, host, hostname];
};
