import { readFile } from 'node:fs/promises';
import type { AxiosInstance } from 'axios';
import { z } from 'zod';
import { PROBLEM_CODES } from '../domain/codes/problem-codes.ts';
import { EXIT, orFail, type Terminal } from './fail.ts';
import { connect, type ServerOptions } from './server.ts';
import { plain, renderFields, renderTable, type Table, type TableShape } from './table.ts';

type Texts = 'tenant' | 'reason' | 'for' | 'until' | 'body' | 'at' | 'wait' | 'job' | 'slot' | 'dir';
/** The options of all verbs, but for filters; each verb says which of them it takes. */
export type VerbOptions = ServerOptions &
  Readonly<Partial<Record<Texts, string>>> &
  Readonly<Partial<Record<'json' | 'force' | 'original' | 'exitCode', true>>> &
  Readonly<Partial<Record<'header' | 'query' | 'variable', readonly string[]>>> &
  Readonly<Partial<Record<'limit' | 'allowDelete', number>>>;

type Query = Readonly<Record<string, unknown>>;
export type VerbCall = {
  /** What it is about: the address or the id of a job, the id of an execution or a pause; undefined where it is a list. */
  readonly subject: string | undefined;
  /** A file that it reads; standard input where it is `-` or undefined. */
  readonly file: string | undefined;
  /** By the parameters of the API. */
  readonly filters: Query;
  readonly options: VerbOptions;
};

export type VerbInput = {
  readonly subject: string;
  /** The subject as a part of a path. */
  readonly segment: string;
  readonly file: string;
  readonly options: VerbOptions;
  readonly nowMs: number;
};

export type VerbRequest = {
  readonly method?: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
};

export type VerbAnswer = {
  readonly status: number;
  readonly data: unknown;
  readonly next: URLSearchParams | undefined;
};

/** What a verb works with that is more than one request. */
export type VerbTools = {
  readonly server: AxiosInstance;
  /** @throws Error with what the server says where it refuses, and what can be done */
  ask(request: VerbRequest): Promise<VerbAnswer>;
  /** A page after another, up to a limit: that of `--limit` unless another is given. */
  list(request: VerbRequest, limit?: number): Promise<unknown[]>;
  /** Prints a line, or with `--json` what the API gave. */
  say(line: string, data?: unknown): void;
  /** Prints a line to standard error. */
  note(line: string): void;
  readText(file: string): Promise<string>;
  readonly terminal: Terminal;
  readonly shape: TableShape;
};

/** The table of what the API gave. */
export type VerbView = (data: unknown, nowMs: number) => Promise<Table>;

/**
 * What a verb does: it shows a list, page by page, what one answer has as a table, or one thing by its fields; changes
 * something by one request; or goes a way of its own.
 */
export type VerbWork =
  | { readonly kind: 'list' | 'table' | 'fields'; readonly path: string; readonly view: VerbView }
  | { readonly kind: 'change'; readonly method: 'post' | 'delete'; readonly path: string; readonly said: string }
  | { readonly kind: 'own'; readonly run: (input: VerbInput, tools: VerbTools) => Promise<void> };

const DEFAULT_LIMIT = 50;
const LARGEST_PAGE = 500;
const DEFAULT_WIDTH = 80;

/** Runs a verb against the server that the options name. */
export const runVerb = (work: VerbWork, call: VerbCall, terminal: Terminal): Promise<void> => {
  const { subject = '', file = '-', filters, options } = call;
  const run = async (): Promise<void> => {
    const segment = call.subject === undefined ? '' : segmentOf(subject);
    const tools = toolsOf(await connect(options, terminal.env), options, terminal);
    const input = { subject, segment, file, options, nowMs: Date.now() };
    try {
      await (work.kind === 'own' ? work.run(input, tools) : runUsual(work, { ...input, filters }, tools));
    } catch (error) {
      throw error instanceof z.ZodError ? new Error(UNREADABLE) : error;
    }
  };
  return orFail(run, terminal, options.exitCode ? EXIT.notTold : EXIT.notDone);
};

const UNREADABLE = 'the server answers otherwise than this release of carillon reads it: --json shows what';

/** Asks for what is shown or changed, and shows it. */
const runUsual = async (
  work: Exclude<VerbWork, { kind: 'own' }>,
  { subject, segment, filters, options, nowMs }: VerbInput & Pick<VerbCall, 'filters'>,
  { ask, list, say, shape, terminal }: VerbTools,
): Promise<void> => {
  const request = { path: work.path.replace(':it', () => segment), query: filters };
  if (work.kind === 'change') {
    const { data } = await ask({ ...request, method: work.method });
    const said = work.said.replace(':it', () => subject);
    return say(said, data);
  }
  const data = work.kind === 'list' ? await list(request) : (await ask(request)).data;
  if (options.json) return say('', data);
  const render = work.kind === 'fields' ? renderFields : renderTable;
  terminal.stdout.write(render(await work.view(data, nowMs), shape));
};

/** One part of a path. In a URL, the empty one and dots mean another path. */
const segmentOf = (subject: string): string => {
  if (['', '.', '..'].includes(subject)) throw new Error(`${JSON.stringify(subject)} names nothing`);
  return encodeURIComponent(subject);
};

