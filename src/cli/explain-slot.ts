import type { HistoryEntry, Occurrence } from '../../packages/client/src/schema.ts';
import { SLOT_REASONS } from '../domain/codes/reasons.ts';
import { wallToInstantMs } from '../domain/schedule/slot-finder.ts';
import type { CommandCall } from './command.ts';
import { endOf } from './execution-end.ts';
import { CheckFailed } from './fail.ts';
import { relative } from './table.ts';
import { VIEWS } from './views.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const SLOT = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:[.]\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?$/;
/** Maximum versions to search for who created, disabled or deleted a job. */
const MAX_VERSIONS = 1_000;

/**
 * `carillon explain`: shows the outcome of a slot, and why; without a slot, the job's state and last and next slots.
 * @throws CheckFailed with the reason if the job has no slot at that instant
 */
export const explainSlot = async (call: CommandCall): Promise<void> => {
  const { subject, nowMs, send, say } = call;
  if (call.options.slot === undefined) return explainJob(call);
  const slotMs = await parseSlot(call);
  const [ofThen] = await listSlots({ fromMs: slotMs - 1, untilMs: slotMs }, call);
  const slot = ofThen ?? (await findMoved(slotMs, call));
  if (slot === undefined) throw new CheckFailed(await explainNoSlot(slotMs, call));
  const { executionId } = slot;
  const execution =
    executionId === undefined ? undefined : (await send('getExecution', { params: [executionId] })).data;
  const moved = slot.dueAt === undefined ? '' : ` (moved to ${shown(Date.parse(slot.dueAt))} by ${calendarsOf(slot)})`;
  const outcome = isDisabled(slot)
    ? `skipped (DISABLED). ${describeChange(disablingAmong(await listVersions(call), slot.definitionVersion), 'disabled')}.`
    : describeOutcome(slot, nowMs);
  const end = execution === undefined ? '' : ` Execution ${execution.id} ${endOf(execution)}`;
  say(`${subject} at ${shown(Date.parse(slot.at))}${moved}: ${outcome}${end}`, slot);
};

/** Slots move by up to this time, and a job whose slots move has few: at most one moves to a day. */
const MAX_MOVED_MS = 31 * DAY_MS;
const MAX_SEARCHED = 10_000;

