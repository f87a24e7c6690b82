import { homedir } from 'node:os';
import path from 'node:path';
import { readOwn, readRunFile, writeOwn } from '../compose/run-file.ts';
import { isRecord } from '../domain/defined.ts';

/** A server's address and token. */
export type Access = { readonly url: string; readonly token: string };

/** Options of every command that uses a running server. */
export type ServerOptions = { readonly server?: string; readonly token?: string; readonly context?: string };

const WHERE = 'use --server, CARILLON_SERVER or --context';

/**
 * Finds a server. The first of these determines it: `--server`, `--context`, `CARILLON_SERVER`, `CARILLON_CONTEXT`, the
 * current context, and `run.json` in the data folder. A token is sent only to its own address: `CARILLON_TOKEN` to no
 * context, and a token given here never to an address from the data folder, which may come from another user's repository.
 * @throws Error that states what to do if the server or its token is unknown
 */
export const accessOf = async (options: ServerOptions, env: NodeJS.ProcessEnv): Promise<Access> => {
  if (options.server !== undefined && options.context !== undefined)
    throw new Error("--server and --context can't be combined. Use one of them.");
  const url = options.context === undefined ? (options.server ?? env.CARILLON_SERVER) : undefined;
  if (url !== undefined) requireServerUrl(url, options.server === undefined ? 'CARILLON_SERVER' : '--server');
  if (url !== undefined) return namedAccess(url, options.token ?? env.CARILLON_TOKEN, env);
  const contexts = await readContexts(env);
  const requested = options.context ?? env.CARILLON_CONTEXT;
  if (requested === undefined && env.CARILLON_TOKEN !== undefined) {
    throw new Error('CARILLON_TOKEN is set without a server. Set CARILLON_SERVER to the server that issued the token.');
  }
  const name = requested || contexts.inUse || LOCAL;
  if (name === LOCAL) return localAccess(options.token, env);
  const { server, token } = contextOf(contexts, name);
  return { url: server, token: options.token ?? token };
};

const localAccess = async (token: string | undefined, env: NodeJS.ProcessEnv): Promise<Access> => {
  if (token !== undefined) throw new Error('--token needs a server. Add --server or --context.');
  const run = await readRunFile(dataFolder(env));
  if (run === undefined) throw new Error(`No server is running on this machine. Start one, or ${WHERE}.`);
  if (run.token === undefined)
    throw new Error(`No token is known for ${run.url}. To choose a server and its token, ${WHERE}.`);
  return { url: run.url, token: run.token };
};

const namedAccess = async (url: string, token: string | undefined, env: NodeJS.ProcessEnv): Promise<Access> => {
  if (token !== undefined) return { url: withoutEnd(url), token };
  const run = await readRunFile(dataFolder(env));
  if (run?.token === undefined || new URL(url).origin !== new URL(run.url).origin) {
    throw new Error(`No token is known for ${url}. Set CARILLON_TOKEN.`);
  }
  return { url: withoutEnd(url), token: run.token };
};

const dataFolder = ({ CARILLON_DATA = '.carillon' }: NodeJS.ProcessEnv): string => CARILLON_DATA;

/**
 * A missing scheme is not guessed: `http` would send the token in the clear.
 * @throws Error that names the option or variable, unless it has a URL
 */
export const requireServerUrl = (url: string, source: string): void => {
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return;
  const isLocal = /^(localhost|127\.[\d.]+|\[::1\])(:\d+)?$/.test(url);
  const example = isLocal ? `http://${url}` : 'https://jobs.example.com';
  throw new Error(`${source} must be a URL with its scheme, such as ${example}.`);
};
export const withoutEnd = (url: string): string => url.replace(/\/+$/, '');

/** A user's contexts, which are servers with their tokens, and the current one; without one, the local server is used. */
type Contexts = {
  readonly inUse?: string;
  readonly contexts: Readonly<Record<string, { readonly server: string; readonly token: string }>>;
};

/** The name of the local server, which has written its address and token to `run.json`. */
export const LOCAL = 'local';

export const contextsFile = ({ XDG_CONFIG_HOME, HOME }: NodeJS.ProcessEnv): string =>
  path.join(XDG_CONFIG_HOME || path.join(HOME || homedir(), '.config'), 'carillon', 'contexts.json');

/** @throws Error if the file has another format */
export const readContexts = async (env: NodeJS.ProcessEnv): Promise<Contexts> => {
  const found = (await readOwn(contextsFile(env))) ?? { contexts: {} };
  if (isContexts(found)) return found;
  throw new Error(`${contextsFile(env)} is not a valid file of contexts. Fix or delete it.`);
};

export const writeContexts = (env: NodeJS.ProcessEnv, contexts: Contexts): Promise<void> =>
  writeOwn(contextsFile(env), contexts);

/** @throws Error if there is no such context */
export const contextOf = ({ contexts }: Contexts, name: string): Contexts['contexts'][string] => {
  const context = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (context !== undefined) return context;
  throw new Error(
    `There is no context ${name}.\n  To see the contexts: \`carillon context list\`. To add one: \`carillon context add\`.`,
  );
};

const isContexts = (value: unknown): value is Contexts =>
  isRecord(value) &&
  (value.inUse === undefined || typeof value.inUse === 'string') &&
  isRecord(value.contexts) &&
  Object.values(value.contexts).every(
    (each) => isRecord(each) && typeof each.server === 'string' && typeof each.token === 'string',
  );
