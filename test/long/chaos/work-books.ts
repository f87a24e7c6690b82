import type { EventOf } from '../../../src/domain/events/index.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import { attemptOf } from '../../simulation/books/attempt-of.ts';
import type { Effect, SeenBeat } from './torture-workers.ts';

type Worked = {
  readonly events: readonly RecordedEvent[];
  readonly effects: readonly Effect[];
  readonly beats: readonly SeenBeat[];
};

/**
 * Each attempt at work is taken by one worker, which alone does it, and once. The log tells of its end what the worker did.
 * No worker loses work within a lease of its last heartbeat.
 */
export const workAmiss = (worked: Worked): string[] => [
  ...takesAmiss(worked),
  ...endsAmiss(worked),
  ...lostTooSoon(worked),
];

const takesOf = (events: readonly RecordedEvent[]) =>
  events.flatMap(({ type, data }) => (type === 'WorkTaken' ? [data] : []));

/** A worker's name contains the id of its process. */
const isOf = ({ worker }: EventOf<'WorkTaken'>['data'], { pid }: Effect): boolean => worker.includes(`-${pid}-`);

const takesAmiss = ({ events, effects }: Worked): string[] => {
  const takes = new Map<string, EventOf<'WorkTaken'>['data']>();
  const begun = new Set<string>();
  const wrong: string[] = [];
  for (const take of takesOf(events)) {
    const name = attemptOf(take);
    if (takes.has(name)) wrong.push(`${name}, was taken by ${takes.get(name)?.worker} and ${take.worker}`);
    takes.set(name, take);
  }
  for (const effect of effects) {
    const name = attemptOf(effect);
    const take = takes.get(name);
    if (take === undefined || !isOf(take, effect))
      wrong.push(`${name}, was done by process ${effect.pid}, and ${take?.worker ?? 'nobody'} has it`);
    if (effect.what === 'begun' && begun.has(name)) wrong.push(`${name}, was begun twice`);
    begun.add(name);
  }
  return wrong;
};

/** What its worker did is how an attempt ended that has not ended otherwise. */
const endsAmiss = ({ events, effects }: Worked): string[] => {
  const taken = new Set(takesOf(events).map(attemptOf));
  const done = new Set(effects.map((effect) => `${attemptOf(effect)}, ${effect.what}`));
  return events.flatMap(({ type, data }) => {
    const isFailed =
      (type === 'ExecutionFailed' || type === 'ExecutionAttemptFailed') && data.error.code === 'REPORTED_FAILED';
    if (type !== 'ExecutionSucceeded' && !isFailed) return [];
    const name = attemptOf(data);
    const what = isFailed ? 'failed' : 'succeeded';
    return !taken.has(name) || done.has(`${name}, ${what}`) ? [] : [`${name}, ended as ${what}, and no worker ${what}`];
  });
};

const lostTooSoon = ({ events, beats }: Worked): string[] => {
  const beatsOf = Map.groupBy(beats, ({ tokenHash }) => tokenHash);
  const takes = new Map(takesOf(events).map((take) => [attemptOf(take), take]));
  const leases = new Map<string, number>();
  return events.flatMap(({ type, data }) => {
    if (type === 'WorkOffered') leases.set(attemptOf(data), data.leaseMs);
    const isLost = (type === 'ExecutionFailed' || type === 'ExecutionAttemptFailed') && data.error.code === 'WORK_LOST';
    if (!isLost) return [];
    const name = attemptOf(data);
    const take = takes.get(name);
    if (take === undefined) return [`${name}, is lost, and nobody took it`];
    const lostMs = Date.parse(data.finishedAt);
    const heard = (beatsOf.get(take.tokenHash) ?? []).map(({ beatenMs }) => beatenMs).filter((ms) => ms < lostMs);
    const silentMs = lostMs - Math.max(Date.parse(take.takenAt), ...heard);
    return silentMs < (leases.get(name) ?? 0) ? [`${name}, is lost ${silentMs} ms after a heartbeat`] : [];
  });
};
