import { seededRandom } from '../test/support/world.ts';
import type { Bench } from './harness.ts';
import { type CellPlan, type CellRun, capacityOf, lateBy, runCell, type Strike } from './support/cell.ts';

const SEED = 1;
const TENANTS = 10_000;
const REGIONS = 3;
/** Cells are filled evenly, and drift from that by this fraction. */
const DRIFT = 0.2;
const P99_LATE_MS = 1_000;
const MAX_ENGINES = 40;
const STRUCK_AT_MS = 10_000;

/** Of one log on 2 cores; docs/scaling.md states the sources. */
const MEASURED = {
  /** Of 3,490 executions a second by one process that does everything, beside its Postgres. */
  engineRate: 3_000,
  /** CPU of each further engine for another's execution. */
  othersUs: 40,
  /** Half of the appends a second: an execution takes two. */
  logRate: { postgres: 28_300 / 2, eventStoreDb: 7_600 / 2 },
  /** Events a second that are read, and that are written in appends of 20. */
  copiedEventsPerSecond: 28_000,
  /** Silence after which an engine is declared dead. */
  takenOverMs: 10_000,
  /** Longest observed election. */
  electionMs: 4_000,
} as const;

/**
 * A plan, not a measurement: 10⁶ slots per second over 100 cells in virtual time, each with its own log, Postgres and
 * engines, based on measurements of one of each. docs/scaling.md states the assumptions.
 */
export const bench: Bench = async ({ size, say }) => {
  const { cells, runMs } = {
    full: { cells: 100, runMs: 180_000 },
    quick: { cells: 100, runMs: 60_000 },
    smallest: { cells: 2, runMs: 40_000 },
  }[size];
  const slots = ratesOfCells(cells, 10_000 * cells);
  const base = { atFullSecond: 0.5, engineRate: MEASURED.engineRate, othersUs: 0, logRate: MEASURED.logRate.postgres };
  const plans = slots.map((each) => enough({ ...base, slots: each }));
  const asToday = slots.map((each) => enough({ ...base, othersUs: MEASURED.othersUs, slots: each }));
  const engines = sum(plans.map((plan) => plan.engines));
  say(`${cells} cells of ${Math.round(Math.min(...slots))} to ${Math.round(Math.max(...slots))} slots a second`);

  const steady = plans.map((plan) => runCell(plan, runMs));
  const busiest = plans.reduce((a, b) => (a.slots > b.slots ? a : b));
  const engineLost = runCell(busiest, runMs, { ...DEATH, engines: 1 });
  // A third more engines, so that the remaining ones suffice.
  const spread = plans.map((plan) => ({ ...plan, engines: Math.ceil((plan.engines * REGIONS) / (REGIONS - 1)) }));
  const regionLost = spread.map((plan, index) => runCell(plan, runMs, regionStrike(plan, index)));
  const moved = moveTenant({ eventsPerSecond: 2 * 5_000, history: 2 * 5_000 * 3_600 });

  return {
    figures: {
      slotsPerSecond: sum(slots),
      engines,
      enginesThatHearOfAllJobs: sum(asToday.map((plan) => plan.engines)),
      cellsOfOneEventStoreDb: Math.ceil(sum(slots) / (MEASURED.logRate.eventStoreDb * FILLED)),
      ...late('steady', steady),
      ...late('engineLost', [engineLost]),
      engineLostRecoveredMs: engineLost.recoveredMs,
      engineLostOutcomesUnknown: engineLost.unknown,
      enginesForARegionLost: sum(spread.map((plan) => plan.engines)),
      ...late('regionLost', regionLost),
      regionLostRecoveredMs: Math.max(...regionLost.map(({ recoveredMs }) => recoveredMs)),
      regionLostOutcomesUnknown: sum(regionLost.map(({ unknown }) => unknown)),
      ...moved,
    },
    targets: { steadyP99LateMs: { atMost: P99_LATE_MS } },
  };
};

/** Average utilization of a log, with reserve for the drift of a cell and its full seconds. */
const FILLED = 0.7;
/** Required capacity relative to due slots, for catching up. */
const CATCHING_UP = 1.1;
const DEATH: Strike = { atMs: STRUCK_AT_MS, takenOverMs: MEASURED.takenOverMs };

const sum = (all: readonly number[]): number => all.reduce((total, each) => total + each, 0);

const late = (what: string, runs: readonly CellRun[]) => ({
  [`${what}P50LateMs`]: lateBy(runs, 0.5),
  [`${what}P99LateMs`]: lateBy(runs, 0.99),
  [`${what}LongestLateMs`]: lateBy(runs, 1),
});

/** Tenants of very different size, the largest first, each to the cell that has least. Then cells drift. */
const ratesOfCells = (cells: number, total: number): number[] => {
  const random = seededRandom(SEED);
  const weights = Array.from({ length: TENANTS }, (_, index) => 1 / Math.sqrt(index + 1));
  const weight = sum(weights);
  const rates = Array.from({ length: cells }, () => 0);
  for (const each of weights) {
    const least = rates.indexOf(Math.min(...rates));
    rates[least] = (rates[least] ?? 0) + (each / weight) * total;
  }
  const drifted = rates.map((rate) => rate * (1 - DRIFT + 2 * DRIFT * random.fraction()));
  return drifted.map((rate) => (rate * total) / sum(drifted));
};

/**
 * The fewest engines with which 99 % of the executions are less than a second late, and which catch up after one of them is
 * lost; more than 40 if none suffice.
 */
const enough = (plan: Omit<CellPlan, 'engines'>): CellPlan => {
  for (let engines = 1; engines <= MAX_ENGINES; engines++) {
    const planned = { ...plan, engines };
    const catchesUp = capacityOf({ ...planned, engines: engines - 1 }) >= CATCHING_UP * plan.slots;
    if (catchesUp && lateBy([runCell(planned, 10_000)], 0.99) <= P99_LATE_MS) return planned;
  }
  return { ...plan, engines: MAX_ENGINES + 1 };
};

/** A third of the engines of each cell is gone, and of each third cell the leader of the log. */
const regionStrike = ({ engines }: CellPlan, index: number): Strike => ({
  ...DEATH,
  engines: Math.ceil(engines / REGIONS),
  ...(index % REGIONS === 0 && { logAwayMs: MEASURED.electionMs }),
});

/**
 * Copies the history of a tenant while it is active, then what was added, and so on, until the rest takes less than a
 * second: then its jobs are paused, the rest is copied, and the directory names the other cell.
 */
const moveTenant = ({ eventsPerSecond, history }: { eventsPerSecond: number; history: number }) => {
  const rate = MEASURED.copiedEventsPerSecond;
  let copyingSeconds = 0;
  let left = history;
  for (; left > rate; left = (left / rate) * eventsPerSecond) copyingSeconds += left / rate;
  /** How long a cell can use a directory that it has read before. */
  const directorySeconds = 1;
  return { moveCopyingS: copyingSeconds, moveClosedS: left / rate + directorySeconds };
};
