import type { HttpJobDefinition, JobDefinition, RunInput, WorkerJobDefinition } from '../events/index.ts';
import { httpWithInput } from './http/run-input.ts';
import { HTTP_TASK, type HttpRunTask } from './http/stored.ts';
import { WORKER_TASK, type WorkerRunTask } from './worker/stored.ts';

/** A definition with the input of one run applied. */
export type HttpRun = Omit<HttpJobDefinition, 'taskConfig'> & { readonly taskConfig: HttpRunTask };
export type WorkerRun = Omit<WorkerJobDefinition, 'taskConfig'> & { readonly taskConfig: WorkerRunTask };

/** The definition for one run: the run's input overrides the job's settings. */
export const withInput = (definition: JobDefinition, input: RunInput | undefined): HttpRun | WorkerRun => {
  if (input === undefined) return definition;
  switch (definition.taskType) {
    case HTTP_TASK:
      return { ...definition, taskConfig: httpWithInput(definition.taskConfig, input) };
    case WORKER_TASK:
      return { ...definition, taskConfig: { ...definition.taskConfig, ...input.task } };
  }
};
