import type { paths } from '../../../packages/client/src/schema.ts';

type BodyOf<Path extends '/jobs/bulk' | '/executions/bulk'> =
  paths[Path]['post']['requestBody']['content']['application/json'];

export type JobAction = Exclude<BodyOf<'/jobs/bulk'>['action'], 'label'>;
export type ExecutionAction = BodyOf<'/executions/bulk'>['action'];
export type Action = JobAction | ExecutionAction;

type JobsBulk = NonNullable<BodyOf<'/jobs/bulk'>['filter']>;
type ExecutionsBulk = NonNullable<BodyOf<'/executions/bulk'>['filter']>;

/** An action on everything that a filter matches. */
export type Work =
  | {
      readonly of: 'jobs';
      readonly action: JobAction;
      readonly filter: JobsBulk;
      /** Time over which they are triggered. */
      readonly spread?: string;
    }
  | { readonly of: 'executions'; readonly action: ExecutionAction; readonly filter: ExecutionsBulk };
