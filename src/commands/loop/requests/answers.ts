import { defined } from '../../../domain/defined.ts';
import type { EventOf, JobShown } from '../../../domain/events/index.ts';
import { comparePositions, type Position } from '../../../event-store/port.ts';
import type { CommandContext } from '../../command.ts';
import type { EventLog } from '../handle-command.ts';
import { createKeyedRecorder, findKeyed, type NewestEvent, partKey } from './keyed-events.ts';

/** The response to a request, as the API sends it. */
export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON; absent without a body. */
  readonly body?: unknown;
  /** Position of the request's last event: readers wait until the read models reach it. */
  readonly position?: Position | undefined;
  /** The job that the body shows. A stored response has this in place of the body, which is rebuilt from it. */
  readonly job?: JobShown | undefined;
};

type KeptAnswer = EventOf<'ResponseRecorded'>['data']['response'];
type KeptBody = KeptAnswer['body'];
/** The request of a response. */
type AnswerOwner = { readonly key: string; readonly context: CommandContext };

/** Maximum of a body's JSON text, in UTF-16 code units: each takes up to 3 bytes, and an event has room for 1 MiB. */
const MAX_PART = 200_000;

/** Converts a response for the log; first records a body that is too large for one event in parts. */
export const storeResponse = async (log: EventLog, owner: AnswerOwner, answer: Answer): Promise<KeptAnswer> => ({
  status: answer.status,
  headers: { ...answer.headers },
  ...defined({ position: answer.position }),
  body: await keepBody(log, owner, answer),
});

const keepBody = async (log: EventLog, { key, context }: AnswerOwner, { body, job }: Answer): Promise<KeptBody> => {
  if (job !== undefined) return { storedAs: 'job', job };
  if (body === undefined) return { storedAs: 'none' };
  const text = JSON.stringify(body);
  if (text.length <= MAX_PART) return { storedAs: 'whole', json: JSON.parse(text) };
  const parts = partsOf(text);
  for (const [index, part] of parts.entries()) {
    const { tenant } = context;
    const data = { tenant, key: partKey(key, index), text: part };
    await createKeyedRecorder(log, data.key, context).record(() => [{ type: 'ResponsePart', data }]);
  }
  return { storedAs: 'parts', count: parts.length };
};

/** No part ends within a character. */
const partsOf = (text: string): string[] => {
  const parts: string[] = [];
  for (let from = 0; from < text.length; ) {
    const to = from + MAX_PART;
    const until = to - (isHighSurrogate(text.charCodeAt(to - 1)) ? 1 : 0);
    parts.push(text.slice(from, until));
    from = until;
  }
  return parts;
};

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;

/** Restores a stored response, except for the body of one that shows a job. */
export const restoreResponse = async (
  log: EventLog,
  { status, headers, position, body: kept }: KeptAnswer,
  { key, at }: { readonly key: string; readonly at: NewestEvent['position'] },
): Promise<Answer> => {
  // In a copied log the event has another position, but still one before the request's response.
  const reached = position !== undefined && at !== undefined && comparePositions(at, position) < 0 ? at : position;
  return { status, headers, position: reached, ...(await restoreBody(log, kept, key)) };
};

const restoreBody = async (log: EventLog, kept: KeptBody, key: string): Promise<Pick<Answer, 'body' | 'job'>> => {
  switch (kept.storedAs) {
    case 'none':
      return {};
    case 'whole':
      return { body: kept.json };
    case 'job':
      return { job: kept.job };
    case 'parts': {
      const parts = await Promise.all(Array.from({ length: kept.count }, (_, index) => findPart(log, key, index)));
      return { body: JSON.parse(parts.join('')) };
    }
  }
};

const findPart = async (log: EventLog, key: string, index: number): Promise<string> => {
  const part = await findKeyed(log, partKey(key, index));
  if (part?.type === 'ResponsePart') return part.data.text;
  throw new Error(`part ${index} of the response to ${key} is no longer stored`);
};
