import { Argument, Command, CommanderError, Option } from 'commander';
import { ROLES } from '../compose/roles.ts';
import { LOG_KINDS } from '../event-store/log-kinds.ts';
import { addCommands, ofServer, wordsFirst } from './add-commands.ts';
import { EXIT, type Terminal } from './fail.ts';
import { version } from './version.ts';

const LOG_NAMES = `${LOG_KINDS.map(({ name }) => name).join(', ')} or a URL`;

/** What a command does is loaded only when it is called: each should begin at once. */
export const program = new Command('carillon')
  .description('Event-sourced scheduler of HTTP jobs')
  .version(version)
  .addHelpText(
    'afterAll',
    '\nExit codes: 0 done, 1 the answer is no, 2 it was not done (docs/reference/exit-codes.md).',
  )
  .exitOverride();

/** Runs the command that the arguments name. One that is put wrong does not say that the answer is no. */
export const runProgram = async (
  args: readonly string[],
  root: Command = program,
  terminal: Pick<Terminal, 'exitCode'> = process,
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
  .addOption(new Option('--role <role...>', 'what this process does; by default all of it').choices([...ROLES]))
  .action(async ({ role }) => (await import('./start.ts')).start({ version, roles: role ?? ROLES }));

program
  .command('token')
  .description('Sign a token with JWT_SECRET, or for the server in development mode, and print only it')
  .requiredOption('--sub <name>', 'the user')
  .requiredOption('--permissions <list>', 'commas between them, such as scheduler:jobs:read,scheduler:jobs:write')
  .option('--tenant <name>', 'the tenant; by default `default`')
  .option('--expires <duration>', 'such as 30m, 12h or 90d', '1h')
  .option('--issuer <iss>', 'by default JWT_ISSUER')
  .option('--audience <aud>', 'by default JWT_AUDIENCE')
  .action(async (options) => (await import('./token.ts')).mintToken(options));

addCommands(program);

ofServer(program.command('mcp'))
  .description('Serve a running server to agents by the Model Context Protocol, over standard input and output')
  .option('--allow-writes', 'with tools that trigger, pause, resume, enable and disable jobs')
  .action(async (options) => (await import('./mcp.ts')).serveMcp({ ...options, version }));

/** A group that has verbs too. */
const groupOf = (name: string): Command =>
  program.commands.find((each) => each.name() === name) ?? program.command(name);

const projections = groupOf('projections');
ofServer(projections.command('rebuild'))
  .argument('<name>', 'a projection, or all')
  .description('Build a read model anew from the log, beside the live one, then swap it in')
  .option('--verify', 'compare it with the live one, row by row')
  .option('--dry-run', 'say what would be done: events, size, time')
  .action(async (name, options) => (await import('./projections.ts')).rebuildProjections(name, options));
ofServer(projections.command('verify'))
  .argument('[name]', 'a projection; by default all')
  .description('Compare a read model with the log, row by row, under load')
  .action(async (name, options) => (await import('./projections.ts')).verifyProjections(name, options));

program
  .command('publish')
  .description('Publish the log to Kafka again, below another prefix; the publisher goes on as it was')
  .requiredOption('--from <place>', 'a position (ce_sequence) or an instant, such as 2026-03-01T00:00:00Z')
  .requiredOption('--topic-prefix <prefix>', 'comes before the topics, such as replay.')
  .action(async (options) => (await import('./own-log.ts')).publishAgain(options));

program
  .command('log')
  .description('The event log')
  .command('copy')
  .description('Copy the log to another kind of store, with servers stopped; goes on where it was broken off')
  .requiredOption('--from <log>', LOG_NAMES)
  .requiredOption('--to <log>', LOG_NAMES)
  .option('--verify', 'compare both event by event in the end')
  .option('--release', 'let engines claim on the copy at once; without it they wait for `carillon engine release`')
  .action(async (options) => (await import('./own-log.ts')).copyLogOnce(options));

program
  .command('recover')
  .description('Say which read models are ahead of a log that was restored to an earlier moment; with servers stopped')
  .option('--apply', 'drop those, so that the next start fills them from the log')
  .action(async (options) => (await import('./own-log.ts')).recover(options));

const engine = program.command('engine').description('The engines of a running installation');
ofServer(engine.command('release'))
  .description('Let the engines claim that wait for it: on a restored or copied log, or with ENGINE_START=paused')
  .option('--reason <text>', 'recorded with the release')
  .action(async (options) => (await import('./requests.ts')).requestRelease(options));

const secrets = groupOf('secrets');
ofServer(secrets.command('rotate'))
  .description("Wrap the data key of every application by the first key of the server's SECRET_KEYS")
  .action(async (options) => (await import('./requests.ts')).requestRotation(options));
ofServer(secrets.command('erase'))
  .argument('<applicationId>')
  .description(
    "Delete an application's data key for good: nothing that it sealed can be opened again. " +
      'On EventStoreDB this is complete only after a scavenge of every node, and in backups never.',
  )
  .action(async (applicationId, options) => (await import('./requests.ts')).requestErasure(applicationId, options));

const tenant = program.command('tenant').description('A tenant of a running server as a whole');
ofServer(tenant.command('export'))
  .argument('<tenant>')
  .description('Write all that there is of a tenant, a line a thing; `audit export` has what its events prove')
  .option('--out <file>', 'else standard output')
  .action(async (name, options) => (await import('./tenants.ts')).exportTenantTo(name, options));

ofServer(tenant.command('erase'))
  .argument('<tenant>')
  .description(
    'Erase a tenant for good, and wait until nothing of it is left: its jobs, applications with their data keys, ' +
      'calendars, pauses, alert rules and API tokens. Its name cannot be used again.',
  )
  .requiredOption('--confirm <tenant>', 'the name of the tenant once more')
  .option('--reason <text>', 'why, for the audit')
  .action(async (name, options) => (await import('./tenants.ts')).eraseTenantNamed(name, options));

const audit = groupOf('audit');
const tenantOption = ['--tenant <tenant>', "an administrator's choice; else the tenant of the token"] as const;
const keyOption = ['--key <key...>', 'public keys that are trusted; else AUDIT_PUBLIC_KEYS and AUDIT_KEY'] as const;

ofServer(audit.command('explain'))
  .description('Check the log: each slot of each job is explained, once')
  .requiredOption('--from <instant>', 'slots after this instant, such as 2026-03-01T00:00:00Z')
  .option('--to <instant>', 'slots up to this instant; by default now')
  .option('--tenant <tenant>', "one tenant's jobs; for an administrator by default those of all")
  .action(async (options) => (await import('./audit-explain.ts')).explain(options));
ofServer(audit.command('export'))
  .description('Export changes, executions and slots with a signed manifest, which proves that nothing was left out')
  .requiredOption('--from <instant>', 'events recorded at or after it, such as 2026-03-01T00:00:00Z')
  .option('--to <instant>', 'events recorded before it; by default now')
  .option(...tenantOption)
  .option('--format <format>', 'ndjson or csv, a row a line', 'ndjson')
  .option('--out <file>', 'where to write; else standard output')
  .action(async (options) => (await import('./audit-export.ts')).exportAudit(options));
audit
  .command('check')
  .description('Verify an export, a proof or a checkpoint without any server')
  .argument('<file>')
  .option(...keyOption)
  .action(async (file, options) => (await import('./audit-check.ts')).checkAudit(file, options));
ofServer(audit.command('prove'))
  .description('Write the proof that an execution, or a version of a job, is in the log')
  .option('--execution <id>', 'an execution')
  .option('--job <id>', 'a job, with --job-version')
  .option('--job-version <number>', 'a version of the job; the first is 1')
  .option(...tenantOption)
  .option('--out <file>', 'where to write; else standard output')
  .action(async (options) => (await import('./audit-prove.ts')).prove(options));
ofServer(audit.command('anchor'))
  .description('Print a signed checkpoint of the log, to be kept outside')
  .option(...tenantOption)
  .action(async (options) => (await import('./audit-prove.ts')).anchor(options));
ofServer(audit.command('key'))
  .description('Print the public keys that checkpoints and exports are checked by')
  .option(...tenantOption)
  .action(async (options) => (await import('./audit-prove.ts')).printKeys(options));
ofServer(audit.command('compare'))
  .description('Prove that the log went on from an older checkpoint or export')
  .argument('<older>', 'a file with a checkpoint, an export or a proof')
  .argument('[newer]', 'another one; else the log of the server as it is now')
  .option(...tenantOption)
  .option(...keyOption)
  .action(async (older, newer, options) => (await import('./audit-prove.ts')).compare(older, newer, options));

program
  .command('completion')
  .description('Print what a shell reads to complete commands, options and names: `source <(carillon completion bash)`')
  .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
  .action(async (shell: string) => {
    process.stdout.write((await import('./completion.ts')).SCRIPTS[shell] ?? '');
  });
program
  .command('__engine', { hidden: true })
  .argument('<number>')
  .action(async (number) => (await import('./start.ts')).start({ version, roles: ['engine'], engine: Number(number) }));
program
  .command('__complete', { hidden: true })
  .argument('[words...]')
  .action(async (words: string[]) => (await import('./completion.ts')).printCompletions(words, program));
