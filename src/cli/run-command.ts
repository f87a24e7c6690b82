import { readFile } from 'node:fs/promises';
import { pageQuery } from '../../packages/client/src/pages.ts';
import { plain } from '../runtime/text.ts';
import type { CommandCall, CommandInput, CommandOptions, CommandSpec, OperationRequest } from './command.ts';
import { filtersOf } from './command-options.ts';
import { EXIT, runOrExit, type Terminal } from './fail.ts';
import { type ApiOperation, operationOf } from './operations.ts';
import {
  connect,
  reasonHeader,
  type Server,
  ServerRejected,
  type ServerRequest,
  type ServerResponse,
} from './server.ts';
import { renderFields, renderTable, type TableShape } from './table.ts';

const DEFAULT_LIMIT = 50;
const LARGEST_PAGE = 500;

/** Runs a command against the server of its options. */
export const runCommand = (spec: CommandSpec, input: CommandInput, terminal: Terminal): Promise<void> => {
  const { options } = input;
  const run = async (): Promise<void> => {
    let server: Promise<Server> | undefined;
    const connected = (): Promise<Server> => {
      server ??= connect(options, terminal, input.typed);
      return server;
    };
    const format = await formatOf(options);
    const callOf = (given: CommandInput) => createCall(given, { connected, format, terminal });
    if (spec.isLocal) return spec.run(callOf(input));
    await connected();
    const call = callOf(input);
    try {
      await spec.run(callOf(await withAddresses(input, call)));
    } catch (error) {
      if (error instanceof TypeError) throw new Error(UNREADABLE);
      if (!(error instanceof ServerRejected)) throw error;
      throw await (await import('./nearest-address.ts')).withMeantAddress(error, input, call);
    }
  };
  return runOrExit(run, terminal, options.exitCode ? EXIT.notTold : EXIT.notDone);
};

const UNREADABLE =
  "The server's response has an unknown form: its version probably differs. To compare versions: `carillon doctor`. To see the response: --json.";

/** Wherever a command takes a job, the application can be omitted. */
const withAddresses = async (input: CommandInput, call: CommandCall): Promise<CommandInput> => {
  const { args, options } = input;
  const addressOf = async (given: string) => (await import('./define-job.ts')).addressOfNamed(given, call);
  return {
    ...input,
    args: args.job === undefined ? args : { ...args, job: await addressOf(args.job) },
    options: options.jobId === undefined ? options : { ...options, jobId: await addressOf(options.jobId) },
  };
};

type Connection = {
  readonly connected: CommandCall['connected'];
  /** Formats data for programs. */
  readonly format: (data: unknown) => string;
  readonly terminal: Terminal;
};

const createCall = (input: CommandInput, { connected, format, terminal }: Connection): CommandCall => {
  const { args, options } = input;
  const { json, output } = options;
  const shape = shapeOf(terminal, output);
  const note: CommandCall['note'] = (line) => void terminal.stderr.write(`${plain(line)}\n`);
  const requestOf = (operation: ApiOperation, request: OperationRequest = {}): ServerRequest => {
    const { params = Object.values(args), query, headers, body } = request;
    const { method, path } = operationOf(operation);
    return {
      method,
      path: pathOf(path, params),
      query: { tenant: options.tenant, ...query },
      body,
      headers: { ...headers, ...(method === 'get' ? {} : reasonHeader(options.reason)) },
    };
  };
  const send = async <T>(operation: ApiOperation, request?: OperationRequest): Promise<ServerResponse<T>> =>
    (await connected()).send<T>(requestOf(operation, request));
  const collect = async <T>(
    operation: ApiOperation,
    request: OperationRequest = {},
    limit = options.limit ?? DEFAULT_LIMIT,
  ): Promise<T[]> => {
    const items: T[] = [];
    let { query } = request;
    for (;;) {
      const page = { ...query, limit: Math.min(limit - items.length, LARGEST_PAGE) };
      const { data, headers } = await send<T[]>(operation, { ...request, query: page });
      items.push(...data);
      const next = pageQuery(headers, 'next');
      if (next === undefined) return items;
      if (items.length >= limit) {
        note(`carillon: Showing the first ${limit}. To see more, raise --limit.`);
        return items;
      }
      const place = ['cursor', 'from', 'to'].map((name) => [name, next.get(name) ?? undefined]);
      query = { ...query, ...Object.fromEntries(place) };
    }
  };
  const show: CommandCall['show'] = (data, view, kind) => {
    if (json) return format(data);
    const table = view(data, Date.now());
    if (output === 'name') return table.rows.map(([name = '']) => `${plain(name)}\n`).join('');
    return (kind === 'fields' ? renderFields : renderTable)(table, shape);
  };
  return {
    ...input,
    subject: Object.values(args)[0] ?? '',
    nowMs: Date.now(),
    terminal,
    shape,
    connected,
    send,
    list: collect,
    stream: async (operation, request) => (await connected()).sendStreamed(requestOf(operation, request)),
    show,
    note,
    print: async (operation, view, kind) => {
      const { query } = operationOf(operation);
      const request = { query: filtersOf(operation, options) };
      const shown = async (): Promise<string> => {
        const isPaged = query.includes('cursor');
        const data: unknown = isPaged ? await collect(operation, request) : (await send(operation, request)).data;
        return show(data, view, kind);
      };
      if (options.watch) await (await import('./watch.ts')).watch(shown, { every: options.every, terminal });
      terminal.stdout.write(await shown());
    },
    say: (line, data) => {
      if (!json) terminal.stdout.write(`${plain(line)}\n`);
      else if (data !== '' && data !== undefined) terminal.stdout.write(format(data));
    },
    readText: async (file) => {
      if (file !== undefined && file !== '-') return readFile(file, 'utf8');
      if (terminal.stdin.isTTY) throw new Error('No input. Name a file, or pipe one to standard input.');
      const chunks: Buffer[] = [];
      for await (const chunk of terminal.stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString();
    },
    readValue: async (question) => (await import('./hidden-input.ts')).readHidden(question, terminal),
  };
};

/** Fills the parameters of a path, in order. An empty segment or dots would change the path of a URL. */
const pathOf = (path: string, values: readonly (string | number | undefined)[]): string => {
  const rest = [...values];
  return path.replace(/\{\w+\}/g, () => {
    const value = String(rest.shift() ?? '');
    if (['', '.', '..'].includes(value)) throw new Error(`${JSON.stringify(value)} is not a valid name.`);
    return encodeURIComponent(value);
  });
};

/** The format of data for programs. The YAML package is loaded only if it is requested. */
const formatOf = async ({ output }: CommandOptions): Promise<(data: unknown) => string> => {
  if (output !== 'yaml') return (data) => `${JSON.stringify(data, undefined, 2)}\n`;
  const { stringify } = await import('yaml');
  return (data) => stringify(data, { lineWidth: 0 });
};

const shapeOf = ({ stdout, env }: Terminal, output: CommandOptions['output']): TableShape => ({
  width: (output !== 'wide' && stdout.columns) || Number.POSITIVE_INFINITY,
  isWide: output === 'wide',
  isColoured: stdout.isTTY === true && (env.NO_COLOR ?? '') === '',
});
