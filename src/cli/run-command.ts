import { readFile } from 'node:fs/promises';
import { pageQuery } from '../../packages/client/src/pages.ts';
import { plain } from '../runtime/text.ts';
import type {
  CommandCall,
  CommandInput,
  CommandOptions,
  CommandResponse,
  CommandTools,
  CommandWork,
  LocalTools,
} from './command.ts';
import { EXIT, runOrExit, type Terminal } from './fail.ts';
import { operationOf } from './operations.ts';
import { connect, reasonHeader, type Server, type ServerRequest } from './server.ts';
import { renderFields, renderTable, type TableShape } from './table.ts';

const DEFAULT_LIMIT = 50;
const LARGEST_PAGE = 500;

/** Runs a command against the server of the options. */
export const runCommand = (work: CommandWork, call: CommandCall, terminal: Terminal): Promise<void> => {
  const { options } = call;
  const run = async (): Promise<void> => {
    const local = localTools(options, { terminal, format: await formatOf(options) });
    if (work.kind === 'local') return (await work.load())(inputOf(call), local);
    const tools = { ...local, ...serverTools(await connect(options, terminal, call.typed), options, local.note) };
    try {
      const input = inputOf(await withAddress(call, tools));
      if (work.kind === 'bulk') await (await import('./bulk.ts')).changeAll(work, input, tools);
      else await (work.kind === 'own' ? (await work.load())(input, tools) : runOperation(work, input, tools));
    } catch (error) {
      throw error instanceof TypeError ? new Error(UNREADABLE) : error;
    }
  };
  return runOrExit(run, terminal, options.exitCode ? EXIT.notTold : EXIT.notDone);
};

/** Wherever a command takes a job, the application can be omitted. */
const withAddress = async (call: CommandCall, tools: CommandTools): Promise<CommandCall> => {
  const { args, filters } = call;
  const address = async (given: unknown) =>
    typeof given === 'string' ? (await import('./define-job.ts')).addressOfNamed(given, tools.list) : undefined;
  const [job, jobId] = [await address(args.job), await address(filters.jobId)];
  return {
    ...call,
    args: job === undefined ? args : { ...args, job },
    filters: jobId === undefined ? filters : { ...filters, jobId },
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

/** Sends the request and shows the response. */
const runOperation = async (
  work: Exclude<CommandWork, { kind: 'own' | 'local' | 'bulk' }>,
  input: CommandInput,
  tools: CommandTools,
): Promise<void> => {
  const { args, filters, options } = input;
  const { ask, list, say, show, terminal } = tools;
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
    return show(data, work.view, work.kind);
  };
  if (options.watch) await (await import('./watch.ts')).watch(shown, { every: options.every, terminal });
  terminal.stdout.write(await shown());
};

/** Fills the parameters of a path, in order. */
const pathOf = (path: string, values: readonly (string | undefined)[]): string => {
  const rest = [...values];
  return path.replace(ARGUMENT, () => segmentOf(rest.shift() ?? ''));
};

/** The format of data for programs. The YAML package is loaded only if it is requested. */
const formatOf = async ({ output }: CommandOptions): Promise<(data: unknown) => string> => {
  if (output !== 'yaml') return (data) => `${JSON.stringify(data, undefined, 2)}\n`;
  const { stringify } = await import('yaml');
  return (data) => stringify(data, { lineWidth: 0 });
};

/** Encodes a path segment. An empty segment or dots would change the path of a URL. */
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

type Output = { readonly terminal: Terminal; readonly format: (data: unknown) => string };

const localTools = ({ json, output }: CommandOptions, { terminal, format }: Output): LocalTools => ({
  say: (line, data) => {
    if (json) {
      if (data !== '' && data !== undefined) terminal.stdout.write(format(data));
    } else terminal.stdout.write(`${plain(line)}\n`);
  },
  show: (data, view, kind) => {
    if (json) return format(data);
    const table = view(data, Date.now());
    if (output === 'name') return table.rows.map(([name = '']) => `${plain(name)}\n`).join('');
    return (kind === 'fields' ? renderFields : renderTable)(table, shapeOf(terminal, output));
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
  shape: shapeOf(terminal, output),
});

const shapeOf = ({ stdout, env }: Terminal, output: CommandOptions['output']): TableShape => ({
  width: (output !== 'wide' && stdout.columns) || Number.POSITIVE_INFINITY,
  isWide: output === 'wide',
  isColoured: stdout.isTTY === true && (env.NO_COLOR ?? '') === '',
});
