import { isRecord } from '../domain/defined.ts';
import { ACTOR_TYPES, type Actor, actorName } from '../domain/events/index.ts';
import { isInstantMs, toInstant } from '../domain/values.ts';

/**
 * The rows of an export: one per event, with plain columns before its canonical form. All columns but the place follow from
 * the event, so a reader can rebuild and compare the row.
 */

/** Location of an event in its tenant's tree and in the log. */
export type RowLeaf = { readonly n: number; readonly position: string };
export type RowPlace = RowLeaf & {
  readonly stream: string;
  readonly revision: number;
};

export const ROW_KINDS = ['change', 'execution', 'slots'] as const;
export type RowKind = (typeof ROW_KINDS)[number];

const PLACE_COLUMNS = ['n', 'position', 'stream', 'revision'] as const;
/** The columns between a row's place and its event. Missing values are absent, or empty in CSV. */
const SAID_COLUMNS = [
  'kind',
  'type',
  'at',
  'actor',
  'reason',
  'requestId',
  'applicationId',
  'jobId',
  'executionId',
  'attempt',
  'trigger',
  'status',
  'scheduledAt',
  'until',
  'finishedAt',
  'errorCode',
  'outcome',
  'outcomeReason',
  'slots',
] as const;
type Said = Readonly<Partial<Record<(typeof SAID_COLUMNS)[number], unknown>>> & { readonly kind: RowKind };

