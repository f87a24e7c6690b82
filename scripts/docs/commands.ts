import type { Command, Option } from 'commander';
import { program } from '../../src/cli/program.ts';
import { table } from './table.ts';

type Leaf = { readonly words: string; readonly command: Command };

const leavesOf = (command: Command, words: readonly string[]): Leaf[] =>
  command.commands.length === 0
    ? [{ words: words.join(' '), command }]
    : command.commands.filter(isShown).flatMap((each) => leavesOf(each, [...words, each.name()]));

/** Whether the command is for people: hidden commands serve shell scripts. */
const isShown = (command: Command): boolean => !command.name().startsWith('_');

const meaningOf = ({ description, argChoices, defaultValue }: Option): string =>
  [
    description,
    ...(argChoices === undefined ? [] : [`values: ${argChoices.join(', ')}`]),
    ...(typeof defaultValue === 'string' ? [`default: ${defaultValue}`] : []),
  ].join('; ');

/** Options of the commands that use a running server: described once, in the introduction. */
const COMMON = ['--context', '--server', '--token', '--tenant', '--output', '--json'];

const optionTable = (options: readonly Option[]): string =>
  table(
    ['option', 'meaning'],
    options.map((option) => [`\`${option.flags}\``, meaningOf(option)]),
  );

/** What the introduction states and does not hold for this command. */
const exceptionOf = ({ options }: Command): string => {
  const lacks = COMMON.filter((flag) => options.every(({ long }) => long !== flag));
  if (lacks.includes('--server')) return ' Needs no running server.';
  return lacks.length === 0 ? '' : ` Without ${lacks.map((flag) => `\`${flag}\``).join(' and ')}.`;
};

const section = ({ words, command }: Leaf, common: readonly Option[]): string => {
  const given = command.registeredArguments.map((each) => {
    const name = each.name() + (each.variadic ? '…' : '');
    return each.required ? `<${name}>` : `[${name}]`;
  });
  const usage = given.length === 0 ? '' : `\`${given.join(' ')}\`: `;
  const own = command.options.filter(
    ({ long, description }) => !common.some((each) => each.long === long && each.description === description),
  );
  return [
    `## ${words}`,
    `${usage}${command.description().replace(/\.$/, '')}.${exceptionOf(command)}`,
    ...(own.length === 0 ? [] : [optionTable(own)]),
  ].join('\n\n');
};

/** Generates docs/reference/commands.md from the commands and their options. */
export const commandsDocument = (): string => {
  const leaves = leavesOf(program, ['carillon']);
  const typical = leaves.find(({ command }) => exceptionOf(command) === '');
  const common = typical?.command.options.filter(({ long }) => COMMON.includes(long ?? '')) ?? [];
  return `# Commands

Look up a command, its arguments and its options, as \`--help\` shows them. [The command line](command-line.md) explains how to
work with it, and [exit codes](exit-codes.md) how each command ends. \`npm run docs\` generates this page from the code.

Every command has these options, unless its section states an exception:

${optionTable(common)}

${leaves.map((leaf) => section(leaf, common)).join('\n\n')}
`;
};
