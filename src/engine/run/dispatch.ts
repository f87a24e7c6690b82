import type { HttpJobDefinition, JobDefinition } from '../../domain/events/index.ts';
import { CALLED_AFTER_LOOK_MS } from '../../domain/execution/cancel.ts';
import { dueOfMs } from '../../domain/execution/lateness.ts';
import type { Outcome } from '../../domain/execution/outcome.ts';
import { openUnder } from '../../domain/execution/tail.ts';
import { HTTP_TASK } from '../../domain/tasks/http/stored.ts';
import { type FairCapacity, type Flow, finish, type Permit } from '../../runtime/fair-capacity.ts';
import type { PreparedRequest } from '../call/port.ts';
import type { EngineContext } from '../context.ts';
import { type EngineJob, slotsOfJob } from '../jobs/job-records.ts';
import { readTails } from './append-runs.ts';
import type { HeldClaim, PlainCallInHand } from './claim.ts';
import {
  checkBeforeSend,
  definitionAtHand,
  endedExecution,
  execute,
  type Hold,
  holdOfClaim,
  logNotRecorded,
  whyNotCalled,
} from './execute.ts';
import { isFirstOfSlot } from './not-called.ts';
import type { OpenCall } from './open-calls.ts';
import type { NotPlain } from './prepare-call.ts';
import type { RecordOutcome } from './record-outcomes.ts';
import type { PlainCall } from './send-task.ts';

/** Starts the call of each claim as soon as the slot is due and its ticket has a place. */
export type Dispatch = {
  /** @param freed called after each ticket that comes back, with or without a call */
  start(freed: () => void): void;
  add(held: HeldClaim): void;
  /** Notes that the outcome of a call is recorded. */
  ended(held: HeldClaim): void;
  /** Returns a ticket for which no call is made. */
  giveBack(ticket: Permit): void;
  /** The number of claims whose call has not started. */
  waiting(): number;
  running(): number;
  /** Whether a claim that is due waits for a place. */
  isPlaceAwaited(): boolean;
  /** Resolves when nothing waits or runs. Called once, when nothing more is claimed. */
  idle(): Promise<void>;
};

/** A timer never sleeps longer, so that claims that a clock put forward makes due are called soon. */
const MAX_SLEEP_MS = 1_000;

export const createDispatch = (
  { world, table, limits }: EngineContext,
  places: FairCapacity,
  plainCalls: PlainCalls,
): Dispatch => {
  /** Claims that are not due yet, by due time (epoch ms). All claims of one instant share a timer. */
  const later = new Map<number, HeldClaim[]>();
  /** Claims that are due and wait for a place. */
  const due = new Map<Flow, HeldClaim[]>();
  let waiting = 0;
  let running = 0;
  let idle: PromiseWithResolvers<void> | undefined;
  let freed = (): void => {};

  /**
   * When a claimed slot is due. Anything else is due at once: another execution whichever clock its request went by, and
   * a further attempt also where the clock was set back to before the slot.
   */
  const dueMsOf = ({ claim }: HeldClaim, nowMs: number): number => {
    if (!isFirstOfSlot(claim)) return nowMs;
    const job = table.get(claim.jobId);
    return dueOfMs(claim, job && slotsOfJob(job));
  };

  const startCall = (held: HeldClaim): void => {
    waiting--;
    running++;
    plainCalls.call(held);
  };

  const giveBack = (ticket: Permit): void => {
    places.end(ticket);
    // If one call takes the place of another, there are no more free places than before. The flow itself is not offered it
    // first: while it has claims that wait, it would keep a place that others wait for.
    const [flow = ticket.flow] = due.keys();
    finish(due, flow);
    if (!startNext(flow) && !startNext(ticket.flow)) startWaiting();
    freed();
  };

  /** Gives the places that are free to claims that wait for one. */
  const startWaiting = (): void => {
    for (const flow of due.keys()) while (startNext(flow));
  };

  const startNext = (flow: Flow): boolean => {
    const queue = due.get(flow);
    const next = queue?.[0];
    if (queue === undefined || next === undefined || !places.take(next.ticket)) return false;
    queue.shift();
    if (queue.length === 0) due.delete(flow);
    startCall(next);
    return true;
  };

  /** A claim whose limit makes it wait for other calls gives up its place, since one of these may need it. */
  const startInTurn = (held: HeldClaim): void => {
    if (table.get(held.claim.jobId)?.rules.limit === undefined) {
      startOrQueue(held);
      return;
    }
    void limits.untilTurn(held.claim).then(() => {
      held.turnMs = world.clock.now();
      startOrQueue(held);
    });
    places.putBack(held.ticket);
    startWaiting();
  };

  const startOrQueue = (held: HeldClaim): void => {
    const { ticket } = held;
    const queue = due.get(ticket.flow);
    if (places.take(ticket)) startCall(held);
    else if (queue === undefined) due.set(ticket.flow, [held]);
    else queue.push(held);
  };

  const wakeAt = (dueMs: number, delayMs: number): void => {
    world.timers.after(Math.min(delayMs, MAX_SLEEP_MS), () => {
      // Timers run on the process's own clock, slots on the common one: a slot must not be called before it is due.
      const remainingMs = dueMs - world.clock.now();
      if (remainingMs > 0) return wakeAt(dueMs, remainingMs);
      const held = later.get(dueMs) ?? [];
      later.delete(dueMs);
      held.forEach(startInTurn);
    });
  };

  return {
    start: (listener) => {
      freed = listener;
    },
    add: (held) => {
      waiting++;
      const nowMs = world.clock.now();
      const dueMs = dueMsOf(held, nowMs);
      if (dueMs <= nowMs) {
        startInTurn(held);
        return;
      }
      const same = later.get(dueMs);
      if (same === undefined) {
        later.set(dueMs, [held]);
        wakeAt(dueMs, dueMs - nowMs);
      } else same.push(held);
      plainCalls.prepare(held);
    },
    ended: ({ ticket }) => {
      running--;
      giveBack(ticket);
      if (running === 0 && waiting === 0) idle?.resolve();
    },
    giveBack,
    waiting: () => waiting,
    running: () => running,
    isPlaceAwaited: () => due.size > 0,
    idle: async () => {
      idle = Promise.withResolvers();
      if (running > 0 || waiting > 0) await idle.promise;
    },
  };
};

