import { readFile } from 'node:fs/promises';
import { pageQuery } from '../client/pages.ts';
import { plain } from '../runtime/text.ts';
import type { ServerOptions } from './access.ts';
import type { TypedOptions } from './error-text.ts';
import { EXIT, runOrExit, type Terminal } from './fail.ts';
import { type ApiOperation, operationOf } from './operations.ts';
import { connect, type Query, reasonHeader, type Server, type ServerRequest, type ServerResponse } from './server.ts';
import { renderFields, renderTable, type Table, type TableShape } from './table.ts';

type Texts =
  | 'tenant'
  | 'reason'
  | 'for'
  | 'until'
  | 'body'
  | 'overlap'
  | 'catchUp'
  | 'at'
  | 'wait'
  | 'job'
  | 'slot'
  | 'dir'
  | 'out';
type TenantTexts =
  | 'execution'
  | 'jobVersion'
  | 'every'
  | 'displayName'
  | 'permissions'
  | 'expires'
  | 'from'
  | 'to'
  | 'reprocess';
/** The options of all verbs, but for filters; each verb says which of them it takes. */
export type CommandOptions = ServerOptions &
  Readonly<Partial<Record<Texts | TenantTexts, string>>> &
  Readonly<
    Partial<Record<'json' | 'force' | 'original' | 'exitCode' | 'all' | 'write' | 'signing' | 'dryRun' | 'watch', true>>
  > &
  Readonly<Partial<Record<'header' | 'query' | 'variable' | 'origin' | 'application' | 'key', readonly string[]>>> &
  Readonly<Partial<Record<'limit' | 'allowDelete' | 'parallel', number>>> & { readonly rate?: object };

export type CommandCall = {
  /** By their names in the usage of the verb: the address or the id of a job, a file. */
  readonly args: Readonly<Record<string, string | undefined>>;
  /** By the parameters of the API. */
  readonly filters: Query;
  readonly options: CommandOptions;
  /** Absent if no command line was typed. */
  readonly typed?: TypedOptions | undefined;
};

export type CommandInput = CommandCall & {
  /** What it is about, the first of the arguments. */
  readonly subject: string;
  /** A path of the API, where `:job` stands for the argument of that name. */
  at(path: string): string;
  readonly nowMs: number;
};

export type CommandResponse<T> = ServerResponse<T> & { readonly next: URLSearchParams | undefined };

/** What a verb works with that asks no server. */
export type LocalTools = Pick<CommandTools, 'say' | 'note' | 'readText' | 'readValue' | 'terminal' | 'shape'>;

/** What a verb works with that is more than one request. */
export type CommandTools = {
  readonly server: Server;
  /** @throws ServerRejected with what the server says where it rejects, and what can be done */
  ask<T>(request: ServerRequest): Promise<CommandResponse<T>>;
  /** A page after another, up to a limit: that of `--limit` unless another is given. */
  list<T>(request: ServerRequest, limit?: number): Promise<T[]>;
  /** Prints a line, or with `--json` what the API gave. */
  say(line: string, data?: unknown): void;
  /** Prints a line to standard error. */
  note(line: string): void;
  /** Standard input where it is `-` or undefined. */
  readText(file: string | undefined): Promise<string>;
  /** A value that nobody else should see: from standard input, or asked for. */
  readValue(question: string): Promise<string>;
  readonly terminal: Terminal;
  readonly shape: TableShape;
};

/** The table of what the API gave. */
export type CommandView = (data: unknown, nowMs: number) => Table;

/**
 * What a command does: it shows the rows or the fields of what an operation returns; changes something with one request; or
 * has code of its own, without a server if it is local.
 */
export type CommandWork =
  | { readonly kind: 'rows' | 'fields'; readonly operation: ApiOperation; readonly view: CommandView }
  | {
      readonly kind: 'change';
      readonly operation: ApiOperation;
      readonly body: ((input: CommandInput, tools: CommandTools) => Promise<unknown>) | undefined;
      /** The sentence that it prints. */
      readonly done: string;
    }
  | { readonly kind: 'own'; readonly load: () => Promise<(input: CommandInput, tools: CommandTools) => Promise<void>> }
  | { readonly kind: 'local'; readonly load: () => Promise<(input: CommandInput, tools: LocalTools) => Promise<void>> };

const DEFAULT_LIMIT = 50;
const LARGEST_PAGE = 500;
const DEFAULT_WIDTH = 80;

/** Runs a verb against the server that the options name. */
export const runCommand = (work: CommandWork, call: CommandCall, terminal: Terminal): Promise<void> => {
  const { options } = call;
  const run = async (): Promise<void> => {
    const local = localTools(options, terminal);
    if (work.kind === 'local') return (await work.load())(inputOf(call), local);
    const tools = { ...local, ...serverTools(await connect(options, terminal, call.typed), options, local.note) };
    try {
      const input = inputOf(await withAddress(call, tools));
      await (work.kind === 'own' ? (await work.load())(input, tools) : runOperation(work, input, tools));
    } catch (error) {
      throw error instanceof TypeError ? new Error(UNREADABLE) : error;
    }
  };
  return runOrExit(run, terminal, options.exitCode ? EXIT.notTold : EXIT.notDone);
};

