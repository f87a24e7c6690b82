import { z } from 'zod';
import { isRunEvent } from '../../domain/events/families.ts';
import { actorName } from '../../domain/events/index.ts';
import { type ChangedObject, changeOf, isChangeEvent } from '../../domain/history/change-of.ts';
import { toInstant } from '../../domain/values.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { bigint, instant, integer, json, type RecordChange, record, sortedText, text } from '../record.ts';
import { type Expiries, foldExpiries } from './expiry-fold.ts';

/** A change, and who made it when, why and by which request. */
export const changeRecord = record(
  'change',
  {
    position: sortedText(),
    /** The revision of its event: the changes of one object are in one stream. */
    revision: integer(),
    tenant: text(),
    at: instant(),
    actor: text(),
    /** Of a user whose name does not say it. */
    sub: text().optional(),
    action: text(),
    kind: text(),
    /** The id, or the name within its tenant or application. */
    key: text(),
    objectId: bigint().optional(),
    objectName: text().optional(),
    applicationId: bigint().optional(),
    fields: json(z.record(z.string(), z.unknown())).optional(),
    reason: text().optional(),
    requestId: text(),
    /** Of an event in a stream of runs: whose. Such a change expires with its event. */
    runsOfJob: bigint().optional(),
  },
  { key: ['position'] },
);

export type ChangeChanges = { readonly rows: RecordChange<typeof changeRecord>[]; readonly expiries: Expiries };

/** Folds events into changes. It goes on with what is held, where that is given. */
export const foldChanges = (events: readonly RecordedEvent[], held?: ChangeChanges): ChangeChanges | undefined => {
  const rows = held?.rows ?? [];
  for (const event of events) {
    if (!isChangeEvent(event)) continue;
    const { actor, reason, correlationId: requestId } = event.metadata;
    const change = changeOf(event, actor);
    if (change === undefined) continue;
    const { tenant, action, of, fields } = change;
    rows.push({
      position: event.position,
      revision: event.revision,
      tenant,
      at: toInstant(event.recordedAt),
      actor: actorName(actor),
      sub: actor.sub,
      action,
      kind: of.kind,
      key: keyOf(of),
      objectId: of.id,
      objectName: of.name,
      applicationId: of.applicationId,
      fields,
      reason,
      requestId,
      runsOfJob: isRunEvent(event) ? event.data.jobId : undefined,
    });
  }
  const expiries = foldExpiries(events, held?.expiries);
  return rows.length + expiries.size === 0 ? undefined : { rows, expiries };
};

/** What distinguishes one object of a kind from the others of its tenant. */
export const keyOf = ({ kind, id, name, applicationId }: ChangedObject): string => {
  if (id !== undefined) return String(id);
  return kind === 'calendar' || kind === 'alertRule' ? (name ?? '') : `${applicationId}/${name}`;
};