export const EXPORT_FORMATS = ['ndjson', 'csv'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const CSV_HEADER = [...PLACE_COLUMNS, ...SAID_COLUMNS, 'event'].join(',');

export class RowUnreadable extends Error {
  override readonly name = 'RowUnreadable';
}

/**
 * Formats a row as one line without line break.
 * @param content the canonical form of the event
 * @throws RowUnreadable
 */
export const rowOf = (place: RowPlace, content: string, format: ExportFormat): { line: string; kind: RowKind } => {
  const said = saidBy(content);
  return { line: format === 'csv' ? csvLine(place, said, content) : jsonLine(place, said, content), kind: said.kind };
};

/**
 * Formats the row of an expired event, represented by its hash, as one line without line break.
 * @param hash hexadecimal
 */
export const expiredRow = ({ n, position }: RowLeaf, hash: string, format: ExportFormat): string =>
  format === 'csv'
    ? [n, position, '', '', EXPIRED, ...SAID_COLUMNS.slice(1).map(() => ''), hash].join(',')
    : `{"n":${n},"position":"${position}","${EXPIRED}":"${hash}"}`;

/** Parses such a line; `undefined` if it is none. */
export const readExpiredRow = (
  line: string,
  format: ExportFormat,
): { readonly place: RowLeaf; readonly hash: string } | undefined => {
  const [, n, position, hash] = (format === 'csv' ? CSV_EXPIRED : JSON_EXPIRED).exec(line) ?? [];
  if (position === undefined || hash === undefined) return undefined;
  const place = { n: Number(n), position };
  return expiredRow(place, hash, format) === line ? { place, hash } : undefined;
};

const EXPIRED = 'expired';
const JSON_EXPIRED = /^\{"n":(\d{1,16}),"position":"(\d{20})","expired":"([0-9a-f]{64})"\}$/;
const CSV_EXPIRED = /^(\d{1,16}),(\d{20}),,,expired,+([0-9a-f]{64})$/;

const jsonLine = ({ n, position, stream, revision }: RowPlace, said: Said, content: string): string => {
  let line = `{"n":${n},"position":"${position}","stream":${JSON.stringify(stream)},"revision":${revision}`;
  for (const [column, begin] of JSON_COLUMNS) {
    const value = said[column];
    if (isTold(value)) line += begin + jsonText(value);
  }
  return `${line},"event":${content}}`;
};

const JSON_COLUMNS = SAID_COLUMNS.map((column) => [column, `,"${column}":`] as const);
const PLAIN = /^[ !#-[\]-~]*$/;

/** Like `JSON.stringify`, but faster if nothing has to be escaped. */
const jsonText = (value: string | number): string => {
  if (typeof value === 'string') return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
  return Number.isSafeInteger(value) ? `${value}` : JSON.stringify(value);
};

const csvLine = ({ n, position, stream, revision }: RowPlace, said: Said, content: string): string =>
  [n, position, stream, revision, ...SAID_COLUMNS.map((column) => said[column])].map(csvCell).join(',') +
  `,${quoted(content)}`;

/** A cell has one line and does not begin like a formula, which spreadsheets would compute. */
const csvCell = (value: unknown): string => {
  if (!isTold(value)) return '';
  const text = String(value).replaceAll(/[\r\n\u2028\u2029]+/g, ' ');
  const plain = /^[=+\-@\t]/.test(text) && typeof value === 'string' ? `'${text}` : text;
  return /[",]/.test(plain) ? quoted(plain) : plain;
};
const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

const isTold = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';

const PLACE = /^\{"n":(\d{1,16}),"position":"(\d{20})","stream":"([\w.-]+)","revision":(\d{1,10}),/;
const CSV_PLACE = /^(\d{1,16}),(\d{20}),([\w.-]+),(\d{1,10}),/;
const EVENT = ',"event":';
/** Quotes are doubled in a cell: a single quote begins one. */
const CSV_EVENT = ',"{""id"":';

/** Parses the place and the event of a line; `undefined` if it is no row. */
export const readRow = (
  line: string,
  format: ExportFormat,
): { readonly place: RowPlace; readonly content: string } | undefined => {
  const [, n, position, stream, revision] = (format === 'csv' ? CSV_PLACE : PLACE).exec(line) ?? [];
  const at = line.indexOf(format === 'csv' ? CSV_EVENT : EVENT);
  if (position === undefined || stream === undefined || at < 0) return undefined;
  const content = format === 'csv' ? line.slice(at + 2, -1).replaceAll('""', '"') : line.slice(at + EVENT.length, -1);
  return { place: { n: Number(n), position, stream, revision: Number(revision) }, content };
};

const STATUSES: ReadonlyMap<string, string> = new Map([
  ['ExecutionRequested', 'pending'],
  ['ExecutionStarted', 'running'],
  ['CallAccepted', 'running'],
  ['WorkOffered', 'pending'],
  ['WorkTaken', 'running'],
  ['HeartbeatReceived', 'running'],
  ['CancelRequested', 'running'],
  ['ExecutionAttemptFailed', 'pending'],
  ['ExecutionSucceeded', 'succeeded'],
  ['ExecutionFailed', 'failed'],
  ['ExecutionCancelled', 'cancelled'],
]);
const UNCALLED: ReadonlyMap<string, string> = new Map([
  ['OccurrencesSkipped', 'skipped'],
  ['OccurrencesMissed', 'missed'],
]);

const saidBy = (content: string): Said => {
  const { type, metadata, data } = read(content);
  const status = STATUSES.get(type);
  const notCalled = UNCALLED.get(type);
  return {
    kind:
      status !== undefined || type === 'HookAttempted' || type === 'ExecutionsExpired'
        ? 'execution'
        : notCalled !== undefined || type === 'DefinitionActivated'
          ? 'slots'
          : 'change',
    type,
    at:
      typeof metadata.recordedAt === 'number' && isInstantMs(metadata.recordedAt)
        ? toInstant(metadata.recordedAt)
        : undefined,
    actor: isActor(metadata.actor) ? actorName(metadata.actor) : undefined,
    reason: metadata.reason,
    requestId: metadata.correlationId,
    applicationId: data.applicationId,
    jobId: data.jobId,
    executionId: data.executionId,
    attempt: data.attempt,
    trigger: data.trigger,
    status,
    scheduledAt: data.scheduledAt ?? data.first,
    until: data.last,
    finishedAt: data.finishedAt,
    errorCode: isRecord(data.error) ? data.error.code : undefined,
    ...slotsOf(type, data, notCalled),
  };
};

type Fields = Readonly<Record<string, unknown>>;

/** Outcomes of slots by the event that settles them: a claim of one, or a range of uncalled ones. */
const slotsOf = (type: string, data: Fields, notCalled: string | undefined): Partial<Said> => {
  if (notCalled !== undefined) return { outcome: notCalled, outcomeReason: data.reason, slots: data.count };
  if (type !== 'ExecutionStarted' || data.trigger !== 'schedule' || data.attempt !== 1) return {};
  return data.late === undefined
    ? { outcome: 'fired', slots: 1 }
    : { outcome: 'late', outcomeReason: data.late, slots: 1 };
};

const read = (content: string): { readonly type: string; readonly metadata: Fields; readonly data: Fields } => {
  const event = parsed(content);
  if (!isRecord(event) || typeof event.type !== 'string' || !isRecord(event.metadata) || !isRecord(event.data)) {
    throw new RowUnreadable('it has no type, data and metadata');
  }
  const { type, metadata, data } = event;
  return { type, metadata, data };
};

const parsed = (content: string): unknown => {
  try {
    return JSON.parse(content);
  } catch {
    throw new RowUnreadable('it is not JSON');
  }
};

const ACTORS: readonly unknown[] = ACTOR_TYPES;
const isActor = (value: unknown): value is Actor =>
  isRecord(value) && ACTORS.includes(value.type) && typeof value.name === 'string';
