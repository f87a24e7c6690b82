import { rejectField } from '../../domain/domain-error.ts';
import type { Application, HttpJobSnapshot, JobSnapshot, WorkerJobSnapshot } from '../../domain/events/index.ts';
import { ParameterRejected } from '../../domain/parameters/index.ts';
import { MASK, maskSensitiveHeaders, type SensitiveNames } from '../../domain/redaction/mask.ts';
import { type Redaction, redact } from '../../domain/redaction/redact.ts';
import { TargetRejected, targetUrl } from '../../domain/targets/target-url.ts';
import { jobSnapshot } from '../../domain/tasks/http/recordable.ts';
import { HTTP_TASK } from '../../domain/tasks/http/stored.ts';
import { isWorkerTask, type TaskOf } from '../../domain/tasks/kinds.ts';
import { type GivenTask, maskKept, type ResolvedTask, resolveTask, secretsOf } from '../../domain/tasks/walk.ts';
import { workSnapshot } from '../../domain/tasks/worker/kind.ts';
import { WORKER_TASK } from '../../domain/tasks/worker/stored.ts';

export type ShownRequest = Pick<HttpJobSnapshot, 'method' | 'url' | 'headers' | 'body' | 'resolvedParameters'>;
export type ShownWork = Pick<WorkerJobSnapshot, 'queue' | 'task' | 'input' | 'resolvedParameters'>;

type ResolveOptions = {
  readonly atMs: number;
  readonly timezone: string;
  /** The application whose variables are filled in. */
  readonly application: Application | undefined;
};

/**
 * Fills in a task's parameters for one instant. Secrets are masks, not opened.
 * @throws DomainError BAD_PARAMETER
 */
export const resolveMasked = (
  task: TaskOf<GivenTask>,
  { atMs, timezone, application }: ResolveOptions,
): ResolvedTask => {
  try {
    return resolveTask(
      { ...task, taskConfig: maskKept(task) },
      {
        atMs,
        timezone,
        variables: new Map(application?.variables?.map(({ name, value }) => [name, value])),
        secrets: new Map(application?.secrets?.map(({ name }) => [name, MASK])),
      },
    );
  } catch (error) {
    if (!(error instanceof ParameterRejected)) throw error;
    throw rejectField(error.code, '/taskConfig', error.message);
  }
};

/** A snapshot like an execution's, of a task with masked secrets; `undefined` if the task has no valid URL. */
export const maskedSnapshot = (
  job: Parameters<typeof jobSnapshot>[0]['job'],
  resolved: ResolvedTask,
  names: SensitiveNames,
): JobSnapshot | undefined => {
  const { task, resolvedParameters } = resolved;
  const strike = strikeFor(resolved, names);
  if (isWorkerTask(task)) return workSnapshot({ job, task, resolvedParameters, strike });
  const url = targetUrl(task);
  return url instanceof TargetRejected ? undefined : jobSnapshot({ job, task, url, resolvedParameters, strike, names });
};

const strikeFor = ({ task, secretsUsed }: ResolvedTask, names: SensitiveNames): Redaction =>
  redact(
    secretsOf(
      { taskType: isWorkerTask(task) ? WORKER_TASK : HTTP_TASK, taskConfig: task },
      { names, filledIn: secretsUsed },
    ),
  );

/**
 * Shows a task like an execution's snapshot, with the caller's JSON and plain headers.
 * @returns nothing if a request has no valid URL
 */
export const showTask = (
  resolved: ResolvedTask,
  { timezone, names }: { readonly timezone: string; readonly names: SensitiveNames },
): { readonly request?: ShownRequest; readonly work?: ShownWork } => {
  const { task } = resolved;
  const strike = strikeFor(resolved, names);
  const snapshot = maskedSnapshot({ name: '', pattern: '', timezone }, resolved, names);
  switch (snapshot?.taskType) {
    case undefined:
      return {};
    case WORKER_TASK: {
      const input = isWorkerTask(task) && task.input !== undefined ? { input: strike.value(task.input) } : {};
      const { queue, resolvedParameters } = snapshot;
      return { work: { queue, task: snapshot.task, ...input, resolvedParameters } };
    }
    case HTTP_TASK: {
      const { method, url, resolvedParameters } = snapshot;
      const { headers = {}, body } = isWorkerTask(task) ? {} : task;
      return {
        request: {
          method,
          url,
          headers: { ...snapshot.headers, ...maskSensitiveHeaders(headers, names) },
          ...(body === undefined ? {} : { body: strike.value(body) }),
          resolvedParameters,
        },
      };
    }
  }
};
