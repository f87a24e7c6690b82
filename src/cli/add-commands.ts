import { type Command, Option } from 'commander';
import { type CommandWork, OUTPUTS } from './command.ts';
import { FILTERS, OPTION_FIELDS, OPTIONS, type OptionName, type OptionText } from './command-options.ts';
import { COMMANDS, GROUPS } from './command-specs.ts';
import type { TypedOptions } from './error-text.ts';
import type { Terminal } from './fail.ts';
import { operationOf } from './operations.ts';

/** A command that uses a running server. */
export const ofServer = (command: Command): Command =>
  command
    .option('--context <name>', 'Use the server of this context (default: CARILLON_CONTEXT, or the current context)')
    .option('--server <url>', 'URL of the server (default: CARILLON_SERVER, or the server of the context)')
    .option('--token <token>', 'Token for the server (default: CARILLON_TOKEN, or the token of the context)');

/** Filters and options derived from a command's API operation, or from the list whose matches it changes. */
const derivedOf = (
  work: CommandWork,
): { readonly filters: readonly Filter[]; readonly options: readonly OptionName[] } => {
  const id = work.kind === 'bulk' ? work.list : 'operation' in work ? work.operation : undefined;
  const { query = [], takesReason = false } = id === undefined ? {} : operationOf(id);
  const options: OptionName[] = [];
  if (query.includes('cursor')) options.push('limit');
  if (takesReason) options.push('reason');
  if (work.kind === 'rows' || work.kind === 'fields') options.push('watch', 'every');
  if (work.kind === 'bulk') options.push('everything', 'dryRun', 'reason', 'wait');
  if (work.kind === 'bulk' && work.action === 'trigger') options.push('spread');
  return { filters: Object.entries(FILTERS).filter(([parameter]) => query.includes(parameter)), options };
};
type Filter = readonly [parameter: string, text: OptionText];

/** Adds the commands that read and change data of a running server. */
export const addCommands = (to: Command, terminal: Terminal = process): void => {
  for (const [usage, { description, options: own = [], work, unnamed }] of Object.entries(COMMANDS)) {
    const { filters, options } = derivedOf(unnamed ?? work);
    const words = usage.split(' ');
    const given = words.filter((word) => /^[<[]/.test(word));
    const [name = '', groupName] = words.slice(0, words.length - given.length).reverse();
    const group = to.commands.find((each) => each.name() === groupName);
    const parent = groupName === undefined ? to : (group ?? to.command(groupName).description(GROUPS[groupName] ?? ''));
    const command = parent.command([name, ...given].join(' ')).description(description);
    const add = ([flags, meaning, parse]: OptionText): string => {
      const option = new Option(flags, meaning);
      command.addOption(parse === undefined ? option : option.argParser<unknown>(parse));
      return option.attributeName();
    };
    const narrowing = filters.map(([parameter, text]) => [parameter, add(text)] as const);
    const file = given.includes('[file]') ? (['file'] as const) : [];
    const ownOptions = new Set<OptionName>([...own, ...derivedOf(work).options]);
    const names = new Set<OptionName>([...file, ...ownOptions, ...options]);
    const named = [...names].map((name) => [name, add(OPTIONS[name])] as const);
    // Help shows the options of all commands last.
    const output = new Option('-o, --output <format>', 'Format (default: a table that fits the terminal)');
    command
      .addOption(output.choices(OUTPUTS))
      .option('--json', 'Print the response of the API as JSON, like -o json')
      .option('--tenant <tenant>', 'Tenant, for administrators (default: the tenant of the token)');
    ofServer(command);
    const ofOne = named.filter(([name]) => !options.includes(name));
    const ofMany = [...narrowing, ...named.filter(([name]) => !ownOptions.has(name))];
    const fields = [...narrowing, ...named.map(([name, option]) => [OPTION_FIELDS[name] ?? name, option] as const)];
    command.action(async () => {
      const chosen = command.opts();
      const isNamed = command.args.length > 0;
      const [wrong] = unnamed === undefined ? [] : Object.values(typedOf(isNamed ? ofMany : ofOne, command));
      if (wrong !== undefined)
        command.error(`error: ${wrong} ${isNamed ? "can't be combined with a name" : 'needs a name'}`);
      const args = Object.fromEntries(
        command.registeredArguments.map((argument, place) => [argument.name(), command.args[place]]),
      );
      if (chosen.file !== undefined) args.file = chosen.file;
      const narrowed = Object.fromEntries(narrowing.map(([parameter, option]) => [parameter, chosen[option]]));
      const { context, server, token, tenant, output } = chosen;
      const json = chosen.json || output === 'json' || output === 'yaml';
      const common = { context, server, token, tenant, output, json };
      const values = {
        ...common,
        ...Object.fromEntries(named.map(([name, option]) => [name, withPreset(OPTIONS[name], chosen[option])])),
      };
      const call = { args, filters: narrowed, options: values, typed: typedOf(fields, command) };
      const { runCommand } = await import('./run-command.ts');
      await runCommand(isNamed ? work : (unnamed ?? work), call, terminal);
    });
  }
};

/** An option that was given without its optional value has its preset. */
const withPreset = ([, , , preset]: OptionText, value: unknown): unknown =>
  value === true ? (preset ?? value) : value;

/** The given options, as typed, by the API fields that they become. */
const typedOf = (fields: readonly (readonly [field: string, option: string])[], command: Command): TypedOptions => {
  const flags = (command.parent?.args ?? []).map((arg) => arg.split('=', 1)[0]);
  return Object.fromEntries(
    fields.flatMap(([field, name]) => {
      const option = command.options.find((each) => each.attributeName() === name);
      const flag = [option?.short, option?.long].find((each) => each !== undefined && flags.includes(each));
      return flag === undefined ? [] : [[field, flag]];
    }),
  );
};

/** Moves a command's words before its options, so that options can be anywhere. */
export const wordsFirst = (args: readonly string[], root: Command): string[] => {
  const [words, options]: [string[], string[]] = [[], []];
  let [command, place] = [root, 0];
  for (let arg = args[0]; arg !== undefined && command.commands.length > 0; arg = args[place]) {
    const next = command.commands.find((each) => each.name() === arg);
    if (next === undefined && (!arg.startsWith('-') || arg === '--')) break;
    const length = next === undefined && takesValue(arg, command) ? 2 : 1;
    (next === undefined ? options : words).push(...args.slice(place, place + length));
    command = next ?? command;
    place += length;
  }
  return [...words, ...options, ...args.slice(place)];
};

const takesValue = (flag: string, command: Command): boolean =>
  command.options.some((option) => option.required && (option.long === flag || option.short === flag)) ||
  command.commands.some((each) => takesValue(flag, each));
