import type { EventOf, OpenExecution, RunEvent } from '../../../src/domain/events/index.ts';
import { compileSchedule, slots } from '../../../src/domain/schedule/index.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import type { Run } from '../simulate.ts';
import { type JobHistory, jobHistories } from './job-history.ts';
import { pausedInVain } from './paused-in-vain.ts';

/** Where nothing else is open, the next slot of a backfill is called within this time. */
const GRACE_MS = 15_000;

/**
 * Each slot of a backfill is called once, unless it is cancelled first, and the tail carries what is left. Reckons by
 * itself which slots these are; of the product it takes only which instants a schedule has.
 */
export const checkBackfills = ({ events, endedAtMs }: Pick<Run, 'events' | 'endedAtMs'>): string[] =>
  jobHistories(events).flatMap((job) => walk(job, { endedAtMs, isPaused: pausedInVain(events) }));

type Requested = EventOf<'BackfillRequested'>['data'];
type Backfill = { readonly asked: Requested; readonly left: Set<string> };

type Ending = { readonly endedAtMs: number; readonly isPaused: (jobId: number) => boolean };

const walk = ({ jobId, versions, runs }: JobHistory, { endedAtMs, isPaused }: Ending): string[] => {
  const wrong: string[] = [];
  const backfills = new Map<number, Backfill>();
  /** Slots that were called, or are, by anything but a person's own wish. */
  const called = new Set<string>();
  const succeeded = new Set<string>();
  /** Slots that the schedule has left to backfills, unless these take every slot. */
  const handedOver = new Set<string>();

  const request = ({ data }: RecordedEvent<EventOf<'BackfillRequested'>>, say: (what: string) => void): void => {
    const left = new Set(slotsOf(data));
    backfills.set(data.backfillId, { asked: data, left });
    if (left.size !== data.total) say(`says ${data.total} slots, and has ${left.size}`);
    for (const slot of left) {
      if (slot <= data.from || slot > data.to) say(`takes ${slot}, which is not in its span`);
      if (data.reprocess === 'none' && called.has(slot)) say(`takes ${slot}, which was called`);
      if (data.reprocess === 'all') continue;
      if (succeeded.has(slot)) say(`takes ${slot}, which succeeded`);
      handedOver.add(slot);
    }
  };

  const start = ({ data }: RecordedEvent<EventOf<'ExecutionStarted'>>, say: (what: string) => void): void => {
    const { backfillId, scheduledAt, attempt, tail, trigger } = data;
    if (attempt > 1 || trigger === 'manual') return;
    called.add(scheduledAt);
    if (trigger === 'schedule' && handedOver.has(scheduledAt)) say(`calls ${scheduledAt} beside a backfill`);
    if (backfillId === undefined) return;
    const { asked: requested, left } = backfills.get(backfillId) ?? {};
    if (!left?.delete(scheduledAt)) say(`calls ${scheduledAt}, which its backfill has not left`);
    const open = tail.open.filter((each) => each.backfillId === backfillId).length;
    if (open > (requested?.parallel ?? 0)) say(`is one of ${open} of its backfill`);
  };

  const take = (event: RecordedEvent<RunEvent>, say: (what: string) => void): void => {
    if (event.type === 'BackfillRequested') request(event, say);
    if (event.type === 'ExecutionStarted') start(event, say);
    if (event.type === 'ExecutionSucceeded' && event.data.trigger !== 'manual') succeeded.add(event.data.scheduledAt);
    if (event.type === 'ExecutionCancelled' && event.data.startedAt === undefined)
      called.delete(event.data.scheduledAt);
    if (event.type === 'BackfillCancelled') {
      const left = backfills.get(event.data.backfillId)?.left;
      if (left?.size !== event.data.count) say(`cancels ${event.data.count} slots, and ${left?.size} were left`);
      left?.clear();
    }
  };

  for (const event of runs) {
    const say = (what: string) => wrong.push(`${event.type} at ${event.stream}/${event.revision} ${what}`);
    take(event, say);
    const kept = (event.data.tail.backfills ?? []).map(
      ({ backfillId, ...chosen }) => `${backfillId}: ${listOf(chosen)}`,
    );
    const due = [...backfills].flatMap(([id, { left }]) => (left.size > 0 ? [`${id}: ${[...left].join()}`] : []));
    if (kept.join() !== due.join()) say(`keeps ${kept.join()} for backfills, and ${due.join()} is left`);
  }

  const last = runs.at(-1);
  const left = [...backfills].filter(([, { left }]) => left.size > 0);
  // The log's clock may have been set back: what was settled last says how far the common time had come.
  const lastMs = last === undefined ? 0 : Math.max(last.recordedAt, Date.parse(last.data.tail.cursor));
  const rests = last !== undefined && endedAtMs - lastMs > GRACE_MS && !last.data.tail.open.some(isUnderWay);
  // Live slots go first, and may take all that a limit leaves room for.
  const isLimited = [...versions.values()].some(({ definition }) => definition.limit !== undefined);
  if (rests && !isLimited && !isPaused(jobId) && left.length > 0)
    wrong.push(`job ${jobId}: nobody calls what is left of backfill ${left[0]?.[0]}`);
  return wrong;
};

const isUnderWay = ({ retryAt, state }: OpenExecution): boolean => state !== 'pending' || retryAt !== undefined;

type Chosen = NonNullable<Requested['slots']>;

const slotsOf = ({ slots }: Requested): string[] => (slots === undefined ? [] : listOf(slots));

const listOf = ({ schedule, after, until, bits }: Chosen): string[] => {
  const bytes = bits === undefined ? undefined : Buffer.from(bits, 'base64');
  const found: string[] = [];
  let index = 0;
  for (const slotMs of slots(compileSchedule(schedule), Date.parse(after))) {
    if (slotMs > Date.parse(until)) break;
    const isChosen = bytes === undefined || (((bytes[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
    if (isChosen) found.push(new Date(slotMs).toISOString());
    index += 1;
  }
  return found;
};
