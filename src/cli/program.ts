import { Argument, Command, CommanderError, Option } from 'commander';
import { ROLES } from '../compose/roles.ts';
import { LOG_KINDS } from '../event-store/log-kinds.ts';
import { addCommands, groupOf, ofServer, wordsFirst } from './add-commands.ts';
import { EXIT, type Terminal } from './fail.ts';
import { version } from './version.ts';

const LOG_NAMES = `${LOG_KINDS.map(({ name }) => name).join(', ')} or a URL`;

/** Commands' code is loaded when they are called, for fast starts. */
export const program = new Command('carillon')
  .description('Event-sourced scheduler for HTTP calls and work of workers')
  .version(version)
  .addHelpText('afterAll', '\nExit codes: 0 success, 1 the check failed, 2 error (docs/reference/exit-codes.md).')
  .configureOutput({ outputError: (text, write) => write(`carillon: ${text.replace(/^error: /, '')}`) })
  .showHelpAfterError('  To see what the command accepts, add --help.')
  .exitOverride();

/** Runs the command of the arguments. A usage error has another exit code than a failed check. */
export const runProgram = async (
  args: readonly string[],
  root: Command = program,
  terminal: Terminal = process,
): Promise<void> => {
  try {
    await root.parseAsync(wordsFirst(args, root), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    terminal.exitCode = error.exitCode === 0 ? 0 : EXIT.notDone;
  }
};

program
  .command('start')
  .description('Run a server. Settings come from the environment; without any, all parts run embedded.')
  .addOption(new Option('--role <role...>', 'Roles of this process (default: all)').choices([...ROLES]))
  .action(async ({ role }) => (await import('./start.ts')).start(role ?? ROLES));

program
  .command('token')
  .description('Sign a token with JWT_SECRET, or for the development server on this machine, and print only the token')
  .requiredOption('--sub <name>', 'User')
  .requiredOption(
    '--permissions <list>',
    'Permissions separated by commas, such as scheduler:jobs:read,scheduler:jobs:write',
  )
  .option('--tenant <name>', 'Tenant (default: `default`)')
  .option('--expires <duration>', 'Lifetime, such as 30m, 12h or 90d', '1h')
  .option('--issuer <iss>', 'Issuer (default: JWT_ISSUER)')
  .option('--audience <aud>', 'Audience (default: JWT_AUDIENCE)')
  .action(async (options) => (await import('./token.ts')).mintToken(options));

addCommands(program);

ofServer(program.command('mcp'))
  .description('Give agents access to a running server with the Model Context Protocol over standard input and output')
  .option('--allow-writes', 'Include tools that trigger, pause, resume, enable and disable jobs')
  .action(async (options) => (await import('./mcp.ts')).serveMcp(options));

ofServer(program.command('worker').description('Run work of queues on this machine').command('run'))
  .description('Take work from a queue and run a program for each: input on standard input, result on standard output')
  .requiredOption('--queue <queue>', 'Application and queue, such as crm/reports')
  .requiredOption(
    '--exec <program>',
    'Program to run. Exit code 0 is success; a cancelled run receives SIGTERM; JSON lines on file descriptor 3 show progress or delay a retry',
  )
  .option('--task <name...>', 'Tasks that it runs (default: all of the queue)')
  .option('--concurrency <number>', 'Maximum number of programs at a time', Number, 1)
  .action(async (options) => (await import('./work.ts')).work(options));

program
  .command('publish')
  .description('Publish the log to Kafka again, to topics with another prefix; the running publisher is not affected')
  .requiredOption('--from <place>', 'First event: a position (ce_sequence) or an instant, such as 2026-03-01T00:00:00Z')
  .requiredOption('--topic-prefix <prefix>', 'Prefix of the topic names, such as replay.')
  .action(async (options) => (await import('./own-log.ts')).publishAgain(options));

program
  .command('log')
  .description('Manage the event log')
  .command('copy')
  .description('Copy the log to another kind of store while all servers are stopped; resumes an interrupted copy')
  .requiredOption('--from <log>', LOG_NAMES)
  .requiredOption('--to <log>', LOG_NAMES)
  .option('--verify', 'Compare both logs event by event after the copy')
  .option('--release', 'Let engines claim on the copy immediately (default: they wait for `carillon engine release`)')
  .action(async (options) => (await import('./own-log.ts')).copyLogOnce(options));

program
  .command('recover')
  .description('List the read models that are ahead of a restored log, while all servers are stopped')
  .option('--apply', 'Drop these read models, so that the next start rebuilds them from the log')
  .action(async (options) => (await import('./own-log.ts')).recover(options));

groupOf('audit', program)
  .command('check')
  .description('Verify an export, a proof or a checkpoint without a server')
  .argument('<file>')
  .option('--key <key...>', 'Trusted public keys (default: AUDIT_PUBLIC_KEYS and AUDIT_KEY)')
  .action(async (file, options) => (await import('./audit.ts')).checkAudit(file, options));
program
  .command('completion')
  .description('Print a completion script for commands, options and names: `source <(carillon completion bash)`')
  .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
  .action(async (shell: string) => {
    process.stdout.write((await import('./completion.ts')).SCRIPTS[shell] ?? '');
  });
program
  .command('__engine', { hidden: true })
  .argument('<number>')
  .action(async (number) => (await import('./start.ts')).start(['engine'], Number(number)));
program
  .command('__complete', { hidden: true })
  .argument('[words...]')
  .action(async (words: string[]) => (await import('./completion.ts')).printCompletions(words, program));
