import { fromTextList, plainArray, textList } from '../../db/text-list.ts';
import type { NewEventRow } from './judge-batch.ts';
import { LOG_CHANNEL } from './wakes.ts';

/** SQL: new events by the parameters $1 to $6, with the `place` of each among them, from 1 on. */
const NEW_EVENTS = `
  unnest(${fromTextList('$1')}, $2::integer[], ${fromTextList('$3')}::uuid[], ${fromTextList('$4')}, ${fromTextList('$5')},
    ${fromTextList('$6')})
    WITH ORDINALITY AS appended (stream, revision, id, type, data, metadata, place)`;

/** The values of these parameters. */
export const newEventValues = (rows: readonly NewEventRow[]) => [
  textList(rows.map(({ stream }) => stream)),
  plainArray(rows.map(({ revision }) => revision)),
  textList(rows.map(({ id }) => id)),
  textList(rows.map(({ type }) => type)),
  textList(rows.map(({ data }) => data)),
  textList(rows.map(({ metadata }) => metadata)),
];

/** SQL that records the new events after a position, at an instant. Both are SQL too. */
export const insertNewEvents = (end: string, recordedAt: string): string => `
  INSERT INTO log_events (position, stream, revision, id, type, data, metadata, recorded_at)
  SELECT ${end} + place, stream, revision, id, type, data, metadata, ${recordedAt} FROM ${NEW_EVENTS}`;

/** SQL that tells the subscriptions of all processes of the log's new end, which is SQL too. */
export const notifyEnd = (end: string): string => `pg_notify('${LOG_CHANNEL}', lpad((${end})::text, 20, '0'))`;
