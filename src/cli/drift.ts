import { BELONGING_WORDS } from '../bootstrap/app-resource.ts';
import type { BootstrapReport, ReportedJob } from '../bootstrap/report.ts';
import { defined } from '../domain/defined.ts';
import { plain } from '../runtime/plain.ts';
import { send } from './bootstrap.ts';
import { EXIT } from './fail.ts';
import type { CommandInput, CommandTools } from './run-command.ts';
import { type Colour, painted, relative, type TableShape } from './table.ts';

/** What differs between the files and the server. */
type Drift = Pick<ReportedJob, 'by' | 'at' | 'changes'> & {
  readonly thing: string;
  readonly what: 'differs' | 'is missing on the server' | 'is missing in the file';
};

/** `carillon bootstrap drift`: what on the server differs from the files, who changed it, and when. */
export const drift = async ({ options, nowMs }: CommandInput, tools: CommandTools): Promise<void> => {
  const { terminal, shape, say } = tools;
  const drifts = driftsOf(await send({ dryRun: true }, options, tools));
  if (options.json) say('', drifts);
  else terminal.stdout.write(renderDrifts(drifts, { ...shape, nowMs }));
  if (options.exitCode && drifts.length > 0) terminal.exitCode = EXIT.changes;
};

/** What differs, as a plan tells it. */
export const driftsOf = ({ applications }: BootstrapReport): Drift[] =>
  applications.flatMap(({ name, jobs, resources = [], ...application }) => [
    ...(application.action === 'create' ? [] : driftOf(`application ${name}`, application)),
    ...resources.flatMap((each) => driftOf(`${BELONGING_WORDS[each.kind]} ${each.name} of ${name}`, each)),
    ...jobs.flatMap((job) => driftOf(`${name}/${job.name}`, job)),
  ]);

const driftOf = (thing: string, reported: JobReport): Drift[] => {
  const { by, at, changes = [] } = reported;
  const what = whatOf(reported);
  const last = defined({ by, at });
  return what === undefined ? [] : [{ thing, what, ...last, changes }];
};

type JobReport = Pick<ReportedJob, 'action' | 'by' | 'at' | 'changes'>;

const whatOf = ({ action, by, changes = [] }: JobReport): Drift['what'] | undefined => {
  switch (action) {
    case 'create':
      return 'is missing on the server';
    case 'delete':
    case 'ignore':
      return 'is missing in the file';
    case 'update':
      return changes.length === 0 ? undefined : 'differs';
    case 'skip':
      if (by === undefined) return 'is missing on the server';
      return changes.length === 0 ? undefined : 'differs';
    case 'keep':
      return undefined;
  }
};

type DriftShape = Pick<TableShape, 'isColoured'> & { readonly nowMs: number };

const renderDrifts = (drifts: readonly Drift[], { isColoured, nowMs }: DriftShape): string => {
  const inColour = (text: string, colour: Colour): string => (isColoured ? painted(plain(text), colour) : plain(text));
  const lines = drifts.flatMap(({ thing, what, by, at, changes = [] }) => {
    const last = by === undefined || at === undefined ? '' : `, last changed by ${by} ${relative(at, nowMs)}, ${at}`;
    return [
      inColour(`${thing} ${what}${last}`, 'yellow'),
      ...changes.map(({ pointer, before, after }) => {
        const [file, server] = [inColour(textOf(after), 'green'), inColour(textOf(before), 'red')];
        return `  ${plain(pointer)}: ${file} in the file, ${server} on the server`;
      }),
    ];
  });
  return `${[...lines, drifts.length === 0 ? 'No differences' : ''].join('\n').trimEnd()}\n`;
};

const textOf = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));