/** A job may be named without its application, wherever one is named. */
const withAddress = async (call: CommandCall, tools: CommandTools): Promise<CommandCall> => {
  const { args, filters, options, typed } = call;
  const address = async (given: unknown) =>
    typeof given === 'string' ? (await import('./named-job.ts')).addressOfNamed(given, tools.list) : undefined;
  const [job, jobId, ofOption] = [await address(args.job), await address(filters.jobId), await address(options.job)];
  return {
    args: job === undefined ? args : { ...args, job },
    filters: jobId === undefined ? filters : { ...filters, jobId },
    options: ofOption === undefined ? options : { ...options, job: ofOption },
    typed,
  };
};

const inputOf = (call: CommandCall): CommandInput => {
  const { args } = call;
  const at = (path: string): string => path.replace(ARGUMENT, (_, name: string) => segmentOf(args[name] ?? ''));
  return { ...call, subject: Object.values(args)[0] ?? '', at, nowMs: Date.now() };
};

const ARGUMENT = /:(\w+)/g;
const UNREADABLE =
  "The server's response has an unknown form: its version probably differs. To compare versions: `carillon doctor`. To see the response: --json.";

/** Asks for what is shown or changed, and shows it. */
const runOperation = async (
  work: Exclude<CommandWork, { kind: 'own' | 'local' }>,
  input: CommandInput,
  tools: CommandTools,
): Promise<void> => {
  const { args, filters, options } = input;
  const { ask, list, say, shape, terminal } = tools;
  const { method, path, query } = operationOf(work.operation);
  const request = { method, path: pathOf(path, Object.values(args)), query: filters };
  if (work.kind === 'change') {
    const { data } = await ask({ ...request, body: await work.body?.(input, tools) });
    return say(
      work.done.replace(ARGUMENT, (_, name: string) => args[name] ?? ''),
      data,
    );
  }
  const shown = async (): Promise<string> => {
    const data = query.includes('cursor') ? await list(request) : (await ask(request)).data;
    if (options.json) return jsonText(data);
    return (work.kind === 'fields' ? renderFields : renderTable)(work.view(data, Date.now()), shape);
  };
  if (options.watch) await (await import('./watch.ts')).watch(shown, { every: options.every, terminal });
  terminal.stdout.write(await shown());
};

/** A path of the API with values in the places of its parameters, in their order. */
const pathOf = (path: string, values: readonly (string | undefined)[]): string => {
  const rest = [...values];
  return path.replace(ARGUMENT, () => segmentOf(rest.shift() ?? ''));
};

const jsonText = (data: unknown): string => `${JSON.stringify(data, undefined, 2)}\n`;

/** One part of a path. In a URL, the empty one and dots mean another path. */
const segmentOf = (subject: string): string => {
  if (['', '.', '..'].includes(subject)) throw new Error(`${JSON.stringify(subject)} is not a valid name.`);
  return encodeURIComponent(subject);
};

const serverTools = (
  server: Server,
  options: CommandOptions,
  note: CommandTools['note'],
): Pick<CommandTools, 'server' | 'ask' | 'list'> => {
  const ask = async <T>({ method = 'get', query, ...request }: ServerRequest): Promise<CommandResponse<T>> => {
    const answer = await server.ask<T>({
      ...request,
      method,
      query: { ...query, tenant: options.tenant },
      headers: { ...request.headers, ...(method === 'get' ? {} : reasonHeader(options.reason)) },
    });
    return { ...answer, next: pageQuery(answer.headers, 'next') };
  };
  return {
    server,
    ask,
    list: async <T>(request: ServerRequest, limit = options.limit ?? DEFAULT_LIMIT) => {
      const items: T[] = [];
      let { query } = request;
      for (;;) {
        const { data, next } = await ask<T[]>({
          ...request,
          query: { ...query, limit: Math.min(limit - items.length, LARGEST_PAGE) },
        });
        items.push(...data);
        if (next === undefined) return items;
        if (items.length >= limit) {
          note(`carillon: Showing the first ${limit}. To see more, raise --limit.`);
          return items;
        }
        query = {
          ...query,
          ...Object.fromEntries(['cursor', 'from', 'to'].map((name) => [name, next.get(name) ?? undefined])),
        };
      }
    },
  };
};

const localTools = ({ json }: CommandOptions, terminal: Terminal): LocalTools => ({
  say: (line, data) => {
    if (json) {
      if (data !== '' && data !== undefined) terminal.stdout.write(jsonText(data));
    } else terminal.stdout.write(`${plain(line)}\n`);
  },
  note: (line) => void terminal.stderr.write(`${plain(line)}\n`),
  readText: async (file) => {
    if (file !== undefined && file !== '-') return readFile(file, 'utf8');
    if (terminal.stdin.isTTY) throw new Error('No input. Name a file, or pipe one to standard input.');
    const chunks: Buffer[] = [];
    for await (const chunk of terminal.stdin) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks).toString();
  },
  readValue: async (question) => (await import('./hidden-input.ts')).readHidden(question, terminal),
  terminal,
  shape: {
    width: terminal.stdout.columns || DEFAULT_WIDTH,
    isColoured: terminal.stdout.isTTY === true && (terminal.env.NO_COLOR ?? '') === '',
  },
});
