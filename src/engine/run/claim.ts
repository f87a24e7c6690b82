import { bindDefinition } from '../../commands/loop/bind-definition.ts';
import type { EventLog } from '../../commands/loop/handle-command.ts';
import type { Ids } from '../../commands/loop/ids.ts';
import { lastRunEvent } from '../../commands/loop/load.ts';
import type { CommandContext } from '../../commands/port.ts';
import type { EventMetadata, EventOf, RunEvent } from '../../domain/events/index.ts';
import { settleMissed, settleSlots, startPending } from '../../domain/runs/settle.ts';
import type { Runs } from '../../domain/runs/tail.ts';
import { runsStream } from '../../domain/streams.ts';
import { appendSurely } from '../../event-store/append-surely.ts';
import { LogMismatch, StreamParked, WrongExpectedRevision } from '../../event-store/errors.ts';
import type { Definitions } from '../jobs/definitions.ts';
import { type EngineJob, type JobTable, slotsOfJob } from '../jobs/job-table.ts';
import type { Parking } from '../jobs/parking.ts';
import { readSurely } from '../read-surely.ts';
import type { Ticket } from './places.ts';
import type { Turn } from './turns.ts';

/** An execution that this engine has claimed: no other engine may call it. */
export type Claim = EventOf<'ExecutionStarted'>['data'];

export type HeldClaim = {
  readonly claim: Claim;
  /** Monotonic instant just before the claim was appended: if another engine ended the claim, it did so after this. */
  readonly sinceMs: number;
};

export type ClaimDeps = EventLog & {
  readonly engineId: string;
  readonly table: JobTable;
  readonly definitions: Definitions;
  readonly parking: Parking;
  readonly executionIds: Ids;
  readonly aheadMs: number;
  /** @throws LogMismatch if the log is not the one that this engine has read */
  readonly checkLog: () => Promise<void>;
  /** Since when this engine has been claiming for a job, epoch ms. Earlier slots are late because no engine claimed. */
  readonly claimingSinceMs: (jobId: number) => number;
  readonly claimed: (held: HeldClaim, ticket: Ticket) => void;
  /** Returns a ticket for which no call is made. */
  readonly giveBack: (ticket: Ticket) => void;
};

/** The metadata of an event that an engine appends. */
export const engineMetadata = (engineId: string, correlationId: string): EventMetadata => ({
  actor: { type: 'engine', name: engineId },
  correlationId,
});

/**
 * Settles the due slots of these jobs. An append that claims a slot hands the claim on, with its ticket. A job that
 * can't be settled is tried again after a pause and delays no other job.
 * @throws LogMismatch, and errors that keep every job from being settled
 */
export const claimDue = async (deps: ClaimDeps, turns: readonly Turn[]): Promise<void> => {
  const calling = turns.filter(({ ticket }) => ticket !== undefined).length;
  // The definitions of the other jobs were fetched a moment ago, to find out their targets.
  const waited = turns.filter(({ hasWaited }) => hasWaited).map(({ job }) => job);
  try {
    await Promise.all([deps.definitions.fetch(waited), deps.executionIds.ready(calling)]);
  } catch (error) {
    for (const turn of turns) leave(deps, turn);
    throw error;
  }
  const settled = await Promise.allSettled(turns.map((turn) => settleJob(deps, turn)));
  const errors = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
  const [error] = errors;
  if (error === undefined) return;
  const mismatch = errors.find((each) => each instanceof LogMismatch);
  if (mismatch !== undefined) throw mismatch;
  const jobIds = turns.filter((_, index) => settled[index]?.status === 'rejected').map(({ job }) => job.jobId);
  const some = { jobs: jobIds.length, jobIds: jobIds.slice(0, MOST_NAMED), error };
  deps.world.log.warn(some, 'scheduler: slots could not be claimed: these jobs are tried again after a pause');
};

const MOST_NAMED = 10;

/** Gives this turn up: the ticket goes back, and the job is looked at again. */
const leave = ({ table, giveBack }: ClaimDeps, { job, ticket }: Turn): void => {
  table.arm(job);
  if (ticket !== undefined) giveBack(ticket);
};

const settleJob = async (deps: ClaimDeps, turn: Turn): Promise<void> => {
  const { table, parking } = deps;
  const { job } = turn;
  if (parking.holds(job)) return leave(deps, turn);
  job.busy = true;
  let held: HeldClaim | undefined;
  try {
    if (job.runs.jobRevision < job.jobRevision) await bindDefinition(deps, job.jobId, systemContext(deps, job));
    else held = await appendDue(deps, turn);
  } catch (error) {
    if (error instanceof StreamParked) return parking.park(error);
    table.holdBack(job);
    throw error;
  } finally {
    job.busy = false;
    table.arm(job);
    if (turn.ticket !== undefined) {
      if (held === undefined) deps.giveBack(turn.ticket);
      else deps.claimed(held, turn.ticket);
    }
  }
};

const systemContext = ({ engineId }: ClaimDeps, { jobId, tenant }: EngineJob): CommandContext => ({
  tenant,
  actor: { type: 'engine', name: engineId },
  correlationId: `job-${jobId}`,
});

