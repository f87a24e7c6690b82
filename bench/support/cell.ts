/** What one cell is made of, and how it is used; rates a second. */
export type CellPlan = {
  /** Slots that fall due, on average. */
  readonly slots: number;
  /** The share of them that is due at the full second; the others are spread over it. */
  readonly atFullSecond: number;
  readonly engines: number;
  /** Executions per second of an engine that receives only its own jobs' events. */
  readonly engineRate: number;
  /** CPU of an engine's thread for the events of another engine's execution; 0 if it does not receive them. */
  readonly othersUs: number;
  /** Executions that the log takes, with a claim and an outcome each. */
  readonly logRate: number;
};

/** What happens to a cell while it runs, in milliseconds of its time. */
export type Strike = {
  readonly atMs: number;
  /** Number of engines that die simultaneously. */
  readonly engines?: number;
  /** Time after which the others take over their jobs. */
  readonly takenOverMs?: number;
  /** Time for which the log accepts no append. */
  readonly logAwayMs?: number;
};

export type CellRun = {
  /** Executions, by how many milliseconds they were late; the last holds all that were later. */
  readonly lateness: Float64Array;
  /** Milliseconds from the strike until nothing was due any more at the end of a second; NaN if that did not come. */
  readonly recoveredMs: number;
  /** Executions with a running call when their engine died. */
  readonly unknown: number;
};

const LATEST_MS = 120_000;
const SECOND_MS = 1_000;
/** Duration of a call, for the number of running calls. */
const CALL_MS = 50;

type Backlog = { dueMs: number; count: number }[];

/**
 * Runs a cell in virtual time, millisecond by millisecond. Slots are amounts, not single ones: an engine processes due slots
 * in order, as fast as its thread, the log and the other engines allow.
 */
export const runCell = (plan: CellPlan, runMs: number, strike?: Strike): CellRun => {
  const lateness = new Float64Array(LATEST_MS + 1);
  const queues: Backlog[] = Array.from({ length: plan.engines }, () => []);
  const orphans: Backlog = [];
  const steadyPerMs = (plan.slots * (1 - plan.atFullSecond)) / SECOND_MS;
  const deadEngines = strike?.engines ?? 0;
  let living = plan.engines;
  let dead = 0;
  let recoveredMs = Number.NaN;
  let unknown = 0;

  for (let nowMs = 0; nowMs < runMs; nowMs++) {
    if (strike !== undefined && nowMs === strike.atMs && deadEngines > 0) {
      dead = deadEngines;
      living -= dead;
      unknown = (dead / plan.engines) * plan.slots * (CALL_MS / SECOND_MS);
      for (const queue of queues.splice(living)) orphans.push(...queue);
    }
    if (strike !== undefined && dead > 0 && nowMs === strike.atMs + (strike.takenOverMs ?? 0)) {
      orphans.sort((a, b) => a.dueMs - b.dueMs);
      for (const queue of queues) {
        queue.unshift(...orphans.map(({ dueMs, count }) => ({ dueMs, count: count / living })));
      }
      orphans.length = 0;
      dead = 0;
    }
    const due = steadyPerMs + (nowMs % SECOND_MS === 0 ? plan.slots * plan.atFullSecond : 0);
    const owners = living + dead;
    for (const queue of queues) queue.push({ dueMs: nowMs, count: due / owners });
    if (dead > 0) orphans.push({ dueMs: nowMs, count: (due * dead) / owners });

    const sinceMs = strike === undefined ? Number.NEGATIVE_INFINITY : nowMs - strike.atMs;
    const isLogAway = sinceMs >= 0 && sinceMs < (strike?.logAwayMs ?? 0);
    const total = isLogAway || living === 0 ? 0 : capacityOf({ ...plan, engines: living }) / SECOND_MS;
    for (const queue of queues)
      make(queue, total / living, (dueMs, count) => {
        const late = Math.min(nowMs - dueMs, LATEST_MS);
        lateness[late] = (lateness[late] ?? 0) + count;
      });

    const isEndOfSecond = nowMs % SECOND_MS === SECOND_MS - 1;
    const isHealed =
      sinceMs > Math.max(strike?.logAwayMs ?? 0, dead > 0 ? (strike?.takenOverMs ?? 0) : 0) && dead === 0;
    if (Number.isNaN(recoveredMs) && isEndOfSecond && isHealed && queues.every(isUpToDate(nowMs)))
      recoveredMs = sinceMs;
  }
  return { lateness, recoveredMs, unknown };
};

/** Nothing is left of what was due in earlier seconds. */
const isUpToDate = (nowMs: number) => (queue: Backlog) => (queue[0]?.dueMs ?? nowMs) > nowMs - SECOND_MS;

/**
 * How many executions a cell makes in a second. An engine that makes x of n spends x / engineRate seconds on its own, and
 * othersUs on each of the n - x.
 */
export const capacityOf = ({ engines, engineRate, othersUs, logRate }: Omit<CellPlan, 'slots'>): number => {
  const othersSeconds = (othersUs / 1_000_000) * (engines - 1);
  return Math.min(engines / (1 / engineRate + othersSeconds), logRate);
};

const EMPTY = 1e-9;

const make = (queue: Backlog, most: number, record: (dueMs: number, count: number) => void): void => {
  let left = most;
  let done = 0;
  for (const first of queue) {
    if (left <= EMPTY) break;
    const made = Math.min(left, first.count);
    record(first.dueMs, made);
    left -= made;
    first.count -= made;
    if (first.count > EMPTY) break;
    done += 1;
  }
  queue.splice(0, done);
};

/** How late the share (0 to 1) of the executions was that were on time the most; ms. */
export const lateBy = (runs: readonly Pick<CellRun, 'lateness'>[], share: number): number => {
  const sums = new Float64Array(LATEST_MS + 1);
  let total = 0;
  for (const { lateness } of runs) {
    lateness.forEach((count, late) => {
      sums[late] = (sums[late] ?? 0) + count;
      total += count;
    });
  }
  let beyond = 0;
  return sums.findLastIndex((count) => {
    beyond += count;
    return beyond > (1 - share) * total + EMPTY;
  });
};