/**
 * The calls of most executions: those with all that they take at hand. They have no promise of their own. What is not plain is left to `execute`, which decides by the same functions.
 *
 *     claimed together ─► prepared ─► due ─► checked ─► sent ─► ended ─► recorded together
 *                                      ├─ old claims: looked up together ─┤
 *                                      └─── not plain, or withheld ─► execute ─┘
 */
export type PlainCalls = {
  /** Prepares the call of a claim that is not due yet, so that its bytes are all that is left when it is. */
  prepare(held: HeldClaim): void;
  /** Makes the call of a claim that is due and has a place. */
  call(held: HeldClaim): void;
  /** How many executions were left to `execute`, by the reason. */
  left(): ReadonlyMap<Left, number>;
};

/** Why an execution was left to `execute`. */
export type Left =
  | NotPlain
  /** Its claim is old, and the log could not be read for it with others. */
  | 'look'
  /** Its job names a limit. */
  | 'limit'
  /** Its trace is recorded. */
  | 'traced'
  /** It has an input or a definition of its own. */
  | 'input'
  /** Its work is offered to workers. */
  | 'offered'
  /** Its definition isn't in memory, or its job is parked. */
  | 'definition'
  /** It isn't called: a newer definition lacks its slot, a pause or calendar excludes it, or it is to be cancelled. */
  | 'excluded'
  /** The check right before its request was sent failed. */
  | 'withheld'
  /** It could not be prepared: `execute` records why. */
  | 'error';

/** What plain calls are made with. */
type CallParts = {
  readonly context: EngineContext;
  readonly record: RecordOutcome;
  readonly over: (held: HeldClaim) => void;
  readonly leave: (held: HeldClaim, why: Left) => void;
};

type CallOfJob = { readonly job: EngineJob; readonly held: HeldClaim; readonly definition: HttpJobDefinition };

/** A plain call, until its outcome is recorded. Thousands wait at a time, so it is one object. */
class CallInHand implements PlainCallInHand, PlainCall, OpenCall {
  readonly definition: HttpJobDefinition;
  readonly signingKeys: PlainCall['signingKeys'];
  readonly tls: PlainCall['tls'];
  readonly job: EngineJob;
  readonly held: HeldClaim;
  private readonly hold: Hold;
  private readonly parts: CallParts;
  private request: PreparedRequest | undefined;

  constructor({ job, held, definition }: CallOfJob, hold: Hold, parts: CallParts) {
    const { signingKeys, tls } = parts.context.values.of(definition.applicationId);
    this.definition = definition;
    this.signingKeys = signingKeys;
    this.tls = tls;
    this.job = job;
    this.held = held;
    this.hold = hold;
    this.parts = parts;
  }

  get claim() {
    return this.held.claim;
  }

  get completionToken() {
    return this.held.completionToken;
  }

  get traceparent() {
    return this.held.trace.traceparent;
  }

  /** @returns why it is not plain; undefined if it is */
  prepare(): NotPlain | undefined {
    const request = this.parts.context.tasks.prepare(this);
    if (typeof request === 'string') return request;
    this.request = request;
    return undefined;
  }

  isOf(newest: JobDefinition): boolean {
    const { signingKeys, tls } = this.parts.context.values.of(this.definition.applicationId);
    return newest === this.definition && signingKeys === this.signingKeys && tls === this.tls;
  }

  mayStillCall(origin: string): boolean {
    return checkBeforeSend(this.parts.context, this, { ...this.hold, origin }) === true;
  }