const appendDue = async (deps: ClaimDeps, turn: Turn): Promise<HeldClaim | undefined> => {
  let sinceMs = 0;
  let held: HeldClaim | undefined;
  await appendRuns(
    deps,
    turn.job,
    () => {
      sinceMs = deps.world.clock.monotonic();
      return decideDue(deps, turn);
    },
    (events) => {
      for (const event of events) if (event.type === 'ExecutionStarted') held = { claim: event.data, sinceMs };
    },
  );
  return held;
};

const decideDue = (deps: ClaimDeps, { job, ticket, hasWaited }: Turn): RunEvent[] => {
  const { engineId, aheadMs, world } = deps;
  const { runs } = job;
  const schedule = slotsOfJob(job);
  // The tail may name a definition that the subscription has not brought yet. The older one must settle nothing then.
  if (runs.jobRevision !== job.jobRevision) return [];
  const pending = runs.open.find(({ state }) => state === 'pending');
  const input = {
    job: { tenant: job.tenant, applicationId: job.applicationId, jobId: job.jobId },
    engineId,
    labels: deps.definitions.get(job.jobId)?.definition.labels,
  };
  // An execution that became pending after the turn was given has no ticket: it is looked at again.
  if (pending !== undefined) {
    return ticket === undefined ? [] : startPending(runs, { ...input, executionId: pending.executionId });
  }
  if (schedule === undefined) return [];
  const executionId = runs.open.length > 0 || ticket === undefined ? 0 : deps.executionIds.tryTake();
  if (executionId === undefined) return [];
  const nowMs = world.clock.now();
  const sinceThen = hasWaited ? ('ENGINE_BUSY' as const) : ('ENGINE_BEHIND' as const);
  const parkedFor = deps.parking.reasonAfter(job, runs.cursorMs);
  const lateBecause =
    parkedFor === undefined
      ? { untilMs: deps.claimingSinceMs(job.jobId), reason: 'ENGINE_DOWN' as const, sinceThen }
      : { untilMs: nowMs, reason: parkedFor, sinceThen };
  if (ticket === undefined && runs.open.length === 0) {
    return hasWaited ? settleMissed(runs, { job: input.job, schedule, nowMs, lateBecause }) : [];
  }
  return settleSlots(runs, { ...input, schedule, nowMs, aheadMs, lateBecause, executionId });
};

type RunsDeps = Pick<ClaimDeps, 'store' | 'lanes' | 'world' | 'engineId' | 'table' | 'checkLog'>;

/**
 * Decides on the runs known to the engine and appends at their revision. If another append came first, reads the tail
 * and decides again.
 */
export const appendRuns = (
  deps: RunsDeps,
  job: EngineJob,
  decide: () => readonly RunEvent[],
  appended?: (events: readonly RunEvent[]) => void,
): Promise<void> =>
  deps.lanes.inTurn(runsStream(job.jobId), async () => {
    for (;;) {
      const events = decide();
      const last = events.at(-1);
      if (last === undefined) return;
      const append = toRunsAppend(deps, job, events);
      try {
        const { revision } = await appendSurely(deps.store, append, { world: deps.world });
        deps.table.applyRunEvent({ ...last, revision });
        appended?.(events);
        return;
      } catch (error) {
        if (!(error instanceof WrongExpectedRevision)) throw error;
        await readTail(deps, job);
        if (job.runsRevision <= append.expectedRevision) await doubt(deps, job, error);
      }
    }
  });

/**
 * After so many failures in a row, a stream that ends before its known end is taken as proof that the log was set back.
 */
const SURE_AFTER = 6;

/**
 * Handles an append that lost although the tail is no newer than the known one. Retrying at once would never end.
 * @throws LogMismatch if the log was set back, else the error that the append met
 */
const doubt = async ({ checkLog }: RunsDeps, job: EngineJob, lost: WrongExpectedRevision): Promise<never> => {
  if (lost.actual >= lost.expected) throw lost;
  await checkLog();
  if (job.failures < SURE_AFTER) throw lost;
  throw new LogMismatch({
    code: 'BEYOND_END',
    message: `this engine has read ${lost.stream} up to revision ${lost.expected}, and it ends at ${lost.actual}: the log was set back, perhaps by a restored backup or a crash. Restore a backup of the read models that is no newer than the log's, or empty them and let them read the log from the beginning, then start the engine again.`,
  });
};

const toRunsAppend = ({ world, engineId }: RunsDeps, job: EngineJob, events: readonly RunEvent[]) => ({
  stream: runsStream(job.jobId),
  expectedRevision: job.runsRevision,
  events: events.map((event) => ({
    ...event,
    id: world.random.uuid(),
    metadata: engineMetadata(engineId, correlationOf(event)),
  })),
});

const correlationOf = (event: RunEvent): string =>
  'executionId' in event.data ? `execution-${event.data.executionId}` : `job-${event.data.jobId}`;

/** Reads a job's runs from the log and takes them into the table. */
export const readTail = async (
  { store, table, world }: Pick<RunsDeps, 'store' | 'table' | 'world'>,
  job: EngineJob,
  signal?: AbortSignal,
): Promise<Runs> => {
  const last = await readSurely(world, () => lastRunEvent(store, job.jobId), { signal });
  if (last !== undefined) table.applyRunEvent({ ...last.event, revision: last.revision });
  return job.runs;
};