const toolsOf = (server: AxiosInstance, options: VerbOptions, terminal: Terminal): VerbTools => {
  const { reason } = options;
  const note = (line: string): void => void terminal.stderr.write(`${plain(line)}\n`);
  const ask = async ({ method = 'get', path, query = {}, body }: VerbRequest): Promise<VerbAnswer> => {
    const answer = await server
      .request({
        method,
        url: path,
        params: paramsOf({ ...query, tenant: options.tenant }),
        ...(body === undefined ? {} : { data: JSON.stringify(body) }),
        headers: {
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...(reason === undefined || method === 'get' ? {} : { 'Carillon-Reason': encodeURIComponent(reason) }),
        },
        validateStatus: () => true,
      })
      .catch((error: unknown) => {
        throw notAsked(error, method);
      });
    for (const warning of warningsOf(answer.headers['carillon-warning'])) note(`carillon: warning: ${warning}`);
    if (answer.status >= 300) throw new Error(refusalText(answer.status, answer.data, answer.headers['retry-after']));
    return { status: answer.status, data: answer.data, next: nextOf(answer.headers.link) };
  };
  return {
    server,
    ask,
    list: async (request, limit = options.limit ?? DEFAULT_LIMIT) => {
      const items: unknown[] = [];
      let { query } = request;
      for (;;) {
        const { data, next } = await ask({
          ...request,
          query: { ...query, limit: Math.min(limit - items.length, LARGEST_PAGE) },
        });
        items.push(...Items.parse(data));
        if (next === undefined) return items;
        if (items.length >= limit) {
          note(`carillon: the first ${limit}; there are more, which a larger --limit shows`);
          return items;
        }
        query = {
          ...query,
          ...Object.fromEntries(['cursor', 'from', 'to'].map((name) => [name, next.get(name) ?? undefined])),
        };
      }
    },
    say: (line, data) => {
      if (options.json) {
        if (data !== '' && data !== undefined) terminal.stdout.write(`${JSON.stringify(data, undefined, 2)}\n`);
      } else terminal.stdout.write(`${plain(line)}\n`);
    },
    note,
    readText: async (file) => {
      if (file !== '-') return readFile(file, 'utf8');
      if (terminal.stdin.isTTY) throw new Error('nothing stands on standard input: name a file, or pipe one in');
      const chunks: Buffer[] = [];
      for await (const chunk of terminal.stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString();
    },
    terminal,
    shape: {
      width: terminal.stdout.columns || DEFAULT_WIDTH,
      isColoured: terminal.stdout.isTTY === true && (terminal.env.NO_COLOR ?? '') === '',
    },
  };
};

const paramsOf = (query: Query): URLSearchParams =>
  new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [value].flat().map((each): [string, string] => [name, String(each)]),
    ),
  );

const Items = z.array(z.unknown());

/** The query of the next page. */
const nextOf = (link: unknown): URLSearchParams | undefined => {
  const [, query] = /<[^>?]*\?([^>]*)>; rel="next"/.exec(typeof link === 'string' ? link : '') ?? [];
  return query === undefined ? undefined : new URLSearchParams(query);
};

const warningsOf = (header: unknown): string[] =>
  [...(typeof header === 'string' ? header : '').matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replace(/\\(.)/g, '$1'),
  );

const IS_IT_THERE =
  'Check that it runs, and where: --server, CARILLON_SERVER, or run.json of the server that runs here.';

/** By these codes of Node, nothing was sent. */
const UNSENT: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
const MAYBE_DONE = 'What was asked for may have been done: look before you ask again.';

/** Where the server gave no answer. Of a host with several addresses, the reasons are in an error without a message. */
export const notAsked = (error: unknown, method: VerbRequest['method'] = 'get'): Error => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const message = error instanceof Error && error.message !== '' ? error.message : String(code ?? error);
  const advice = method === 'get' || UNSENT.has(code) ? IS_IT_THERE : MAYBE_DONE;
  return new Error(`the server could not be asked: ${message}\n  ${advice}`);
};

const Problem = z.object({
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ pointer: z.string(), message: z.string() })).default([]),
});

/** What the server says where it refuses: `code: detail`, the fields that are wrong, and what can be done. */
export const refusalText = (status: number, data: unknown, retryAfter: unknown): string => {
  const problem = Problem.safeParse(data).data;
  if (problem === undefined) return `the server answered ${status}, and not as a Carillon does\n  ${IS_IT_THERE}`;
  const { code, detail, errors } = problem;
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

/** Where a verb helps, or an option. */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ['NOT_AUTHENTICATED', 'Give a token by --token or CARILLON_TOKEN.'],
  ['TOKEN_REFUSED', 'Give another token by --token or CARILLON_TOKEN; `carillon token` signs one.'],
  ['JOB_NOT_FOUND', '`carillon jobs list` shows the jobs, with their addresses.'],
  ['UNKNOWN_JOB', '`carillon jobs list` shows the jobs, with their addresses.'],
  ['APPLICATION_NOT_FOUND', '`carillon applications list` shows the applications.'],
  ['UNKNOWN_APPLICATION', '`carillon applications list` shows the applications.'],
  ['EXECUTION_NOT_FOUND', '`carillon executions list` shows the executions.'],
  ['PAUSE_NOT_FOUND', '`carillon pauses list` shows the pauses in force.'],
  ['PAUSED', '`carillon pauses list` shows the pauses. Lift it, wait for its end, or give --force.'],
  ['DELETIONS_REFUSED', 'Where they are to go, give --allow-delete and their number.'],
  ['BAD_INPUT', 'Correct what is named; --help shows what the verb takes.'],
]);
