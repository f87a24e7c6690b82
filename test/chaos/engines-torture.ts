import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedEvent } from '../../src/event-store/port.ts';
import type { Random } from '../../src/world.ts';
import { executionsAmiss } from '../simulation/books/executions.ts';
import { checkLedger } from '../simulation/books/ledger.ts';
import { eventsOf } from '../support/service-log.ts';
import { seededRandom } from '../support/world.ts';
import { type Counted, type CountingTarget, startCountingTarget } from './counting-target.ts';
import { type Installation, type LogKind, type StruckEngine, startInstallation } from './struck-engines.ts';

export const STRIKES = [
  'kill an engine',
  'freeze an engine',
  'silence Postgres',
  'stop Postgres',
  'crash Postgres',
  'cut an engine off',
  'restart an engine',
] as const;
export type Strike = (typeof STRIKES)[number] | 'silence the log';

export type EnginesTally = {
  readonly seed: number;
  readonly strikes: Readonly<Partial<Record<Strike, number>>>;
  readonly jobs: number;
  readonly calls: number;
  /** Slots that no engine called in time, whatever the log says of them. */
  readonly missed: number;
  /** Of these, slots within restarts of an engine in order: there should be none. */
  readonly missedInRestarts: number;
  /** Calls that were made a second time, and slots that were called twice. */
  readonly doubled: number;
  /** What the log does not explain: slots, executions and calls. */
  readonly unexplained: number;
  /** Jobs without a new call within 15 s of the end of a strike, and processes that did not stop in order. */
  readonly stuck: number;
  readonly wrong: readonly string[];
};

export type TortureOptions = {
  readonly log: LogKind;
  readonly minutes: number;
  readonly seed: number;
  /** Told before each strike. */
  readonly say: (what: string) => void;
};

const PATTERNS = ['* * * * * *', '* * * * * *', '* * * * * *', '*/2 * * * * *', '*/5 * * * * *'];
const JOBS = 20;
const PROGRESS_MS = 15_000;
const SECOND_MS = 1_000;

type Struck = { readonly random: Random; readonly installation: Installation };

/** Strikes at engines, Postgres and the log for so long, then balances the books. */
export const tortureEngines = async ({ log, minutes, seed, say }: TortureOptions): Promise<EnginesTally> => {
  const random = seededRandom(seed);
  const target = await startCountingTarget(seededRandom(seed + 1));
  const installation = await startInstallation(log);
  const strikes: Partial<Record<Strike, number>> = {};
  const restarts: { readonly fromMs: number; readonly toMs: number }[] = [];
  const wrong: string[] = [];
  try {
    const jobIds = await makeJobs(installation, target);
    const stuck = [...(await withoutProgress(target, jobIds)).map((jobId) => `job ${jobId} never began`)];
    const endMs = performance.now() + minutes * 60_000;
    for (const strike of planned(log, random)) {
      if (performance.now() >= endMs) break;
      const fromMs = Date.now();
      const what = await STRIKE[strike]({ random, installation }, (words) => say(`${strike}: ${words}`));
      strikes[strike] = (strikes[strike] ?? 0) + 1;
      const late = await withoutProgress(target, jobIds);
      for (const jobId of late) stuck.push(`job ${jobId} was not called within 15 s after: ${strike} ${what}`);
      if (strike === 'restart an engine') restarts.push({ fromMs, toMs: Date.now() });
    }
    for (const jobId of jobIds) await disable(installation, jobId);
    const endedAtMs = Date.now();
    await sleep(5 * SECOND_MS);
    stuck.push(...(await installation.end()));
    const events = await eventsOf(installation.log);
    const doubled = calledTwice(target.calls);
    const unexplained = [
      ...checkLedger({ events, endedAtMs }),
      ...executionsAmiss(events, { graceMs: 0, endedAtMs }),
      ...unclaimed(events, target.calls),
    ];
    wrong.push(...stuck, ...doubled, ...unexplained);
    return {
      seed,
      strikes,
      jobs: JOBS,
      calls: target.calls.length,
      missed: missedIn(events, [{ fromMs: 0, toMs: endedAtMs }]),
      missedInRestarts: missedIn(events, restarts),
      doubled: doubled.length,
      unexplained: unexplained.length,
      stuck: stuck.length,
      wrong,
    };
  } finally {
    await installation.clear();
    await target.close();
  }
};

/** Each kind of strike once in a while, in an order of the seed's. */
function* planned(log: LogKind, random: Random): Generator<Strike> {
  const kinds: Strike[] = log === 'eventstoredb' ? [...STRIKES, 'silence the log'] : [...STRIKES];
  for (;;) {
    const left = [...kinds];
    while (left.length > 0) yield* left.splice(Math.floor(random.fraction() * left.length), 1);
  }
}

const between = (random: Random, lowS: number, highS: number): number =>
  Math.round((lowS + random.fraction() * (highS - lowS)) * SECOND_MS);
const seconds = (ms: number): string => `${(ms / SECOND_MS).toFixed(1)} s`;

const oneOf = ({ random, installation }: Struck): StruckEngine => {
  const engine = installation.engines[Math.floor(random.fraction() * installation.engines.length)];
  if (engine === undefined) throw new Error('there is no engine');
  return engine;
};

type Run = (struck: Struck, say: (words: string) => void) => Promise<string>;

/** Cuts ways for a while. */
const cutting =
  (waysOf: (struck: Struck) => Installation['ways']['postgres'], most: readonly [number, number]): Run =>
  async (struck, say) => {
    const forMs = between(struck.random, ...most);
    say(seconds(forMs));
    const ways = waysOf(struck);
    for (const way of ways) way.cut();
    await sleep(forMs);
    for (const way of ways) way.mend();
    return seconds(forMs);
  };

