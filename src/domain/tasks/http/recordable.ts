import type { HttpCallResult, HttpJobSnapshot, JobDefinition } from '../../events/index.ts';
import { type ResolvedParameter, secretsIn } from '../../parameters/index.ts';
import { MASK, maskHeaders, SEALED_SHOWN, type SensitiveNames, shapeOf } from '../../redaction/mask.ts';
import { dataWithinSize, httpSnapshotWithinSize, type Redaction } from '../../redaction/redact.ts';
import { isUnsentHeader } from '../../targets/target-url.ts';
import { type JsonValue, neverSealed, type Sealed } from '../../values.ts';
import type { ClearHttpTask } from './kind.ts';
import { HTTP_TASK, type HttpResult } from './stored.ts';

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
 * What the log records of a call: method, resolved URL, header names and the shape of the body, each up to a maximum size.
 * For a confidential job, not even the body's shape. Query parameters with a sensitive name are masked, and `strike` masks
 * all other secrets.
 */
export const jobSnapshot = (called: {
  readonly job: Pick<JobDefinition, 'name' | 'pattern' | 'schedule' | 'timezone' | 'confidential'>;
  readonly task: ClearHttpTask;
  readonly url: URL;
  readonly resolvedParameters: readonly ResolvedParameter[];
  readonly strike: Redaction;
  readonly names: SensitiveNames;
}): HttpJobSnapshot => {
  const { job, task, url, resolvedParameters, strike, names } = called;
  const auth = task.auth === undefined ? {} : { Authorization: MASK };
  return httpSnapshotWithinSize({
    name: job.name,
    ...(job.pattern === undefined ? {} : { pattern: job.pattern }),
    ...(job.schedule === undefined ? {} : { schedule: job.schedule }),
    timezone: job.timezone,
    taskType: HTTP_TASK,
    method: task.method,
    // Secrets are redacted first: one may contain `&` or `=`, at which the query is split.
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
const sentHeaders = ({ headers = {} }: ClearHttpTask): Readonly<Record<string, string>> => {
  const names = Object.keys(headers);
  if (!names.some(isUnsentHeader)) return headers;
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !isUnsentHeader(name)));
};

/** What the log records of a result: sensitive headers are masked, and echoed secrets redacted. */
export const recordableResult = (
  result: Omit<HttpResult, 'data'> & { readonly data: JsonValue },
  { strike, names }: { readonly strike: Redaction; readonly names: SensitiveNames },
): HttpCallResult => {
  const { status, truncated } = result;
  const headers: Record<string, string> = {};
  for (const name in result.headers)
    headers[strike.text(name)] = names.header(name) ? MASK : strike.text(result.headers[name] ?? '');
  const data =
    truncated && typeof result.data === 'string' ? strike.cutText(result.data) : strike.value(neverSealed(result.data));
  return { taskType: HTTP_TASK, status, headers, ...dataWithinSize({ data, truncated }) };
};

/** What the log records of a confidential job's result: the sealed data and the header names. */
export const confidentialResult = (result: HttpCallResult, seal: (clear: string) => Sealed): HttpCallResult => ({
  ...result,
  headers: maskHeaders(result.headers),
  data: seal(JSON.stringify(result.data)),
});

/** Shorter query values are too common to be masked in a target's response. */
const MIN_VALUE_LENGTH = 4;

/**
 * Values of query parameters with a sensitive name, as written and decoded. They are masked in records of a call but are not
 * otherwise secret: a URL is stored in clear, and a redirect can repeat it.
 */
export const sensitiveParameters = ({ search }: URL, names: SensitiveNames): string[] => {
  if (search === '') return [];
  const values = search
    .slice(1)
    .split('&')
    .filter((pair) => pair.includes('='))
    .flatMap((pair) => {
      const written = pair.slice(pair.indexOf('=') + 1);
      return [...new URLSearchParams(pair)].flatMap(([name, value]) => (names.parameter(name) ? [written, value] : []));
    });
  return [...new Set(values)].filter(({ length }) => length >= MIN_VALUE_LENGTH);
};

/** Where a task uses secrets, among the parts that a redirect sends again. */
type SecretPlaces = {
  /** Lower-case names of headers with a secret. */
  readonly headers: ReadonlySet<string>;
  readonly isInBody: boolean;
};

export const secretPlaces = ({ headers = {}, body }: Pick<ClearHttpTask, 'headers' | 'body'>): SecretPlaces => ({
  headers: new Set(
    Object.entries(headers).flatMap(([name, value]) => (secretsIn(value).length > 0 ? [name.toLowerCase()] : [])),
  ),
  isInBody: secretsIn(body).length > 0,
});
