import type { Command, Option } from 'commander';
import { program } from '../../src/cli/program.ts';
import { table } from './table.ts';

/** Options that each command of a running server has: said once. */
const COMMON = ['--context', '--server', '--token', '--tenant', '--json'];

const leavesOf = (command: Command, words: readonly string[]): { words: string; command: Command }[] =>
  command.commands.length === 0
    ? [{ words: words.join(' '), command }]
    : command.commands.filter(isShown).flatMap((each) => leavesOf(each, [...words, each.name()]));

/** What scripts of shells call is not for people. */
const isShown = (command: Command): boolean => !command.name().startsWith('_');

const meaningOf = ({ description, argChoices, defaultValue }: Option): string =>
  [
    description,
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(', ')}`]),
    ...(typeof defaultValue === 'string' ? [`by default ${defaultValue}`] : []),
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
    ...(takes.length === 0 ? [] : [`Takes ${takes.map((flag) => `\`${flag}\``).join(', ')} too.`]),
  ].join('\n\n');
};

/** docs/reference/commands.md, made of the words and options that the command line has. */
export const commandsDocument = (): string => `# Commands

Every command with its options, as \`--help\` shows them. [The command line](command-line.md) says how to work with it, and
[exit codes](exit-codes.md) how each ends. This page is made by \`npm run docs\`.

\`--context\`, or \`--server\` and \`--token\`, name a [server](command-line.md#which-server), else it is the one that runs here;
\`--tenant\` is an administrator's choice of a tenant; \`--json\` prints what the API gives.

${leavesOf(program, ['carillon']).map(section).join('\n\n')}
`;
