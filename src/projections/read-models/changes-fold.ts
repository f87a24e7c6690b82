import { isRunEvent } from '../../domain/events/families.ts';
import { actorName } from '../../domain/events/index.ts';
import { type Change, type ChangedObject, changeOf, isChangeEvent } from '../../domain/history/change-of.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { type Expiries, foldExpiries } from './expiry-fold.ts';

/** A change, and who made it when, why and by which request. */
export type ChangeRow = Change & {
  readonly position: string;
  /** The revision of its event: the changes of one object are in one stream. */
  readonly revision: number;
  readonly atMs: number;
  readonly actor: string;
  /** Of a user whose name does not say it. */
  readonly sub: string | undefined;
  readonly reason: string | undefined;
  readonly requestId: string;
  /** Of an event of a stream of runs: whose. */
  readonly runsOfJob: number | undefined;
};

export type ChangeChanges = { readonly rows: ChangeRow[]; readonly expiries: Expiries };

/** Folds events into changes. It goes on with what is held, where that is given. */
export const foldChanges = (events: readonly RecordedEvent[], held?: ChangeChanges): ChangeChanges | undefined => {
  const rows = held?.rows ?? [];
  for (const event of events) {
    if (!isChangeEvent(event)) continue;
    const { actor, reason, correlationId: requestId } = event.metadata;
    const change = changeOf(event, actor);
    if (change === undefined) continue;
    const { position, revision, recordedAt: atMs } = event;
    const runsOfJob = isRunEvent(event) ? event.data.jobId : undefined;
    const who = { actor: actorName(actor), sub: actor.sub };
    rows.push({ ...change, position, revision, atMs, ...who, reason, requestId, runsOfJob });
  }
  const expiries = foldExpiries(events, held?.expiries);
  return rows.length + expiries.size === 0 ? undefined : { rows, expiries };
};

/** What tells one object of a kind from the others of its tenant. */
export const keyOf = ({ kind, id, name, applicationId }: ChangedObject): string => {
  if (id !== undefined) return String(id);
  return kind === 'calendar' || kind === 'alertRule' ? (name ?? '') : `${applicationId}/${name}`;
};
