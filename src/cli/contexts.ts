import { homedir } from 'node:os';
import path from 'node:path';
import { readOwn, writeOwn } from '../compose/run-file.ts';

/** A server that has a name here, with its token. */
export type Context = { readonly server: string; readonly token: string };

/** The contexts of a user, and the one that is in use; without one it is the server that runs here. */
export type Contexts = { readonly inUse?: string; readonly contexts: Readonly<Record<string, Context>> };

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
