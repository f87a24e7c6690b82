import { PROBLEM_CODES } from '../domain/codes/problem-codes.ts';
import { plain } from '../runtime/plain.ts';

const IS_IT_THERE =
  'Check that it runs, and where: `carillon context list`, --server, CARILLON_SERVER, or run.json of what runs here.';

/** By these codes of Node, nothing was sent. */
const UNSENT: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
const MAYBE_DONE = 'What was asked for may have been done: look before you ask again.';

/** Where the server gave no answer. Of a host with several addresses, the reasons are in an error without a message. */
export const serverUnreachable = (error: unknown, method = 'get'): Error => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const message = error instanceof Error && error.message !== '' ? error.message : String(code ?? error);
  const advice = method === 'get' || UNSENT.has(code) ? IS_IT_THERE : MAYBE_DONE;
  return new Error(`the server could not be asked: ${message}\n  ${advice}`);
};

type Problem = {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[];
};
const isProblem = (data: unknown): data is Problem =>
  typeof data === 'object' && data !== null && 'code' in data && 'detail' in data;

/** The options that were typed, such as `--since`, by the fields of the API that they became. */
export type TypedOptions = Readonly<Record<string, string>>;

/** A problem whose fields are named by the options that became them: `--since` in place of `/from`. */
const inOptions = ({ code, detail, errors = [] }: Problem, typed: TypedOptions) => {
  const named = errors.map(({ pointer, message }) => {
    const [field = '', ...within] = pointer.slice(1).split('/');
    const flag = typed[field];
    if (flag === undefined) return { pointer, shown: pointer, message };
    const key = within.filter((part) => !/^\d+$/.test(part)).join('/');
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

/** What the server says where it rejects: `code: detail`, the fields that are wrong, and what can be done. */
export const errorText = (
  status: number,
  data: unknown,
  { retryAfter, typed = {} }: { readonly retryAfter?: unknown; readonly typed?: TypedOptions | undefined } = {},
): string => {
  if (!isProblem(data)) return `the server answered ${status}, and not as a Carillon does\n  ${IS_IT_THERE}`;
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

/** What docs/reference/codes.md advises to those who ask the API, without its links. */
const remedyOf = (code: string): string | undefined => {
  const text = Object.entries(PROBLEM_CODES).find(([each]) => each === code)?.[1];
  return text?.remedy.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
};

const shows = (verb: string, what: string): string => `\`carillon ${verb}\` shows ${what}.`;
export const JOBS = shows('jobs list', 'the jobs, with their addresses');
const APPLICATIONS = shows('applications list', 'the applications');

/** Where a verb helps, or an option. */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ['NOT_AUTHENTICATED', 'Give a token by --token or CARILLON_TOKEN.'],
  ['TOKEN_REJECTED', 'Give another token by --token or CARILLON_TOKEN; `carillon token` signs one.'],
  ['JOB_NOT_FOUND', JOBS],
  ['UNKNOWN_JOB', JOBS],
  ['APPLICATION_NOT_FOUND', APPLICATIONS],
  ['UNKNOWN_APPLICATION', APPLICATIONS],
  ['EXECUTION_NOT_FOUND', shows('executions list', 'the executions')],
  ['PAUSE_NOT_FOUND', shows('pauses list', 'the pauses in force')],
  ['PAUSED', '`carillon pauses list` shows the pauses. Lift it, wait for its end, or give --force.'],
  [
    'OVERLAP',
    'Give --overlap queue, allow or replace; or wait until the open execution has ended. --force is for pauses only.',
  ],
  ['DELETIONS_REJECTED', 'Where they are to go, give --allow-delete and their number.'],
  ['BAD_INPUT', 'Correct what is named; --help shows what the verb takes.'],
]);
