import type { HttpJobDefinition } from '../../domain/events/index.ts';
import { CALLED_AFTER_LOOK_MS } from '../../domain/execution/cancel.ts';
import type { Outcome } from '../../domain/execution/outcome.ts';
import { openUnder } from '../../domain/execution/tail.ts';
import { HTTP_TASK } from '../../domain/tasks/http/stored.ts';
import type { EngineJob } from '../jobs/engine-job.ts';
import { readTails } from './append-runs.ts';
import type { HeldClaim, PlainCallInHand } from './claim.ts';
import { definitionAtHand } from './definition-to-call.ts';
import {
  CLAIM_FRESH_MS,
  checkBeforeSend,
  type ExecuteDeps,
  endedExecution,
  execute,
  type Hold,
  isSureOf,
  logNotRecorded,
  type TriedCall,
  whyNotCalled,
} from './execute.ts';
import { isFirstOfSlot } from './not-called.ts';
import type { NotPlain } from './prepare-call.ts';

/**
 * The calls of most executions: the first ones of slots, with all that they take at hand. They have no promise of their
 * own. What is not plain is left to `execute`, which decides by the same functions.
 *
 *     claimed together ─► prepared ─► due ─► checked ─► sent ─► ended ─► recorded together
 *                                      ├─ old claims: looked up together ─┤
 *                                      └─── not plain, or withheld ─► execute ─┘
 */
export type PlainCalls = {
  /** Prepares the call of a claim that is not due yet, so that its bytes are all that is left when it is. */
  prepare(held: HeldClaim): void;
  /** Makes the call of a claim that is due. @param over called once, when its outcome is recorded */
  call(held: HeldClaim, over: () => void): void;
  /** How many executions were left to `execute`, by the reason. */
  left(): ReadonlyMap<Left, number>;
};

/** Why an execution was left to `execute`. */
export type Left =
  | NotPlain
  /** It is no first attempt at a slot, or its claim is old and the log could not be read for it with others. */
  | 'look'
  /** Its job names a limit. */
  | 'limit'
  /** Its trace is recorded. */
  | 'traced'
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

type DueCall = {
  readonly held: HeldClaim;
  readonly over: () => void;
  /** When the claim had a place. */
  readonly begunMs: number;
};

/** Whether the call is due, and how its claim is known to be this engine's, if the log was just read for it. */
type Look = { readonly isDue: boolean; readonly read?: Hold | undefined };

/** By which definition a call is made, and how its claim is known to be this engine's. */
type Ready = { readonly definition: HttpJobDefinition; readonly hold: Hold };

