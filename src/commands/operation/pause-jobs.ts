import { decideEndPause, decideKeepPause, decidePauseJobs } from '../../domain/closure/pauses.ts';
import { CARILLON, type Operation, type Pause } from '../../domain/events/index.ts';
import { pauseStream } from '../../domain/streams.ts';
import type { CommandContext } from '../command.ts';
import { withoutOwn } from '../command.ts';
import type { CommandDeps } from '../command-deps.ts';
import { type EventLog, handleCommand } from '../loop/handle-command.ts';
import { loadPause } from '../loop/load.ts';
import type { OperationInput } from './operation-input.ts';

/** Maximum UTF-16 code units of ranges that fit into one event: some 200,000 scattered ids. */
const MAX_RANGES = 800_000;

const ONE_BY_ONE =
  'the matching jobs could not be paused in one step, because there are too many or the query failed: they are paused one by one, and some may run until then';

type PausedJobs = { readonly pauseId?: number; readonly warnings: readonly string[] };

export const pauseJobs = async (
  deps: CommandDeps,
  context: CommandContext,
  { operationId, work, applications }: OperationInput & { readonly operationId: number },
): Promise<PausedJobs> => {
  if (work.of !== 'jobs' || (work.action !== 'disable' && work.action !== 'delete')) return { warnings: [] };
  const { tenant } = context;
  const jobs = await deps.findJobs({ tenant, ...(applications && { applications }) }, work.filter);
  if (jobs?.length === 0) return { warnings: [] };
  if (jobs === undefined || JSON.stringify(jobs).length > MAX_RANGES) return { warnings: [ONE_BY_ONE] };
  const pauseId = await deps.pauseIds.take();
  await handleCommand(deps, {
    stream: pauseStream(pauseId),
    context: withoutOwn(context),
    load: () => loadPause(deps.store, pauseId),
    decide: (existing) => decidePauseJobs({ pauseId, operationId, context, jobs }, existing, deps.world.clock.now()),
  });
  return { pauseId, warnings: [] };
};

/** Makes an operation's pause last as long as the operation. @returns the pause */
export const keepPauseOf = async (
  log: EventLog,
  { pauseId, tenant, correlationId }: Operation,
): Promise<Pause | undefined> => {
  if (pauseId === undefined) return undefined;
  const { state } = await handleCommand(log, {
    stream: pauseStream(pauseId),
    context: { tenant, actor: CARILLON, correlationId },
    load: () => loadPause(log.store, pauseId),
    decide: (existing) => decideKeepPause(existing, log.world.clock.now()),
  });
  return state;
};

/** Ends the pause of an operation that is about to end. */
export const endPauseOf = async (log: EventLog, { pauseId, tenant, correlationId }: Operation): Promise<void> => {
  if (pauseId === undefined) return;
  await handleCommand(log, {
    stream: pauseStream(pauseId),
    context: { tenant, actor: CARILLON, correlationId },
    load: () => loadPause(log.store, pauseId),
    decide: (existing) => decideEndPause(existing, log.world.clock.now()),
  });
};