  send(): void {
    const { lines, calls } = this.parts.context;
    lines.started(this.held, this.definition.name);
    calls.begin(this);
    this.request?.send();
  }

  abort(): void {
    this.request?.abort();
  }

  ended(outcome: Outcome | 'withheld'): void {
    const { context, record, leave } = this.parts;
    const { held } = this;
    context.calls.end(this);
    if (outcome === 'withheld') {
      leave(held, outcome);
      return;
    }
    try {
      context.lines.ended(held, this.definition.name, outcome);
      record(endedExecution(context, this, outcome), outcome, (error) => this.recorded(error));
    } catch (error) {
      this.recorded(error);
    }
  }

  private recorded(error: unknown): void {
    if (error !== undefined) logNotRecorded(this.parts.context, this.claim, error);
    this.parts.over(this.held);
  }
}

/** Whether the call is due, and how its claim is known to be this engine's, if the log was just read for it. */
type Look = { readonly isDue: boolean; readonly read?: Hold | undefined };

/** @param over called once for each call, when its outcome is recorded */
export const createPlainCalls = (
  context: EngineContext,
  record: RecordOutcome,
  over: (held: HeldClaim) => void,
): PlainCalls => {
  const left = new Map<Left, number>();

  /** Old claims that are called in this turn of the event loop. */
  let stale: HeldClaim[] = [];

  const leave = (held: HeldClaim, why: Left): void => {
    left.set(why, (left.get(why) ?? 0) + 1);
    void execute(context, record, { held, wasTried: why === 'withheld' }).finally(() => over(held));
  };

  /** Why a call is not plain, whatever the log has of it. */
  const needOf = ({ claim, trace }: HeldClaim, { rules }: EngineJob): Left | undefined => {
    if (rules.limit !== undefined) return 'limit';
    if (trace.isRecorded) return 'traced';
    return claim.inputRevision === undefined && claim.definitionRevision === undefined ? undefined : 'input';
  };

  /** The definition to call by, or why the call is not plain. What excludes it is asked once it is due. */
  const definitionOf = ({ claim }: HeldClaim, job: EngineJob, isDue: boolean): HttpJobDefinition | Left => {
    const known = definitionAtHand(context, job, claim);
    if (known === undefined) return 'definition';
    if (isDue && whyNotCalled(context, { job, claim }, known) !== undefined) return 'excluded';
    const isOffered = openUnder(job.runs, claim)?.offers === true;
    return known.definition.taskType === HTTP_TASK && !isOffered ? known.definition : 'offered';
  };

  const parts: CallParts = { context, record, over, leave };

  /** The call of a claim, or why it is not plain. What fails here keeps no other claim from its call. */
  const callOf = (held: HeldClaim, { isDue, read }: Look): PlainCallInHand | Left => {
    try {
      const job = context.table.get(held.claim.jobId);
      if (job === undefined) return 'definition';
      const need = needOf(held, job);
      if (need !== undefined) return need;
      const hold = read ?? holdOfClaim(context, held);
      if (hold === undefined) return 'look';
      const definition = definitionOf(held, job, isDue);
      if (typeof definition === 'string') return definition;
      if (read === undefined && held.prepared?.isOf(definition)) return held.prepared;
      const call = new CallInHand({ job, held, definition }, hold, parts);
      return call.prepare() ?? call;
    } catch (error) {
      const { jobId, executionId } = held.claim;
      context.world.log.error(
        { jobId, executionId, error },
        'scheduler: could not prepare a call; making it by itself',
      );
      return 'error';
    }
  };

  const start = (held: HeldClaim, read?: Hold): void => {
    const call = callOf(held, { isDue: true, read });
    if (typeof call !== 'string') call.send();
    else if (call !== 'look' || !isFirstOfSlot(held.claim)) leave(held, call);
    else if (stale.push(held) === 1) queueMicrotask(lookUp);
  };

  /** Reads the log for old claims, and calls those that are still this engine's. */
  const lookUp = async (): Promise<void> => {
    const calls = stale;
    stale = [];
    // Counted from before the read: a late response shows the tails as they were when the read began.
    const hold = { heldSinceMs: undefined, sureUntilMs: context.world.clock.monotonic() + CALLED_AFTER_LOOK_MS };
    let unread: ReadonlySet<number> | undefined;
    try {
      const jobIds = calls.map(({ claim }) => claim.jobId);
      unread = await readTails(context, jobIds, context.calls.signal);
    } catch {
      // `execute` reads each by itself, and reports why it can't.
    }
    for (const each of calls) {
      if (unread === undefined || unread.has(each.claim.jobId)) leave(each, 'look');
      else start(each, hold);
    }
  };

  return {
    prepare: (held) => {
      const call = callOf(held, { isDue: false });
      if (typeof call !== 'string') held.prepared = call;
    },
    call: (held) => {
      held.begunMs = context.world.clock.now();
      start(held);
    },
    left: () => left,
  };
};
