import { homedir } from 'node:os';
import path from 'node:path';
import { readOwn, readRunFile, writeOwn } from '../compose/run-file.ts';

/** Where a server is, and what it is asked with. */
export type Access = { readonly url: string; readonly token: string };

/** Options of every command that talks to a running server. */
export type ServerOptions = { readonly server?: string; readonly token?: string; readonly context?: string };

const WHERE = 'use --server, CARILLON_SERVER or --context';

/**
 * Finds a server. The first of these says which: `--server`, `--context`, `CARILLON_SERVER`, `CARILLON_CONTEXT`, the context
 * in use, and `run.json` in the data folder. A token stays with its own address: `CARILLON_TOKEN` goes to no context, and
 * what the data folder says, which may come from somebody else's repository, gets no token that was named here.
 * @throws Error that says what to do where the server or its token is not known
 */
export const accessOf = async (options: ServerOptions, env: NodeJS.ProcessEnv): Promise<Access> => {
  if (options.server !== undefined && options.context !== undefined)
    throw new Error("--server and --context can't be combined. Use one of them.");
  const url = options.context === undefined ? (options.server ?? env.CARILLON_SERVER) : undefined;
  if (url !== undefined) return namedAccess(url, options.token ?? env.CARILLON_TOKEN, env);
  const contexts = await readContexts(env);
  const asked = options.context ?? env.CARILLON_CONTEXT;
  if (asked === undefined && env.CARILLON_TOKEN !== undefined) {
    throw new Error('CARILLON_TOKEN is set without a server. Set CARILLON_SERVER to the server that issued the token.');
  }
  const name = asked || contexts.inUse || LOCAL;
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
  if (!isServerUrl(url)) throw new Error('CARILLON_SERVER must be a URL, such as https://jobs.example.com.');
  if (token !== undefined) return { url: withoutEnd(url), token };
  const run = await readRunFile(dataFolder(env));
  if (run?.token === undefined || new URL(url).origin !== new URL(run.url).origin) {
    throw new Error(`No token is known for ${url}. Set CARILLON_TOKEN.`);
  }
  return { url: withoutEnd(url), token: run.token };
};

const dataFolder = ({ CARILLON_DATA = '.carillon' }: NodeJS.ProcessEnv): string => CARILLON_DATA;

export const isServerUrl = (url: string): boolean => /^https?:$/.test(URL.parse(url)?.protocol ?? '');
export const withoutEnd = (url: string): string => url.replace(/\/+$/, '');

/** A server that has a name here, with its token. */
type Context = { readonly server: string; readonly token: string };

/** The contexts of a user, and the one that is in use; without one it is the server that runs here. */
type Contexts = { readonly inUse?: string; readonly contexts: Readonly<Record<string, Context>> };

/** The name of the server that runs here: it has written its address and a token to `run.json`. */
export const LOCAL = 'local';

export const contextsFile = ({ XDG_CONFIG_HOME, HOME }: NodeJS.ProcessEnv): string =>
  path.join(XDG_CONFIG_HOME || path.join(HOME || homedir(), '.config'), 'carillon', 'contexts.json');

/** @throws Error where the file is something else */
export const readContexts = async (env: NodeJS.ProcessEnv): Promise<Contexts> => {
  const found = (await readOwn(contextsFile(env))) ?? { contexts: {} };
  if (isContexts(found)) return found;
  throw new Error(`${contextsFile(env)} is not a valid file of contexts. Fix or delete it.`);
};

export const writeContexts = (env: NodeJS.ProcessEnv, contexts: Contexts): Promise<void> =>
  writeOwn(contextsFile(env), contexts);

/** @throws Error where there is none of this name */
export const contextOf = ({ contexts }: Contexts, name: string): Context => {
  const context = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (context !== undefined) return context;
  throw new Error(
    `There is no context ${name}.\n  To see the contexts: \`carillon context list\`. To add one: \`carillon context add\`.`,
  );
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isContexts = (value: unknown): value is Contexts =>
  isRecord(value) &&
  (value.inUse === undefined || typeof value.inUse === 'string') &&
  isRecord(value.contexts) &&
  Object.values(value.contexts).every(
    (each) => isRecord(each) && typeof each.server === 'string' && typeof each.token === 'string',
  );