const restarting =
  (how: 'in order' | 'at once'): Run =>
  async ({ random, installation }, say) => {
    const downMs = between(random, 1, 20);
    say(seconds(downMs));
    await installation.restartPostgres(how, downMs);
    return seconds(downMs);
  };

const STRIKE: Readonly<Record<Strike, Run>> = {
  'kill an engine': async (struck, say) => {
    const engine = oneOf(struck);
    const downMs = between(struck.random, 0, 15);
    say(`${engine.name}, away for ${seconds(downMs)}`);
    await engine.service.end('SIGKILL');
    await sleep(downMs);
    await struck.installation.startAgain(engine);
    return engine.name;
  },
  'freeze an engine': async (struck, say) => {
    const engine = oneOf(struck);
    const forMs = between(struck.random, 2, 25);
    say(`${engine.name} for ${seconds(forMs)}`);
    engine.service.freeze();
    await sleep(forMs);
    engine.service.thaw();
    return `${engine.name} for ${seconds(forMs)}`;
  },
  'silence Postgres': cutting(({ installation }) => installation.ways.postgres, [5, 60]),
  'silence the log': cutting(({ installation }) => installation.ways.log, [5, 60]),
  'cut an engine off': cutting((struck) => oneOf(struck).ways, [5, 40]),
  'stop Postgres': restarting('in order'),
  'crash Postgres': restarting('at once'),
  'restart an engine': async (struck, say) => {
    const engine = oneOf(struck);
    say(engine.name);
    const code = await engine.service.end('SIGTERM');
    if (code !== 0) throw new Error(`${engine.name} ended with ${code}`);
    await struck.installation.startAgain(engine);
    return engine.name;
  },
};

const makeJobs = async ({ api }: Installation, { origin }: CountingTarget): Promise<number[]> => {
  const { body: application } = await api.post('/applications', { name: 'torture' });
  const jobIds: number[] = [];
  for (let index = 0; index < JOBS; index++) {
    const { status, body } = await api.post('/jobs', {
      applicationId: application.id,
      name: `job ${index}`,
      pattern: PATTERNS[index % PATTERNS.length],
      taskType: 'HttpInvokerTask',
      taskConfig: { url: `${origin}/${index}`, method: 'POST' },
    });
    if (status !== 201) throw new Error(`a job could not be made: ${JSON.stringify(body)}`);
    jobIds.push(body.id);
  }
  return jobIds;
};

const disable = async ({ api }: Installation, jobId: number): Promise<void> => {
  const { status, body } = await api.post(`/jobs/${jobId}/disable`);
  if (status !== 200) throw new Error(`job ${jobId} could not be disabled: ${JSON.stringify(body)}`);
};

/** The jobs of which no slot that is due from now on was called within 15 s. */
const withoutProgress = async (target: CountingTarget, jobIds: readonly number[]): Promise<number[]> => {
  const sinceMs = Date.now();
  const left = new Set(jobIds);
  const late = sleep(PROGRESS_MS, 'late' as const);
  for (let seen = target.calls.length; left.size > 0; ) {
    const next = await Promise.race([target.next(), late]);
    for (const { jobId, slotMs } of target.calls.slice(seen)) if (slotMs >= sinceMs) left.delete(jobId);
    seen = target.calls.length;
    if (next === 'late') break;
  }
  return [...left];
};

const calledTwice = (calls: readonly Counted[]): string[] => {
  const attempts = new Set<string>();
  const slots = new Map<string, number>();
  const wrong: string[] = [];
  for (const { jobId, executionId, attempt, trigger, slotMs } of calls) {
    const call = `execution ${executionId}, attempt ${attempt}`;
    if (attempts.has(call)) wrong.push(`${call} of job ${jobId} was called twice`);
    attempts.add(call);
    const slot = `the slot ${new Date(slotMs).toISOString()} of job ${jobId}`;
    const first = slots.get(slot) ?? executionId;
    if (trigger === 'schedule' && first !== executionId)
      wrong.push(`${slot} was called as ${first} and ${executionId}`);
    slots.set(slot, first);
  }
  return wrong;
};

/** Calls without a claim in the log, and executions that succeeded without a call. */
const unclaimed = (events: readonly RecordedEvent[], calls: readonly Counted[]): string[] => {
  const claimed = new Set<number>();
  const succeeded = new Set<number>();
  for (const { type, data } of events) {
    if (type === 'ExecutionStarted') claimed.add(data.executionId);
    if (type === 'ExecutionSucceeded') succeeded.add(data.executionId);
  }
  const called = new Set(calls.map(({ executionId }) => executionId));
  return [
    ...[...called].filter((id) => !claimed.has(id)).map((id) => `execution ${id} was called without a claim`),
    ...[...succeeded].filter((id) => !called.has(id)).map((id) => `execution ${id} succeeded without a call`),
  ];
};

type Span = { readonly fromMs: number; readonly toMs: number };

/**
 * Counts the slots of ranges that lie within a span. A range that outlasts its span is of the next strike: by the end of
 * a span each job was called for a slot after the strike, and the claim of that slot settled all slots before it.
 */
const missedIn = (events: readonly RecordedEvent[], spans: readonly Span[]): number =>
  events
    .flatMap(({ type, data }) => (type === 'OccurrencesMissed' ? [data] : []))
    .filter(({ first, last }) =>
      spans.some(({ fromMs, toMs }) => Date.parse(first) >= fromMs && Date.parse(last) <= toMs),
    )
    .reduce((sum, { count = 0 }) => sum + count, 0);