export const createPlainCalls = (deps: ExecuteDeps): PlainCalls => {
  const left = new Map<Left, number>();

  /** Old claims that are called in this turn of the event loop. */
  let stale: DueCall[] = [];

  const leave = (held: HeldClaim, over: () => void, why: Left, tried?: TriedCall): void => {
    left.set(why, (left.get(why) ?? 0) + 1);
    void execute(deps, held, tried).finally(over);
  };

  const prepare = (held: HeldClaim, job: EngineJob, { definition, hold }: Ready): PlainCallInHand | NotPlain => {
    const { claim, completionToken, trace } = held;
    const { applicationId } = definition;
    const signingKeys = deps.values.signingKeysOf(applicationId);
    const tls = deps.values.tlsOf(applicationId);
    let ended: ((outcome: Outcome | 'withheld') => void) | undefined;
    const request = deps.tasks.prepare(
      {
        claim,
        definition,
        completionToken,
        traceparent: trace.traceparent,
        signingKeys,
        tls,
        mayStillCall: (origin) => checkBeforeSend(deps, { job, claim }, { ...hold, origin }) === true,
      },
      (outcome) => ended?.(outcome),
    );
    if (typeof request === 'string') return request;
    return {
      isOf: (newest) =>
        newest === definition &&
        deps.values.signingKeysOf(applicationId) === signingKeys &&
        deps.values.tlsOf(applicationId) === tls,
      send: ({ begunMs, over }) => {
        const end = deps.calls.begin(claim, request.abort);
        ended = (outcome) => {
          end();
          if (outcome === 'withheld') return leave(held, over, 'withheld', { begunMs });
          const recorded = (error?: unknown): void => {
            if (error !== undefined) logNotRecorded(deps, claim, error);
            over();
          };
          try {
            deps.lines.ended(held, definition.name, outcome);
            deps.outcomes.record(endedExecution(job, { held, begunMs, outcome }), outcome, recorded);
          } catch (error) {
            recorded(error);
          }
        };
        request.send();
      },
    };
  };

  /** The definition to call by, or why the call is not plain. What excludes it is asked once it is due. */
  const look = (held: HeldClaim, job: EngineJob, { isDue, read }: Look): HttpJobDefinition | Left => {
    const { claim, trace } = held;
    if (job.rules.limit !== undefined) return 'limit';
    if (trace.recordedAs !== undefined) return 'traced';
    if (read === undefined && !isSureOf(deps, held)) return 'look';
    const known = definitionAtHand(deps, job, claim);
    if (known === undefined) return 'definition';
    if (isDue && whyNotCalled(deps, { job, claim }, known) !== undefined) return 'excluded';
    const isOffered = openUnder(job.runs, claim)?.offers === true;
    return known.definition.taskType === HTTP_TASK && !isOffered ? known.definition : 'offered';
  };

  /** The call of a claim, or why it is not plain. What fails here keeps no other claim from its call. */
  const callOf = (
    held: HeldClaim,
    { isDue, read }: Look,
  ): { readonly call: PlainCallInHand; readonly definition: HttpJobDefinition } | Left => {
    try {
      const job = deps.table.get(held.claim.jobId);
      if (job === undefined) return 'definition';
      const definition = look(held, job, { isDue, read });
      if (typeof definition === 'string') return definition;
      const hold = read ?? { heldSinceMs: held.sinceMs, sureUntilMs: held.sinceMs + CLAIM_FRESH_MS };
      const isPrepared = read === undefined && held.prepared?.isOf(definition);
      const call = (isPrepared ? held.prepared : undefined) ?? prepare(held, job, { definition, hold });
      return typeof call === 'string' ? call : { call, definition };
    } catch (error) {
      const { jobId, executionId } = held.claim;
      deps.world.log.error({ jobId, executionId, error }, 'scheduler: could not prepare a call; making it by itself');
      return 'error';
    }
  };

  const start = ({ held, over, begunMs }: DueCall, read?: Hold): void => {
    const found = callOf(held, { isDue: true, read });
    if (typeof found !== 'string') {
      deps.lines.started(held, found.definition.name);
      found.call.send({ begunMs, over });
    } else if (found !== 'look' || !isFirstOfSlot(held.claim)) leave(held, over, found);
    else if (stale.push({ held, over, begunMs }) === 1) queueMicrotask(lookUp);
  };

  /** Reads the log for old claims, and calls those that are still this engine's. */
  const lookUp = async (): Promise<void> => {
    const calls = stale;
    stale = [];
    // Counted from before the read: a late response shows the tails as they were when the read began.
    const hold = { heldSinceMs: undefined, sureUntilMs: deps.world.clock.monotonic() + CALLED_AFTER_LOOK_MS };
    let unread: ReadonlySet<number> | undefined;
    try {
      const jobIds = calls.map(({ held }) => held.claim.jobId);
      unread = await readTails(deps, jobIds, deps.calls.signal);
    } catch {
      // `execute` reads each by itself, and reports why it can't.
    }
    for (const each of calls) {
      if (unread === undefined || unread.has(each.held.claim.jobId)) leave(each.held, each.over, 'look');
      else start(each, hold);
    }
  };

  return {
    prepare: (held) => {
      const found = callOf(held, { isDue: false });
      if (typeof found !== 'string') held.prepared = found.call;
    },
    call: (held, over) => start({ held, over, begunMs: deps.world.clock.now() }),
    left: () => left,
  };
};
