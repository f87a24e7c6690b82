import type { Command, Option } from 'commander';
import { program } from '../../src/cli/program.ts';
import { table } from './table.ts';

/** Options of all commands that need a running server. The page describes them once. */
const COMMON = ['--context', '--server', '--token', '--tenant', '--json'];

const leavesOf = (command: Command, words: readonly string[]): { words: string; command: Command }[] =>
  command.commands.length === 0
    ? [{ words: words.join(' '), command }]
    : command.commands.filter(isShown).flatMap((each) => leavesOf(each, [...words, each.name()]));

/** Whether the command is for people: hidden commands serve shell scripts. */
const isShown = (command: Command): boolean => !command.name().startsWith('_');

const meaningOf = ({ description, argChoices, defaultValue }: Option): string =>
  [
    description,
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(', ')}`]),
    ...(typeof defaultValue === 'string' ? [`default: ${defaultValue}`] : []),
  ].join('; ');

const section = ({ words, command }: { words: string; command: Command }): string => {
  const given = command.registeredArguments.map((each) => {
    const name = each.name() + (each.variadic ? '…' : '');
    return each.required ? `<${name}>` : `[${name}]`;
  });
  const takes = COMMON.filter((flag) => command.options.some(({ long }) => long === flag));
  const options = command.options.filter(({ long }) => !COMMON.includes(long ?? ''));
  return [
    `## ${words}`,
    `\`${[words, ...given].join(' ')}\`: ${command.description()}.`.replace(/\.\.$/, '.'),
    ...(options.length === 0
      ? []
      : [
          table(
            ['option', 'meaning'],
            options.map((option) => [`\`${option.flags}\``, meaningOf(option)]),
          ),
        ]),
    ...(takes.length === 0 ? [] : [`Common options: ${takes.map((flag) => `\`${flag}\``).join(', ')}.`]),
  ].join('\n\n');
};

/** Generates docs/reference/commands.md from the commands and their options. */
export const commandsDocument = (): string => `# Commands

Every command with its options, as \`--help\` shows them. See also [the command line](command-line.md) and its
[exit codes](exit-codes.md). \`npm run docs\` generates this page from the code.

Common options:

| option | meaning |
| --- | --- |
| \`--context\`, or \`--server\` and \`--token\` | [Server](command-line.md#which-server) to use; by default the one that runs here |
| \`--tenant\` | Tenant to act for; administrators only |
| \`--json\` | Print the API's response |

${leavesOf(program, ['carillon']).map(section).join('\n\n')}
`;
