import { contextOf, contextsFile, isServerUrl, LOCAL, readContexts, withoutEnd, writeContexts } from './access.ts';
import type { CommandInput, LocalTools } from './command.ts';
import { renderTable } from './table.ts';

const NAME = /^[\w.-]{1,60}$/;

/** `carillon context add`: reads the token from standard input or a prompt, unless an option gives it. */
export const addContext = async (
  { subject: name, options: { server, token } }: CommandInput,
  { say, readValue, terminal: { env } }: LocalTools,
): Promise<void> => {
  if (!NAME.test(name) || name === LOCAL) {
    throw new Error(
      `The name of a context can contain letters, digits, dots and hyphens. The name ${LOCAL} is reserved for the server on this machine.`,
    );
  }
  if (server === undefined)
    throw new Error('--server is missing. Add the URL of the server, such as https://jobs.example.com.');
  if (!isServerUrl(server)) throw new Error('--server must be a URL, such as https://jobs.example.com.');
  const context = { server: withoutEnd(server), token: (token ?? (await readValue('Token'))).trim() };
  const known = await readContexts(env);
  await writeContexts(env, { ...known, contexts: { ...known.contexts, [name]: context } });
  say(`Added context ${name} (${context.server}). To use it: \`carillon context use ${name}\``);
};

/** `carillon context list`: does not show tokens. */
export const listContexts = async (
  { options: { json } }: CommandInput,
  { say, shape, terminal: { env, stdout } }: LocalTools,
): Promise<void> => {
  const { inUse = LOCAL, contexts } = await readContexts(env);
  const shown = [
    { name: LOCAL, server: 'on this machine' },
    ...Object.entries(contexts).map(([name, { server }]) => ({ name, server })),
  ].map((each) => ({ ...each, inUse: each.name === (env.CARILLON_CONTEXT || inUse) }));
  if (json) return say('', shown);
  const columns = ['CURRENT', 'CONTEXT', 'SERVER'].map((title) => ({ title }));
  stdout.write(
    renderTable({ columns, rows: shown.map((each) => [each.inUse ? '*' : '', each.name, each.server]) }, shape),
  );
};

/** `carillon context use` */
export const useContext = async (
  { subject: name }: CommandInput,
  { say, terminal: { env } }: LocalTools,
): Promise<void> => {
  const known = await readContexts(env);
  if (name !== LOCAL) contextOf(known, name);
  await writeContexts(env, { ...known, inUse: name });
  say(`Now using context ${name}`);
};

/** `carillon context delete`: if it was current, the local server becomes current again. */
export const deleteContext = async (
  { subject: name }: CommandInput,
  { say, terminal: { env } }: LocalTools,
): Promise<void> => {
  const { inUse = LOCAL, contexts } = await readContexts(env);
  contextOf({ contexts }, name);
  const rest = Object.fromEntries(Object.entries(contexts).filter(([each]) => each !== name));
  await writeContexts(env, { inUse: inUse === name ? LOCAL : inUse, contexts: rest });
  say(`Deleted context ${name} from ${contextsFile(env)}`);
};
