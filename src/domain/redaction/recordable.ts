import type { CallResult, JobDefinition, JobSnapshot } from '../events/index.ts';
import type { ClearTask, ResolvedParameter } from '../parameters/index.ts';
import { isUnsentHeader } from '../targets/index.ts';
import { HTTP_TASK, type HttpResult } from '../tasks/http/stored.ts';
import type { JsonValue, Sealed } from '../values.ts';
import { MASK, maskHeaders, SEALED_SHOWN, type SensitiveNames, shapeOf } from './mask.ts';
import { dataWithinSize, snapshotWithinSize } from './recorded-size.ts';
import type { Redaction } from './redact.ts';

/** Masks sensitive parameters of a query. The rest stays exactly as written, which `URLSearchParams` would change. */
const maskQuery = (url: string, names: SensitiveNames): string => {
  const mark = url.indexOf('?') + 1;
  if (mark === 0) return url;
  const pairs = url.slice(mark).split('&');
  const masked = pairs.map((pair) => {
    const [name = ''] = pair.split('=', 1);
    return names.parameter(name) && pair.includes('=') ? `${name}=${MASK}` : pair;
  });
  return url.slice(0, mark) + masked.join('&');
};

/**
 * What the log records of a call: the method, the resolved URL, the names of headers and the shape of the body, each up
 * to a limit of its size. Of a confidential job's body not even the shape is recorded. Query parameters with a
 * sensitive name are masked, and `strike` masks all other secrets.
 */
export const jobSnapshot = (called: {
  readonly job: Pick<JobDefinition, 'name' | 'pattern' | 'schedule' | 'timezone' | 'taskType' | 'confidential'>;
  /** With its parameters filled in. */
  readonly task: ClearTask;
  readonly url: URL;
  readonly resolvedParameters: readonly ResolvedParameter[];
  readonly strike: Redaction;
  readonly names: SensitiveNames;
}): JobSnapshot => {
  const { job, task, url, resolvedParameters, strike, names } = called;
  const auth = task.auth === undefined ? {} : { Authorization: MASK };
  return snapshotWithinSize({
    name: job.name,
    ...(job.pattern === undefined ? {} : { pattern: job.pattern }),
    ...(job.schedule === undefined ? {} : { schedule: job.schedule }),
    timezone: job.timezone,
    taskType: job.taskType,
    method: task.method,
    // Secrets are struck out first: one may contain `&` or `=`, at which the query is split.
    url: maskQuery(strike.text(url.href), names),
    headers: { ...auth, ...maskHeaders(sentHeaders(task)) },
    ...(task.body !== undefined && { body: job.confidential ? SEALED_SHOWN : strike.value(shapeOf(task.body)) }),
    resolvedParameters: resolvedParameters.map(({ expression, value, at }) => ({
      expression,
      value: strike.text(value),
      at,
    })),
  });
};

/** The headers of a task without those that are never sent. */
const sentHeaders = ({ headers = {} }: ClearTask): Readonly<Record<string, string>> => {
  const names = Object.keys(headers);
  if (!names.some(isUnsentHeader)) return headers;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isUnsentHeader(name)));
};

/** What the log records of a result: sensitive headers are masked, and secrets that the target echoed struck out. */
export const recordableResult = (
  result: Omit<HttpResult, 'data'> & { readonly data: JsonValue },
  { strike, names }: { readonly strike: Redaction; readonly names: SensitiveNames },
): CallResult => ({
  taskType: HTTP_TASK,
  status: result.status,
  headers: Object.fromEntries(
    Object.entries(result.headers).map(([name, value]) => [
      strike.text(name),
      names.header(name) ? MASK : strike.text(value),
    ]),
  ),
  ...dataWithinSize({
    data: result.truncated && typeof result.data === 'string' ? strike.cutText(result.data) : strike.value(result.data),
    truncated: result.truncated,
  }),
});

/** What the log records of a confidential job's result: the sealed data, and the names of the headers. */
export const confidentialResult = (result: CallResult, seal: (clear: string) => Sealed): CallResult => ({
  ...result,
  headers: maskHeaders(result.headers),
  data: seal(JSON.stringify(result.data)),
});
