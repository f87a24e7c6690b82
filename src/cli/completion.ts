import { setTimeout as sleep } from 'node:timers/promises';
import type { Command, Option } from 'commander';
import type { Application, Job } from '../../packages/client/src/schema.ts';
import { LOCAL, readContexts } from './access.ts';
import { wordsFirst } from './add-commands.ts';
import { type ApiOperation, operationOf } from './operations.ts';
import { connect, type Query } from './server.ts';

/** A line without a response in time gets no completions. */
const MAX_MS = 1_500;

/** `carillon __complete`, called by the scripts of `carillon completion`: prints the completions, one per line. */
export const printCompletions = async (line: readonly string[], root: Command): Promise<never> => {
  const found = await Promise.race([completionsOf(line, root, process.env), sleep(MAX_MS, [])]);
  process.stdout.write(found.map((word) => `${word}\n`).join(''));
  process.exit();
};

/** Completions of the last word of a line; none if they are unknown. A completion that ends with `/` can be continued. */
export const completionsOf = async (
  line: readonly string[],
  root: Command,
  env: NodeJS.ProcessEnv,
): Promise<string[]> => {
  const typed = line.at(-1) ?? '';
  const { command, option, args } = placeOf(wordsFirst(line.slice(0, -1), root), root);
  const words = async (): Promise<readonly string[]> => {
    if (option?.argChoices !== undefined) return option.argChoices;
    if (option !== undefined) return namesOf(option.attributeName(), typed, { line, args, env });
    if (typed.startsWith('-')) return command.options.flatMap(({ long, short }) => [long ?? [], short ?? []].flat());
    if (command.commands.length > 0) return command.commands.map((each) => each.name()).filter(isShown);
    const argument = command.registeredArguments[args.length];
    return argument?.argChoices ?? namesOf(argument?.name() ?? '', typed, { line, args, env });
  };
  // Without a server there are no completions: a shell can't show an error.
  const found = await words().catch(() => []);
  return found.filter((word) => word.startsWith(typed));
};

const isShown = (name: string): boolean => !name.startsWith('_');

type LinePlace = { readonly command: Command; readonly option: Option | undefined; readonly args: readonly string[] };

/** The command of these words, its arguments so far, and the option that expects a value. */
const placeOf = (words: readonly string[], root: Command): LinePlace => {
  let command = root;
  let option: Option | undefined;
  const args: string[] = [];
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word);
    if (option !== undefined) option = undefined;
    else if (word.startsWith('-')) {
      option = command.options.find(({ required, long, short }) => required && (long === word || short === word));
    } else if (next === undefined) args.push(word);
    else command = next;
  }
  return { command, option, args };
};

type TypedLine = {
  readonly line: readonly string[];
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
};

/** Names for an argument or option. */
const namesOf = async (kind: string, typed: string, { line, args, env }: TypedLine): Promise<readonly string[]> => {
  const send = async <T>(path: string, query: Query = {}): Promise<T[]> => {
    const after = (flag: string): string | undefined => line.find((_, place) => line[place - 1] === flag);
    const [context, server, token, tenant] = ['--context', '--server', '--token', '--tenant'].map(after);
    const options = { ...(context && { context }), ...(server && { server }), ...(token && { token }) };
    const silent = { env, stderr: { write: () => {} } };
    return (await (await connect(options, silent)).send<T[]>({ path, query: { limit: 500, tenant, ...query } })).data;
  };
  if (kind === 'job' || kind === 'address') return addressesOf(typed, send);
  if (kind === 'context') return [LOCAL, ...Object.keys((await readContexts(env)).contexts)];
  const list = LISTS.get(kind);
  if (list === undefined) return [];
  const path = operationOf(list).path.replace(/\{\w+\}/, () => encodeURIComponent(args[0] ?? ''));
  return (await send<{ readonly name: string }>(path)).map(({ name }) => name);
};

/** Operations that list the names for an argument or option; of a value, within the application before it. */
const LISTS: ReadonlyMap<string, ApiOperation> = new Map([
  ['application', 'listApplications'],
  ['calendar', 'listCalendars'],
  ['rule', 'listAlertRules'],
  ['variable', 'listApplicationVariables'],
  ['secret', 'listApplicationSecrets'],
  ['limit', 'listApplicationLimits'],
]);

/** First the applications, with a continuation each, then the jobs of the typed one. */
const addressesOf = async (
  typed: string,
  send: <T>(path: string, query?: Query) => Promise<T[]>,
): Promise<readonly string[]> => {
  const [, application, begun] = /^([^/]+)\/(.*)$/.exec(typed) ?? [];
  if (application === undefined) return (await send<Application>('/applications')).map(({ name }) => `${name}/`);
  const jobs = await send<Job>('/jobs', { applicationId: application, name: `${begun}*`, sort: 'name' });
  return jobs.map(({ name }) => `${application}/${name}`);
};

/** Scripts by shell. */
export const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_carillon() {
  local IFS=$'\\n'
  COMPREPLY=($(carillon __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == */ ]] && compopt -o nospace
}
complete -o default -F _carillon carillon
`,
  zsh: `#compdef carillon
_carillon() {
  local -a found
  found=(\${(f)"$(carillon __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  (( $#found )) || { _files; return }
  compadd -S '' -- \${(M)found:#*/}
  compadd -- \${found:#*/}
}
compdef _carillon carillon
`,
  fish: `function __carillon
  set -l words (commandline -opc) (commandline -ct)
  carillon __complete -- $words[2..] 2>/dev/null
end
complete -c carillon -f -a '(__carillon)'
complete -c carillon -n 'test -z "$(__carillon)"' -F
`,
};