/** The slot that a calendar moved to this time: lists show that time as the next run. */
const findMoved = async (dueMs: number, { send, list }: CommandCall): Promise<Occurrence | undefined> => {
  // A deleted job moves no slots any more.
  const job = await send('getJob').catch(() => undefined);
  if (job?.data.calendar?.shift === undefined) return undefined;
  for (const fromMs of [dueMs - MAX_MOVED_MS, dueMs]) {
    const query = { from: new Date(fromMs).toISOString(), to: new Date(fromMs + MAX_MOVED_MS).toISOString() };
    const slots: readonly Occurrence[] = await list('listJobOccurrences', { query }, MAX_SEARCHED);
    const found = slots.find(({ dueAt }) => dueAt !== undefined && Date.parse(dueAt) === dueMs);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** Spans in which the last slots of a job are searched, so that a list is short for a slot each second and each day. */
const SPANS_MS = [MINUTE_MS, 60 * MINUTE_MS, DAY_MS, 30 * DAY_MS];
const [MAX_LAST, MAX_NEXT, LARGEST_PAGE] = [5, 3, 500];

/** Shows a job with its last and next slots, the meaning of their reasons, and its last failure. */
const explainJob = async (call: CommandCall): Promise<void> => {
  const { nowMs, options, send, show, say, terminal } = call;
  const { data: job } = await send('getJob');
  let last: readonly Occurrence[] = [];
  for (const spanMs of SPANS_MS) {
    const span = { fromMs: nowMs - spanMs, untilMs: nowMs, limit: LARGEST_PAGE };
    last = (await listSlots(span, call)).slice(-MAX_LAST);
    if (last.length === MAX_LAST) break;
  }
  const next = await listSlots({ fromMs: nowMs, untilMs: nowMs + 31 * DAY_MS, limit: MAX_NEXT }, call);
  const slots = [...last, ...next];
  const query = { jobId: job.id, status: 'failed', limit: 1 };
  const [failure] = (await send('listExecutions', { query })).data;
  if (options.json) return say('', { job, slots, failure });
  terminal.stdout.write(show(job, VIEWS.job, 'fields'));
  if (slots.length > 0) terminal.stdout.write(`\n${show(slots, VIEWS.occurrences, 'rows')}`);
  const reasons = new Set(slots.flatMap(({ reason, expectedReason }) => reason ?? expectedReason ?? []));
  const lines = [...reasons].map((reason) => `${reason}: ${SLOT_REASONS[reason].meaning}`);
  if (failure !== undefined) lines.push(`Last failure: execution ${failure.id} ${endOf(failure)}`);
  if (lines.length > 0) terminal.stdout.write('\n');
  for (const line of lines) say(line);
};

const parseSlot = async ({ options, send }: CommandCall): Promise<number> => {
  const [, date, time, offset] = SLOT.exec(options.slot ?? '') ?? [];
  const givenMs = Date.parse(`${date}T${time}${offset ?? 'Z'}`);
  if (Number.isNaN(givenMs))
    throw new Error(
      "--slot must be an instant, such as 2026-03-29T02:30:00Z. Without the Z, it uses the job's time zone.",
    );
  if (offset !== undefined) return givenMs;
  return wallToInstantMs((await send('getJob')).data.timezone ?? 'UTC', givenMs);
};

type SlotSpan = { readonly fromMs: number; readonly untilMs: number; readonly limit?: number };

/** Lists the first slots of a span, by default one. */
const listSlots = async (
  { fromMs, untilMs, limit = 1 }: SlotSpan,
  { send }: CommandCall,
): Promise<readonly Occurrence[]> => {
  const query = { from: new Date(fromMs).toISOString(), to: new Date(untilMs).toISOString(), limit };
  return (await send('listJobOccurrences', { query })).data;
};

const shown = (ms: number): string => new Date(ms).toISOString().replace(/\.000Z$/, 'Z');

/** The slot of a disabled job, rather than an execution that ended because of that. */
const isDisabled = ({ reason, executionId }: Occurrence): boolean => reason === 'DISABLED' && executionId === undefined;

const calendarsOf = ({ calendars = [] }: Occurrence): string => {
  const [name, ...others] = calendars;
  if (name === undefined) return "the job's calendars";
  return others.length === 0 ? `the calendar ${name}` : `the calendars ${calendars.join(', ')}`;
};

const meaningOf = (slot: Occurrence, reason: NonNullable<Occurrence['reason']>): string => {
  if (reason !== 'CALENDAR') return SLOT_REASONS[reason].meaning;
  if (slot.outcome !== 'skipped') return "A change of the job's calendar moved the slot into the past.";
  return `Excluded by ${calendarsOf(slot)}.`;
};

const describeOutcome = (slot: Occurrence, nowMs: number): string => {
  const { outcome, reason } = slot;
  const why = reason === undefined ? '.' : ` (${reason}). ${meaningOf(slot, reason)}`;
  return outcome === 'due' ? describeDue(slot, nowMs, why) : `${outcome}${why}`;
};

const describeDue = (slot: Occurrence, nowMs: number, why: string): string => {
  const { at: slotAt, dueAt: at = slotAt, reason, expectedReason: cause, expected } = slot;
  const isToCome = Date.parse(at) > nowMs;
  const due = isToCome ? `due ${relative(at, nowMs)}` : `was due ${relative(at, nowMs)}`;
  if (cause !== undefined) {
    return `${due}; will ${expected === 'late' ? 'run late, after the pause' : `be skipped (${cause === 'CALENDAR' ? calendarsOf(slot) : cause})`}.`;
  }
  if (isToCome) return `${due}; will run.`;
  return reason === undefined ? `${due}; outcome not recorded yet.` : `${due}; waiting${why}`;
};

/** Why a job has no slot at an instant: it did not exist, was disabled, or its schedule has no slot then. */
const explainNoSlot = async (slotMs: number, call: CommandCall): Promise<string> => {
  const { subject, nowMs, send } = call;
  const noSlot = `${subject} has no slot at ${shown(slotMs)}`;
  const versions = await listVersions(call);
  const current = versions.find(({ at }) => Date.parse(at) < slotMs);
  const created = versions.at(-1);
  if (current === undefined && created?.version === 1) return `${noSlot}. ${describeChange(created, 'created')}.`;
  if (current?.action === 'deleteJob') return `${noSlot}. ${describeChange(current, 'deleted')}.`;
  const query = slotMs < nowMs ? { asOf: shown(slotMs) } : {};
  const { data: job } = await send('getJob', { query });
  const { startAt, endAt, maxRuns } = job;
  if (startAt !== undefined && slotMs < Date.parse(startAt)) return `${noSlot}. Its schedule starts at ${startAt}.`;
  if (endAt !== undefined && slotMs > Date.parse(endAt)) return `${noSlot}. Its schedule ends at ${endAt}.`;
  if (!job.enabled) {
    return `${noSlot}. ${describeChange(disablingAmong(versions, current?.version), 'disabled')}.`;
  }
  const nearestMs = await findNearest(slotMs, call);
  const nearest =
    nearestMs === undefined ? 'There is none within 24 hours of it' : `The nearest is ${shown(nearestMs)}`;
  return `${noSlot}. ${nearest}${maxRuns === undefined ? '' : `; its maxRuns allows ${maxRuns} runs`}.`;
};

const listVersions = ({ list }: CommandCall): Promise<readonly HistoryEntry[]> =>
  list('getJobHistory', {}, MAX_VERSIONS);

/** The version that disabled the job, at or before a version. */
const disablingAmong = (
  versions: readonly HistoryEntry[],
  version = Number.POSITIVE_INFINITY,
): HistoryEntry | undefined =>
  versions.find(
    (entry) => entry.version <= version && entry.changes.some(({ path, to }) => path === '/enabled' && to === false),
  );

const describeChange = (entry: HistoryEntry | undefined, verb: 'created' | 'disabled' | 'deleted'): string => {
  if (entry === undefined) return `The job was ${verb}`;
  return `${entry.actor} ${verb} the job at ${entry.at}${entry.reason === undefined ? '' : `: ${entry.reason}`}`;
};

/** The nearest slot within a day. */
const findNearest = async (slotMs: number, call: CommandCall): Promise<number | undefined> => {
  const firstIn = async (span: SlotSpan): Promise<number | undefined> => {
    const [first] = await listSlots(span, call);
    return first && Date.parse(first.at);
  };
  const nextMs = await firstIn({ fromMs: slotMs, untilMs: slotMs + DAY_MS });
  const reachMs = nextMs === undefined ? DAY_MS : nextMs - slotMs;
  let beforeMs = await firstIn({ fromMs: slotMs - reachMs, untilMs: slotMs });
  // The list is sorted by time, so bisection finds the last slot before the instant.
  for (let untilMs = slotMs; beforeMs !== undefined && untilMs - beforeMs > 1; ) {
    const middleMs = Math.floor((beforeMs + untilMs) / 2);
    const laterMs = await firstIn({ fromMs: middleMs, untilMs });
    if (laterMs === undefined) untilMs = middleMs;
    else beforeMs = laterMs;
  }
  return beforeMs ?? nextMs;
};
