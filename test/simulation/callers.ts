import { createHash } from 'node:crypto';
import type { CommandContext } from '../../src/commands/command.ts';
import type { Commands } from '../../src/commands/index.ts';
import { DomainError } from '../../src/domain/domain-error.ts';
import type { Api } from './boot.ts';
import { Answer, type Asked, carryOut } from './carry-out.ts';
import type { PlannedCommand, PlannedLimit } from './plan.ts';
import type { Trace } from './trace.ts';

/** A command whose answer reached its caller. */
export type Acknowledged = Answer & {
  readonly command: PlannedCommand;
  readonly atMs: number;
  /** By the clock that engines follow, epoch ms. */
  readonly commonMs: number;
};

export type Callers = {
  readonly acknowledged: readonly Acknowledged[];
  /** Makes the application of most jobs, and so many more. */
  makeApplications(commands: Commands, limits: readonly PlannedLimit[], extras: number): Promise<void>;
  /** Makes a calendar that jobs name. */
  makeCalendar(commands: Commands, name: string): Promise<void>;
  /** Asks as a client of this process would; what becomes of it is kept. */
  ask(process: string, api: Api, command: PlannedCommand): Promise<void>;
};

type Options = {
  readonly trace: Trace;
  readonly nowMs: () => number;
  readonly commonMs: () => number;
  readonly newestExecution: Asked['newestExecution'];
  readonly newestBackfill: Asked['newestBackfill'];
};

/** All that one command brings about says so. */
export const correlationOf = ({ ask: request, job, atMs }: PlannedCommand): string => `${request.kind}-${job}-${atMs}`;

const contextOf = (correlationId: string): CommandContext => ({
  tenant: 'default',
  actor: { type: 'user', name: 'ann' },
  correlationId,
});

export const createCallers = ({ trace, nowMs, commonMs, newestExecution, newestBackfill }: Options): Callers => {
  const acknowledged: Acknowledged[] = [];
  let applicationId = 0;
  const extraIds: number[] = [];
  /** The plan's jobs by the ids that they were given. */
  const jobIds = new Map<number, number>();

  /** One that will be repeated goes under a key of its own, as a careful client's does. */
  const response = async ({ commands, once, expire }: Api, command: PlannedCommand): Promise<Answer | undefined> => {
    const key = correlationOf(command);
    const newestPause = acknowledged.findLast(({ pauseId }) => pauseId !== undefined)?.pauseId;
    const requested = {
      command,
      applicationId,
      extras: extraIds,
      jobId: jobIds.get(command.job),
      idOf: (job: number) => jobIds.get(job),
      newestExecution,
      newestBackfill,
      newestPause,
      expire,
    };
    if (command.again === undefined) {
      // Every second one does not wait for the read models.
      const context = command.atMs % 2 === 0 ? contextOf(key) : { ...contextOf(key), isEventual: true as const };
      return carryOut(commands, context, requested);
    }
    const bodyHash = createHash('sha256').update(JSON.stringify(command)).digest('hex');
    const { body } = await once({ context: contextOf(key), key, bodyHash }, async (context) => {
      return { status: 200, body: await carryOut(commands, context, requested) };
    });
    return body === undefined ? undefined : Answer.parse(body);
  };

  return {
    acknowledged,
    makeApplications: async (commands, limits, extras) => {
      const { value } = await commands.createApplication(contextOf('prelude'), { name: 'app' });
      ({ applicationId } = value);
      for (const { name, ...limit } of limits) {
        await commands.setLimit(contextOf('prelude'), applicationId, name, limit);
      }
      for (let extra = 0; extra < extras; extra++) {
        const made = await commands.createApplication(contextOf('prelude'), { name: `extra ${extra}` });
        extraIds.push(made.value.applicationId);
      }
    },
    makeCalendar: async (commands, name) => {
      await commands.setCalendar(contextOf('prelude'), name, { dates: [] });
    },
    ask: async (process, api, command) => {
      const what = `${command.ask.kind} of job ${command.job}`;
      trace.note(process, `is asked for the ${what}`);
      try {
        const responded = await response(api, command);
        if (responded === undefined) return;
        if (command.ask.kind === 'create') jobIds.set(command.job, responded.jobId);
        acknowledged.push({ ...responded, command, atMs: nowMs(), commonMs: commonMs() });
        trace.note(process, `has done the ${what}`, responded);
      } catch (error) {
        trace.note(process, `has not done the ${what}`, {
          why: error instanceof DomainError ? error.code : String(error),
        });
      }
    },
  };
};
