import type { TokenHolder } from '../../src/commands/execution/callback.ts';
import type { Commands } from '../../src/commands/index.ts';
import { DomainError } from '../../src/domain/domain-error.ts';
import { createDraw, type Draw } from './draw.ts';
import { type Plan, processesOf } from './plan.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A call that its target took with 202, and the token to say how it ended. */
export type Accepted = {
  readonly jobId: number;
  readonly executionId: number;
  readonly attempt: number;
  readonly token: string;
};

/** What a target was told to be recorded. */
export type Reported = Omit<Accepted, 'token'> & {
  readonly kind: 'heartbeat' | 'succeeded' | 'failed' | 'cancelled';
  /** When it first asked, and when it was answered. */
  readonly askedMs: number;
  readonly atMs: number;
};

export type Reports = {
  readonly reported: readonly Reported[];
  /** The target begins to work, and reports when its time has come. */
  take(accepted: Accepted): void;
  /** Reports, again and again until that is answered. */
  send(accepted: Accepted, kind: Reported['kind'], draw: Draw): void;
};

type ReportCommands = Pick<Commands, 'heartbeatExecution' | 'completeExecution'>;

type Options = {
  readonly plan: Plan;
  readonly time: VirtualTime;
  readonly trace: Trace;
  /** Undefined while that process is down. */
  readonly commandsOf: (process: string) => ReportCommands | undefined;
};

/** After so long without an answer a target asks again, perhaps another process. */
const AGAIN_MS = 3_000;
const MAX_TRIES = 10;
/** Once it is calm, targets are well and soon done. */
const CALM_MS = 500;

export const createReports = ({ plan, time, trace, commandsOf }: Options): Reports => {
  const reported: Reported[] = [];
  const { silentPercent = 0, longestMs = CALM_MS } = plan.weather.reports ?? {};
  const processes = processesOf(plan);

  const send = (accepted: Accepted, kind: Reported['kind'], draw: Draw): void => {
    const { token, ...ofCall } = accepted;
    const askedMs = time.nowMs();
    const correlationId = `report-${accepted.executionId}-${accepted.attempt}`;
    const holder: TokenHolder = { ...ofCall, token, correlationId, admit: () => {} };
    let isAnswered = false;
    const attempt = (triesLeft: number): void => {
      if (isAnswered || triesLeft === 0) return;
      const process = draw.one(processes);
      const commands = commandsOf(process);
      if (commands !== undefined) void request(commands, process);
      time.after(AGAIN_MS, () => attempt(triesLeft - 1));
    };
    const request = async (commands: ReportCommands, process: string): Promise<void> => {
      trace.note(process, `is told by a target: ${kind}`, ofCall);
      try {
        if (kind === 'heartbeat') await commands.heartbeatExecution(holder, {});
        else if (kind !== 'failed') await commands.completeExecution(holder, { status: kind });
        else await commands.completeExecution(holder, { status: kind, ...retryAskedFor(accepted) });
        isAnswered = true;
        reported.push({ ...ofCall, kind, askedMs, atMs: time.nowMs() });
        trace.note(process, `has recorded a report: ${kind}`, ofCall);
      } catch (error) {
        if (error instanceof DomainError) isAnswered = true;
        trace.note(process, `has not recorded a report: ${kind}`, { ...ofCall, why: String(error) });
      }
    };
    attempt(MAX_TRIES);
  };

  /** What the report of a failure says about a retry. Its result says the same, by which the books know it. */
  const retryAskedFor = ({ executionId, attempt }: Accepted): object => {
    const draw = createDraw(plan.seed, `retry asked for by ${executionId}, attempt ${attempt}`);
    const retry = draw.one(['', '', false, '300ms', '7s']);
    return retry === '' ? {} : { retry, result: { retry } };
  };

  return {
    reported,
    send,
    take: (accepted) => {
      const draw = createDraw(plan.seed, `reports of ${accepted.executionId}, attempt ${accepted.attempt}`);
      const ill = time.nowMs() < plan.calmFromMs;
      if (ill && draw.chance(silentPercent / 100)) return;
      const workMs = draw.between(0, ill ? longestMs : CALM_MS);
      const everyMs = draw.one([400, 900, 1_500, 20_000]);
      for (let atMs = everyMs; atMs < workMs; atMs += everyMs) {
        time.after(atMs, () => send(accepted, 'heartbeat', draw));
      }
      const end = ill && draw.chance(0.3) ? 'failed' : 'succeeded';
      time.after(workMs, () => send(accepted, end, draw));
      // Somebody who is careless reports twice.
      if (draw.chance(0.2)) time.after(workMs + draw.between(0, 2_000), () => send(accepted, 'succeeded', draw));
    },
  };
};
