import { StreamDeleted, WrongExpectedRevision } from './errors.ts';
import type { Append, AppendResult, Position, Revision } from './port.ts';

/** The state of a stream when an append is judged. The revision of a stream without events is `NO_STREAM`. */
export type StreamHead = { readonly revision: Revision; readonly deleted: boolean };
export type StoredId = { readonly id: string; readonly position: Position };

export type Verdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'repeated'; readonly appended: AppendResult }
  | { readonly kind: 'rejected'; readonly error: WrongExpectedRevision | StreamDeleted };

/**
 * Decides whether an append succeeds. With a wrong expected revision it still succeeds if it was made before, that is,
 * if its event ids are stored at the revisions that it asks for. Event ids are random, so a stored id that matches
 * proves this. Ids that were cut since are not compared.
 */
export const judge = (
  { stream, expectedRevision, events }: Append,
  head: StreamHead,
  storedAt: (revision: Revision) => StoredId | undefined,
): Verdict => {
  if (head.deleted) return { kind: 'rejected', error: new StreamDeleted(stream) };
  if (head.revision === expectedRevision) return { kind: 'accepted' };
  const last = storedAt(expectedRevision + events.length);
  const repeated =
    last !== undefined &&
    events.every(({ id }, index) => {
      const stored = storedAt(expectedRevision + 1 + index);
      return stored === undefined || stored.id === id;
    });
  return repeated
    ? {
        kind: 'repeated',
        appended: { revision: expectedRevision + events.length, position: last.position },
      }
    : {
        kind: 'rejected',
        error: new WrongExpectedRevision({ stream, expected: expectedRevision, actual: head.revision }),
      };
};
