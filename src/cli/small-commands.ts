import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PACKAGE_ROOT } from '../runtime/package-root.ts';
import { contextOf, contextsFile, LOCAL, readContexts, requireServerUrl, withoutEnd, writeContexts } from './access.ts';
import type { CommandCall } from './command.ts';
import { EXIT } from './fail.ts';
import { renderTable } from './table.ts';
import { version } from './version.ts';

const OPENERS: Readonly<Record<string, string>> = { darwin: 'open', win32: 'explorer' };

/** `carillon open`: prints the address of the admin UI, or of a job in it, and opens it if there is a terminal. */
export const openPage = async ({ args, send, say, connected, terminal }: CommandCall): Promise<void> => {
  const below = args.job === undefined ? '' : `jobs/${(await send('getJob')).data.id}`;
  const url = `${(await connected()).url}/_/scheduler/ui/${below}`;
  say(url, { url });
  if (!terminal.stdout.isTTY) return;
  const child = spawn(OPENERS[process.platform] ?? 'xdg-open', [url], { stdio: 'ignore', detached: true });
  // If no browser can be opened, the address is still printed.
  child.on('error', () => {});
  child.unref();
};

const NAME = /^[\w.-]{1,60}$/;

/** `carillon context add`: reads the token from standard input or a prompt, unless an option gives it. */
export const addContext = async (call: CommandCall): Promise<void> => {
  const { subject: name, options, say, readValue } = call;
  const { server, token } = options;
  const { env } = call.terminal;
  if (!NAME.test(name) || name === LOCAL) {
    throw new Error(
      `The name of a context can contain letters, digits, dots and hyphens. The name ${LOCAL} is reserved for the server on this machine.`,
    );
  }
  if (server === undefined)
    throw new Error('--server is missing. Add the URL of the server, such as https://jobs.example.com.');
  requireServerUrl(server, '--server');
  const context = { server: withoutEnd(server), token: (token ?? (await readValue('Token'))).trim() };
  const known = await readContexts(env);
  await writeContexts(env, { ...known, contexts: { ...known.contexts, [name]: context } });
  say(`Added context ${name} (${context.server}). To use it: \`carillon context use ${name}\``);
};

/** `carillon context list`: does not show tokens. */
export const listContexts = async ({ options, say, shape, terminal }: CommandCall): Promise<void> => {
  const { env, stdout } = terminal;
  const { inUse = LOCAL, contexts } = await readContexts(env);
  const shown = [
    { name: LOCAL, server: 'on this machine' },
    ...Object.entries(contexts).map(([name, { server }]) => ({ name, server })),
  ].map((each) => ({ ...each, inUse: each.name === (env.CARILLON_CONTEXT || inUse) }));
  if (options.json) return say('', shown);
  const columns = ['CURRENT', 'CONTEXT', 'SERVER'].map((title) => ({ title }));
  stdout.write(
    renderTable({ columns, rows: shown.map((each) => [each.inUse ? '*' : '', each.name, each.server]) }, shape),
  );
};

/** `carillon context use` */
export const useContext = async ({ subject: name, say, terminal: { env } }: CommandCall): Promise<void> => {
  const known = await readContexts(env);
  if (name !== LOCAL) contextOf(known, name);
  await writeContexts(env, { ...known, inUse: name });
  say(`Now using context ${name}`);
};

/** `carillon context delete`: if it was current, the local server becomes current again. */
export const deleteContext = async ({ subject: name, say, terminal: { env } }: CommandCall): Promise<void> => {
  const { inUse = LOCAL, contexts } = await readContexts(env);
  contextOf({ contexts }, name);
  const rest = Object.fromEntries(Object.entries(contexts).filter(([each]) => each !== name));
  await writeContexts(env, { inUse: inUse === name ? LOCAL : inUse, contexts: rest });
  say(`Deleted context ${name} from ${contextsFile(env)}`);
};

const TEMPLATE = path.join(PACKAGE_ROOT, 'examples/repository');

/** `carillon init`: creates a repository of jobs. Existing files are kept. */
export const init = async ({ subject, say }: CommandCall): Promise<void> => {
  const folder = subject || '.';
  const write = async (file: string, text: string): Promise<void> => {
    const target = path.join(folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    const isNew = await writeFile(target, text, { flag: 'wx' }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    say(`${isNew ? 'Created' : 'Kept'} ${target}`);
  };
  const entries = await readdir(TEMPLATE, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  for (const file of files.sort()) await write(path.relative(TEMPLATE, file), await readFile(file, 'utf8'));
  await write('.gitignore', 'node_modules/\n.carillon/\n');
  const manifest = { private: true, devDependencies: { carillon: version } };
  await write('package.json', `${JSON.stringify(manifest, undefined, 2)}\n`);
  const there = folder === '.' ? '' : `cd ${folder}, then `;
  say(`Next: ${there}\`npm install\`, and \`npx carillon plan\` with a running server. README.md shows the rest.`);
};

/** `carillon engine release`: lets waiting engines claim on the log in its current location. */
export const releaseEngines = async ({ send, say }: CommandCall): Promise<void> => {
  const { data } = await send('releaseEngines');
  say(`Released: engines can claim slots on log ${data.logId} in ${data.store}`, data);
};

/** `carillon secrets rotate`: wraps every data key with the first key of `SECRET_KEYS`; exit code 1 if one failed. */
export const rotateKeys = async ({ send, say, note, terminal }: CommandCall): Promise<void> => {
  const { data } = await send('rotateSecrets');
  const { rewrapped, current, failed } = data;
  say(`Encrypted ${rewrapped} data keys with the current key; ${current} already used it`, data);
  for (const { applicationId, message } of failed) note(`carillon: application ${applicationId}: ${message}`);
  if (failed.length > 0) terminal.exitCode = EXIT.no;
};

/** `carillon secrets erase`: deletes an application's data key permanently. */
export const eraseKey = async ({ subject, send, say }: CommandCall): Promise<void> => {
  const { data } = await send('eraseApplicationSecrets');
  const { generation, note } = data;
  say(generation === undefined ? note : `Deleted data key ${generation} of application ${subject}. ${note}`, data);
};
