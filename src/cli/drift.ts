import type { BootstrapReport, ReportedJob } from '../bootstrap/report.ts';
import { send } from './bootstrap.ts';
import { EXIT } from './fail.ts';
import type { VerbInput, VerbTools } from './run-verb.ts';
import { type Colour, painted, plain, relative, type TableShape } from './table.ts';

/** A job that differs between the files and the server. */
type Drift = Pick<ReportedJob, 'by' | 'at' | 'changes'> & {
  readonly job: string;
  readonly what: 'differs' | 'is not on the server' | 'is not in the file';
};

/** `carillon bootstrap drift`: what on the server differs from the files, who changed it, and when. */
export const drift = async ({ options, nowMs }: VerbInput, tools: VerbTools): Promise<void> => {
  const { terminal, shape, say } = tools;
  const drifts = driftsOf(await send({ plan: true }, options, tools));
  if (options.json) say('', drifts);
  else terminal.stdout.write(renderDrifts(drifts, { ...shape, nowMs }));
  if (options.exitCode && drifts.length > 0) terminal.exitCode = EXIT.changes;
};

/** What differs, as a plan tells it. */
export const driftsOf = ({ applications }: BootstrapReport): Drift[] =>
  applications.flatMap((application) =>
    application.jobs.flatMap((job) => {
      const { by, at, changes = [] } = job;
      const what = whatOf(job);
      const last = { ...(by === undefined ? {} : { by }), ...(at === undefined ? {} : { at }) };
      return what === undefined ? [] : [{ job: `${application.name}/${job.name}`, what, ...last, changes }];
    }),
  );

const whatOf = ({ action, id, changes = [] }: ReportedJob): Drift['what'] | undefined => {
  switch (action) {
    case 'create':
      return 'is not on the server';
    case 'delete':
    case 'leave':
      return 'is not in the file';
    case 'update':
      return changes.length === 0 ? undefined : 'differs';
    case 'skip':
      if (id === undefined) return 'is not on the server';
      return changes.length === 0 ? undefined : 'differs';
    case 'keep':
      return undefined;
  }
};

type DriftShape = Pick<TableShape, 'isColoured'> & { readonly nowMs: number };

const renderDrifts = (drifts: readonly Drift[], { isColoured, nowMs }: DriftShape): string => {
  const inColour = (text: string, colour: Colour): string => (isColoured ? painted(plain(text), colour) : plain(text));
  const lines = drifts.flatMap(({ job, what, by, at, changes = [] }) => {
    const last = by === undefined || at === undefined ? '' : `, last changed by ${by} ${relative(at, nowMs)}, ${at}`;
    return [
      inColour(`${job} ${what}${last}`, 'yellow'),
      ...changes.map(({ pointer, before, after }) => {
        const [file, server] = [inColour(textOf(after), 'green'), inColour(textOf(before), 'red')];
        return `  ${plain(pointer)}: ${file} in the file, ${server} on the server`;
      }),
    ];
  });
  return `${[...lines, drifts.length === 0 ? 'nothing differs' : ''].join('\n').trimEnd()}\n`;
};

const textOf = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));
