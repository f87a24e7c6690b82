import type { Execution } from '../../../../packages/client/src/schema.ts';

export type Span = {
  readonly kind: 'waited' | 'succeeded' | 'failed' | 'cancelled' | 'running' | 'retry';
  /** Number of the attempt; `undefined` if nothing was called. */
  readonly attempt?: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly status?: number;
  readonly error?: { readonly code: string; readonly message: string };
};

type Seen = Pick<
  Execution,
  'status' | 'scheduledAt' | 'dueAt' | 'createdAt' | 'startedAt' | 'finishedAt' | 'attempt' | 'retryAt'
> & { readonly attempts: readonly Execution['attempts'][number][] };

/** Timeline of an execution: the wait for its start, each attempt, and the waits between them. */
export const spansOf = (execution: Seen, nowMs: number): readonly Span[] => {
  const attempts = execution.attempts.map((each) => attemptSpan(each, execution));
  const running = runningSpan(execution, nowMs);
  const first = attempts[0] ?? running;
  const dueMs = Math.min(
    Date.parse(execution.dueAt ?? execution.scheduledAt),
    first?.fromMs ?? Number.POSITIVE_INFINITY,
  );
  const begunMs = first?.fromMs ?? endOf(execution.finishedAt, nowMs);
  const waited: Span = { kind: 'waited', fromMs: dueMs, toMs: Math.max(begunMs, dueMs) };
  const { retryAt } = execution;
  const lastMs = attempts.at(-1)?.toMs ?? nowMs;
  const retry: readonly Span[] =
    retryAt === undefined ? [] : [{ kind: 'retry', fromMs: lastMs, toMs: Math.max(Date.parse(retryAt), lastMs) }];
  return [waited, ...attempts, ...(running === undefined ? [] : [running]), ...retry];
};

const endOf = (finishedAt: string | null, nowMs: number): number =>
  finishedAt === null ? nowMs : Date.parse(finishedAt);

const attemptSpan = (
  { attempt, startedAt, finishedAt, status, error }: Execution['attempts'][number],
  execution: Seen,
): Span => ({
  kind:
    error === undefined
      ? 'succeeded'
      : execution.status === 'cancelled' && isLast(attempt, execution)
        ? 'cancelled'
        : 'failed',
  attempt,
  fromMs: Date.parse(startedAt ?? finishedAt),
  toMs: Date.parse(finishedAt),
  ...(status === undefined ? {} : { status }),
  ...(error === undefined ? {} : { error }),
});

const isLast = (attempt: number, { attempts }: Seen): boolean => attempts.at(-1)?.attempt === attempt;

const runningSpan = ({ status, startedAt, attempt }: Seen, nowMs: number): Span | undefined =>
  status !== 'running' || startedAt === null
    ? undefined
    : { kind: 'running', attempt, fromMs: Date.parse(startedAt), toMs: Math.max(nowMs, Date.parse(startedAt)) };
