import { type Command, Option } from 'commander';
import { type CommandSpec, OUTPUTS } from './command.ts';
import { OPTION_NAMES, type OptionName, optionText, valuesOf } from './command-options.ts';
import { COMMANDS, GROUPS } from './command-specs.ts';
import type { Terminal } from './fail.ts';
import { operationOf } from './operations.ts';

/** A command that uses a running server. */
export const ofServer = (command: Command): Command =>
  command
    .option('--context <name>', 'Use the server of this context (default: CARILLON_CONTEXT, or the current context)')
    .option('--server <url>', 'URL of the server (default: CARILLON_SERVER, or the server of the context)')
    .option('--token <token>', 'Token for the server (default: CARILLON_TOKEN, or the token of the context)');

/** A command's own options, and those that follow from its operation, in the order of their table. */
const optionsOf = ({ operation, options = [] }: CommandSpec): OptionName[] => {
  const { query = [], takesReason = false } = operation === undefined ? {} : operationOf(operation);
  const hasOption = (name: OptionName): boolean =>
    options.includes(name) || query.includes(name) || (name === 'reason' && takesReason);
  return OPTION_NAMES.filter(hasOption);
};

/** Adds the commands that read and change data of a running server. */
export const addCommands = (to: Command, terminal: Terminal = process): void => {
  for (const [usage, spec] of Object.entries(COMMANDS)) {
    const words = usage.split(' ');
    const given = words.filter((word) => /^[<[]/.test(word));
    const [name = '', groupName] = words.slice(0, words.length - given.length).reverse();
    const parent = groupName === undefined ? to : groupOf(groupName, to);
    addCommand(parent.command([name, ...given].join(' ')), spec, terminal);
  }
};

/** The command of a group, such as `jobs`. */
export const groupOf = (name: string, root: Command): Command =>
  root.commands.find((each) => each.name() === name) ?? root.command(name).description(GROUPS[name] ?? '');

const addCommand = (command: Command, spec: CommandSpec, terminal: Terminal): void => {
  const { unnamed = spec, required = [], hasNoFormats } = spec;
  const arguments_ = command.registeredArguments.map((argument) => argument.name());
  const names = new Set([
    ...optionsOf(unnamed),
    ...(arguments_.includes('file') ? (['file'] as const) : []),
    ...optionsOf(spec),
  ]);
  const options = [...names].map((name) => {
    const { flags, description, parse, preset } = optionText(name);
    const option = new Option(flags, description).makeOptionMandatory(required.includes(name));
    if (parse !== undefined) option.argParser(parse);
    if (preset !== undefined) option.preset(preset);
    // For help and completion: the server checks the values, some of which can be combined.
    const values = valuesOf(name, unnamed.operation) ?? valuesOf(name, spec.operation);
    if (values !== undefined) option.argChoices = [...values];
    command.addOption(option);
    return { name, option };
  });
  command.description(`${spec.description}${spec.unnamed === undefined ? '' : ', or all that match the filters'}`);
  // Help shows the options of all commands last.
  if (!hasNoFormats) {
    const output = new Option('-o, --output <format>', 'Format (default: a table that fits the terminal)');
    command.addOption(output.choices(OUTPUTS)).option('--json', 'Print the response of the API as JSON, like -o json');
  }
  ofServer(command.option('--tenant <tenant>', 'Tenant, for administrators (default: the tenant of the token)'));
  command.action(async () => {
    const isNamed = command.args.length > 0;
    const chosen = isNamed ? spec : unnamed;
    const typed = options.flatMap(({ name, option }) => {
      const flag = typedFlag(option, command);
      return flag === undefined ? [] : [{ name, flag }];
    });
    const accepted = optionsOf(chosen);
    const wrong = spec.unnamed && typed.find(({ name }) => !accepted.includes(name));
    if (wrong) command.error(`error: ${wrong.flag} ${isNamed ? "can't be combined with a name" : 'needs a name'}`);
    const values = command.opts();
    const { context, server, token, tenant, output, file } = values;
    const common = {
      context,
      server,
      token,
      tenant,
      output,
      json: values.json || output === 'json' || output === 'yaml',
    };
    const args = Object.fromEntries(arguments_.map((name, place) => [name, command.args[place]]));
    const input = {
      args: file === undefined ? args : { ...args, file },
      options: {
        ...common,
        ...Object.fromEntries(options.map(({ name, option }) => [name, values[option.attributeName()]])),
      },
      typed: Object.fromEntries(typed.map(({ name, flag }) => [optionText(name).field ?? name, flag])),
    };
    const { runCommand } = await import('./run-command.ts');
    await runCommand(chosen, input, terminal);
  });
};

/** The flag of an option, if it was typed: `--since` rather than `--from`, which is the same option. */
const typedFlag = ({ short, long }: Option, command: Command): string | undefined => {
  const flags = (command.parent?.args ?? []).map((arg) => arg.split('=', 1)[0]);
  return [short, long].find((each) => each !== undefined && flags.includes(each));
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
