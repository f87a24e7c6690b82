import type { Execution } from '../../../../packages/client/src/schema.ts';
import type { Span } from '../../format/spans.ts';

/** An execution on the axis: when it was due, and when it ran. */
export type Bar = Span & {
  readonly id: number;
  readonly status: Execution['status'];
  /** Before it ran, it waited from then on. */
  readonly dueMs: number;
};

export type Row = { readonly jobId: number; readonly name: string; readonly bars: readonly Bar[] };

/** The executions of each job on the axis, in the order of the first of each; open ones last until now. */
export const rowsOf = (executions: readonly Execution[], nowMs: number): readonly Row[] => {
  const sorted = executions.toSorted((a, b) => dueOf(a) - dueOf(b));
  return [...Map.groupBy(sorted, ({ jobId }) => jobId)].map(([jobId, own]) => ({
    jobId,
    name: own[0]?.jobName ?? `Job ${jobId}`,
    bars: own.map((execution) => {
      const { id, status, startedAt, finishedAt } = execution;
      const toMs = finishedAt === null ? nowMs : Date.parse(finishedAt);
      return { id, status, dueMs: dueOf(execution), fromMs: startedAt === null ? toMs : Date.parse(startedAt), toMs };
    }),
  }));
};

/** A backfill's slot is long past: it waits from its creation. */
const dueOf = ({ trigger, scheduledAt, dueAt = scheduledAt, createdAt }: Execution): number =>
  trigger === 'schedule' ? Math.min(Date.parse(dueAt), Date.parse(createdAt)) : Date.parse(createdAt);

/** The most executions that ran simultaneously in each of these equal parts of a span. */
export const overlapOf = (rows: readonly Row[], { fromMs, toMs }: Span, parts: number): readonly number[] => {
  const lengthMs = (toMs - fromMs) / parts;
  const changes = rows
    .flatMap(({ bars }) =>
      bars.flatMap((bar) => [[bar.fromMs, 1] as const, [Math.max(bar.toMs, bar.fromMs + 1), -1] as const]),
    )
    .toSorted(([a, first], [b, second]) => a - b || first - second);
  let running = 0;
  let next = 0;
  const runTo = (isReached: (atMs: number) => boolean): number => {
    let most = running;
    for (let change = changes[next]; change !== undefined && isReached(change[0]); change = changes[next]) {
      running += change[1];
      most = Math.max(most, running);
      next += 1;
    }
    return most;
  };
  return Array.from({ length: parts }, (_, part) => {
    const beginMs = fromMs + part * lengthMs;
    runTo((atMs) => atMs <= beginMs);
    return runTo((atMs) => atMs < beginMs + lengthMs);
  });
};

const MIN_MS = 1_000;

/** The span around its middle, longer or shorter by a factor. */
export const zoomed = ({ fromMs, toMs }: Span, factor: number): Span => {
  const middle = (fromMs + toMs) / 2;
  const half = Math.max(MIN_MS, (toMs - fromMs) * factor) / 2;
  return { fromMs: Math.round(middle - half), toMs: Math.round(middle + half) };
};

/** The span moved by a part of its length. */
export const moved = ({ fromMs, toMs }: Span, part: number): Span => {
  const byMs = Math.round((toMs - fromMs) * part);
  return { fromMs: fromMs + byMs, toMs: toMs + byMs };
};
