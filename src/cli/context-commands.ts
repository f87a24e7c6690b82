import { isServerUrl, withoutEnd } from './access.ts';
import { contextOf, contextsFile, LOCAL, readContexts, writeContexts } from './contexts.ts';
import type { CommandInput, LocalTools } from './run-command.ts';
import { renderTable } from './table.ts';

const NAME = /^[\w.-]{1,60}$/;

/** `carillon context add`: the token comes from standard input, or is asked for, where no option gives it. */
export const addContext = async (
  { subject: name, options: { server, token } }: CommandInput,
  { say, readValue, terminal: { env } }: LocalTools,
): Promise<void> => {
  if (!NAME.test(name) || name === LOCAL) {
    throw new Error(
      `a context is named by letters, digits, dots and hyphens, and not ${LOCAL}: that is what runs here`,
    );
  }
  if (server === undefined) throw new Error('--server says where it is, such as https://jobs.example.com');
  if (!isServerUrl(server)) throw new Error('--server is a URL, such as https://jobs.example.com');
  const context = { server: withoutEnd(server), token: (token ?? (await readValue('Token'))).trim() };
  const known = await readContexts(env);
  await writeContexts(env, { ...known, contexts: { ...known.contexts, [name]: context } });
  say(`context ${name} is ${context.server}; \`carillon context use ${name}\` puts it in use`);
};

/** `carillon context list`: tokens are not shown. */
export const listContexts = async (
  { options: { json } }: CommandInput,
  { say, shape, terminal: { env, stdout } }: LocalTools,
): Promise<void> => {
  const { inUse = LOCAL, contexts } = await readContexts(env);
  const shown = [
    { name: LOCAL, server: 'the one that runs here' },
    ...Object.entries(contexts).map(([name, { server }]) => ({ name, server })),
  ].map((each) => ({ ...each, inUse: each.name === (env.CARILLON_CONTEXT || inUse) }));
  if (json) return say('', shown);
  const columns = ['IN USE', 'CONTEXT', 'SERVER'].map((title) => ({ title }));
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
  say(`context ${name} is in use`);
};

/** `carillon context delete`: where it was in use, that is the server that runs here again. */
export const deleteContext = async (
  { subject: name }: CommandInput,
  { say, terminal: { env } }: LocalTools,
): Promise<void> => {
  const { inUse = LOCAL, contexts } = await readContexts(env);
  contextOf({ contexts }, name);
  const rest = Object.fromEntries(Object.entries(contexts).filter(([each]) => each !== name));
  await writeContexts(env, { inUse: inUse === name ? LOCAL : inUse, contexts: rest });
  say(`context ${name} is deleted from ${contextsFile(env)}`);
};
