import { rejectField } from '../../domain/domain-error.ts';
import type { Application, JobSnapshot } from '../../domain/events/index.ts';
import { ParameterRejected } from '../../domain/parameters/index.ts';
import {
  MASK,
  maskSensitiveHeaders,
  type Redaction,
  redact,
  type SensitiveNames,
} from '../../domain/redaction/index.ts';
import { TargetRejected, targetUrl } from '../../domain/targets/index.ts';
import { jobSnapshot } from '../../domain/tasks/http/recordable.ts';
import { HTTP_TASK } from '../../domain/tasks/http/stored.ts';
import type { TaskOf } from '../../domain/tasks/kinds.ts';
import { type GivenTask, maskKept, type ResolvedTask, resolveTask, secretsOf } from '../../domain/tasks/walk.ts';

export type ShownRequest = Pick<JobSnapshot, 'method' | 'url' | 'headers' | 'body' | 'resolvedParameters'>;

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
  const url = targetUrl(task);
  if (url instanceof TargetRejected) return undefined;
  return jobSnapshot({ job, task, url, resolvedParameters, strike: strikeFor(resolved, names), names });
};

const strikeFor = ({ task, secretsUsed }: ResolvedTask, names: SensitiveNames): Redaction =>
  redact(secretsOf({ taskType: HTTP_TASK, taskConfig: task }, { names, filledIn: secretsUsed }));

/**
 * Shows a request like an execution's snapshot, with the caller's body and plain headers.
 * @returns `undefined` if the task has no valid URL
 */
export const showRequest = (
  resolved: ResolvedTask,
  { timezone, names }: { readonly timezone: string; readonly names: SensitiveNames },
): ShownRequest | undefined => {
  const { task } = resolved;
  const job = { name: '', pattern: '', timezone, taskType: HTTP_TASK };
  const snapshot = maskedSnapshot(job, resolved, names);
  if (snapshot === undefined) return undefined;
  return {
    method: snapshot.method,
    url: snapshot.url,
    headers: { ...snapshot.headers, ...maskSensitiveHeaders(task.headers ?? {}, names) },
    ...(task.body === undefined ? {} : { body: strikeFor(resolved, names).value(task.body) }),
    resolvedParameters: snapshot.resolvedParameters,
  };
};
