import type { EventOf, RunEvent } from '../../../src/domain/events/index.ts';
import { slots } from '../../../src/domain/schedule/index.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import type { Run } from '../simulate.ts';
import { type Closure, pausesOf } from './closures.ts';
import { mostHeardMs } from './heard.ts';
import { type JobHistory, jobHistories, type Version } from './job-history.ts';

/**
 * Of the slots that came due in a pause, those are called after it that it says: none, the last one or each; and those are
 * called before the others are forgotten. Looks at pauses that stand alone, and at jobs that nobody changed meanwhile.
 */
export const checkCatchUps = (run: Run): string[] => {
  const pauses = pausesOf(run);
  return jobHistories(run.events).flatMap((job) => {
    const spans = stays(job, run.endedAtMs);
    return pauses.flatMap((pause) => {
      const stay = spans.find(({ fromMs, untilMs }) => fromMs < pause.fromMs && pause.untilMs < untilMs);
      if (stay === undefined || !pause.binds(stay.version.definition)) return [];
      return isAlone(run, pause, { pauses, version: stay.version }) ? checkPause(run, pause, { job, stay }) : [];
    });
  });
};

/** A time in which one definition of a job was in force. */
type Stay = { readonly version: Version; readonly fromMs: number; readonly untilMs: number };

const stays = ({ versions, runs }: JobHistory, endedAtMs: number): Stay[] => {
  const taken = runs.filter((event) => event.type === 'DefinitionActivated');
  return taken.flatMap(({ recordedAt, data }, place) => {
    const version = versions.get(data.jobRevision);
    const untilMs = taken[place + 1]?.recordedAt ?? endedAtMs;
    return version === undefined ? [] : [{ version, fromMs: recordedAt, untilMs }];
  });
};

/** Whether every engine knew when the pause began and ended, and nothing else kept the job from being called around it. */
const isAlone = (
  run: Run,
  pause: Closure,
  { pauses, version: { definition } }: { readonly pauses: readonly Closure[]; readonly version: Version },
): boolean => {
  const heardMs = mostHeardMs(run.plan);
  const isNear = ({ fromMs, untilMs }: Closure): boolean =>
    fromMs <= pause.untilMs + heardMs && untilMs >= pause.fromMs - heardMs;
  return (
    definition.calendar === undefined &&
    definition.misfireLimit === undefined &&
    !pauses.some((other) => other !== pause && other.binds(definition) && isNear(other))
  );
};

type OfJob = { readonly job: JobHistory; readonly stay: Stay };

/** An engine may not have heard by then that the pause was set, or lifted. */
const isUnheard = ({ plan, epochMs }: Run, { fromMs, undoneMs }: Closure, recordedAt: number): boolean => {
  const sinceMs = recordedAt - mostHeardMs(plan);
  return sinceMs <= fromMs || (undoneMs < Number.POSITIVE_INFINITY && sinceMs - epochMs <= undoneMs);
};

const checkPause = (run: Run, pause: Closure, { job, stay }: OfJob): string[] => {
  const { jobId, runs } = job;
  const { catchUp = 'skip', fromMs, untilMs, what } = pause;
  const name = `job ${jobId}, ${what} that catches up with ${catchUp === 'skip' ? 'none' : catchUp}`;
  const inPause = slotsIn(stay, { fromMs, untilMs });
  const called = inPause.filter((slotMs) => runs.some((event) => isCaughtUp(event, slotMs)));
  const wrong: string[] = [];
  const [most, last] = [catchUp === 'skip' ? 0 : catchUp === 'last' ? 1 : inPause.length, inPause.at(-1)];
  // An engine that had not heard of the pause yet may have kept what came due right after it began.
  const sure = called.filter((slotMs) => slotMs > fromMs + mostHeardMs(run.plan));
  if (sure.length > most) wrong.push(`${name}: ${sure.length} slots are called afterwards`);
  if (catchUp === 'last' && sure.some((slotMs) => slotMs !== last)) wrong.push(`${name}: it is not the last one`);
  const wanted = catchUp === 'skip' || last === undefined ? [] : catchUp === 'last' ? [last] : inPause;
  for (const slotMs of wanted) {
    // What is left by a newer definition is not called any more.
    const skipped = runs.find((event) => event.recordedAt < stay.untilMs && isPassedOver(event, slotMs));
    if (skipped === undefined || isUnheard(run, pause, skipped.recordedAt)) continue;
    wrong.push(`${name}: ${new Date(slotMs).toISOString()} is passed over by ${skipped.stream}/${skipped.revision}`);
  }
  return wrong;
};

const slotsIn = ({ version }: Stay, { fromMs, untilMs }: Pick<Closure, 'fromMs' | 'untilMs'>): number[] => {
  const found: number[] = [];
  for (const slotMs of version.slots === undefined ? [] : slots(version.slots, fromMs - 1)) {
    if (slotMs >= untilMs) break;
    found.push(slotMs);
  }
  return found;
};

const isCaughtUp = (event: RecordedEvent<RunEvent>, slotMs: number): boolean => {
  if (event.type !== 'ExecutionStarted' || event.data.attempt !== 1) return false;
  const { executionId, scheduledAt, tail } = event.data;
  return (
    Date.parse(scheduledAt) === slotMs && tail.open.some((open) => open.executionId === executionId && open.catchUp)
  );
};

type Range = EventOf<'OccurrencesSkipped'>['data'];

/** Whether a slot is skipped as if the pause had said so, or for what was open when it came due. */
const isPassedOver = ({ type, data }: RecordedEvent<RunEvent>, slotMs: number): boolean => {
  if (type !== 'OccurrencesSkipped') return false;
  const { first, last, reason }: Range = data;
  return (reason === 'PAUSED' || reason === 'OVERLAP') && Date.parse(first) <= slotMs && slotMs <= Date.parse(last);
};
