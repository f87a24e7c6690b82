import { PROBLEM_CODES } from '../domain/codes/problem-codes.ts';
import { isRecord } from '../domain/defined.ts';
import { plain } from '../runtime/text.ts';

const IS_IT_THERE =
  "Check that it's running. To see or change the server: `carillon context list`, --server, CARILLON_SERVER.";

/** With these codes of Node, nothing was sent. */
const UNSENT: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
const MAYBE_DONE = 'The request may have succeeded. Check before you retry.';

/**
 * The error if the server did not respond. For a host with several addresses, the reasons are in an error without a message.
 */
export const serverUnreachable = (error: unknown, method = 'get'): Error => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const message = error instanceof Error && error.message !== '' ? error.message : String(code ?? error);
  const advice = method === 'get' || UNSENT.has(code) ? IS_IT_THERE : MAYBE_DONE;
  return new Error(`Can't reach the server: ${message}\n  ${advice}`);
};

type Problem = {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
};

const isProblem = (data: unknown): data is Problem => isRecord(data) && 'code' in data && 'detail' in data;

/** The typed options, such as `--since`, by the API fields that they became. */
export type TypedOptions = Readonly<Record<string, string>>;

/** Replaces fields of a problem by the options that set them: `--since` in place of `/from`. */
const inOptions = ({ code, detail, errors = [] }: Problem, typed: TypedOptions) => {
  const named = errors.map(({ pointer, message }) => {
    const [field, flag] = typedField(pointer.slice(1), typed);
    if (flag === undefined) return { pointer, shown: pointer, message };
    const within = pointer.slice(field.length + 2).split('/');
    const key = within.filter((part) => !/^\d*$/.test(part)).join('/');
    return { pointer, shown: key === '' ? flag : `${flag} ${key}`, message };
  });
  const shownOf = new Map(named.map(({ pointer, shown }) => [`${pointer}: `, `${shown}: `]));
  const lines = detail.split('; ').map((line) => {
    const [prefix = ''] = /^\/\S*: /.exec(line) ?? [];
    return (shownOf.get(prefix) ?? prefix) + line.slice(prefix.length);
  });
  return {
    code,
    detail: lines.join('; '),
    errors: named.map(({ pointer, shown, message }) => ({ pointer: pointer && shown, message })),
  };
};

/** The option that set a field, the object around it, or alone something in it. */
const typedField = (path: string, typed: TypedOptions): readonly [field: string, flag: string | undefined] => {
  const options = Object.entries(typed);
  const around = options.find(([field]) => `${path}/`.startsWith(`${field}/`));
  const [inside, ...others] = options.filter(([field]) => field.startsWith(`${path}/`));
  return around ?? (inside !== undefined && others.length === 0 ? [path, inside[1]] : [path, undefined]);
};

/** The text of a rejection: `code: detail`, the invalid fields, and the remedy. */
export const errorText = (
  status: number,
  data: unknown,
  { retryAfter, typed = {} }: { readonly retryAfter?: unknown; readonly typed?: TypedOptions | undefined } = {},
): string => {
  if (!isProblem(data)) return `The response (HTTP ${status}) is not from a Carillon server.\n  ${IS_IT_THERE}`;
  const { code, detail, errors } = inOptions(data, typed);
  const fields = errors.filter(
    ({ pointer, message }) =>
      pointer !== '' && !detail.includes(pointer) && (message === detail || !detail.includes(message)),
  );
  const { named = [], others = [] } = Object.groupBy(fields, ({ message }) =>
    message === detail ? 'named' : 'others',
  );
  const remedy = REMEDIES.get(code) ?? remedyOf(code);
  return [
    ...[code, ...named.map(({ pointer }) => pointer), detail].join(': ').split('\n').map(plain),
    ...others.map(({ pointer, message }) => plain(`  ${pointer}: ${message}`)),
    ...(retryAfter === undefined ? [] : [`  Try again in ${String(retryAfter)} s.`]),
    ...(remedy === undefined || retryAfter !== undefined ? [] : [`  ${remedy}`]),
  ].join('\n');
};

/** The remedy of docs/reference/codes.md for API callers, without links and the names of a problem's fields. */
const remedyOf = (code: string): string | undefined => {
  const text = Object.entries(PROBLEM_CODES).find(([each]) => each === code)?.[1];
  return text?.remedy.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/`(?:detail|errors)`/g, 'the message');
};

const shows = (verb: string, what: string): string => `\`carillon ${verb}\` shows ${what}.`;
export const JOBS = shows('jobs list', 'the jobs and their addresses');
const APPLICATIONS = `${shows('applications list', 'the applications')} \`carillon applications create\` creates one.`;

/** Remedies by a command or option. */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ['NOT_AUTHENTICATED', 'Add a token with --token or CARILLON_TOKEN.'],
  ['TOKEN_REJECTED', 'Use another token with --token or CARILLON_TOKEN. To sign one: `carillon token`.'],
  ['JOB_NOT_FOUND', JOBS],
  ['UNKNOWN_JOB', JOBS],
  ['APPLICATION_NOT_FOUND', APPLICATIONS],
  ['UNKNOWN_APPLICATION', APPLICATIONS],
  ['EXECUTION_NOT_FOUND', shows('executions list', 'the executions')],
  ['VERSION_NOT_FOUND', shows('jobs history', 'the versions of a job')],
  ['PAUSE_NOT_FOUND', shows('pauses list', 'the active pauses')],
  ['PAUSED', '`carillon pauses list` shows the pauses. End the pause, wait until it ends, or add --force.'],
  [
    'OVERLAP',
    'Add --overlap with queue or replace, or with allow unless 100 executions are open; or wait until one ends. --force applies only to pauses.',
  ],
  ['DELETIONS_REJECTED', 'To delete the jobs, add --allow-delete with their number.'],
  ['BAD_INPUT', 'Fix the named values. --help shows what the command accepts.'],
]);
