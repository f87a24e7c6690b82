import { StreamDeleted, WrongExpectedRevision } from './errors.ts';
import type { Append, AppendResult, Position, Revision } from './port.ts';

/** A stream as the log has it at the moment of judging; `NO_STREAM` where it has no event. */
export type StreamHead = { readonly revision: Revision; readonly deleted: boolean };
export type StoredId = { readonly id: string; readonly position: Position };

export type Verdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'repeated'; readonly appended: AppendResult }
  | { readonly kind: 'refused'; readonly error: WrongExpectedRevision | StreamDeleted };

/**
 * Judges an append whole. At the wrong revision it succeeds again if it was made already: its own ids stand where it
 * wanted them. Ids are random, so one that is found proves it; ids cut since prove nothing either way.
 */
export const judge = (
  { stream, expectedRevision, events }: Append,
  head: StreamHead,
  storedAt: (revision: Revision) => StoredId | undefined,
): Verdict => {
  if (head.deleted) return { kind: 'refused', error: new StreamDeleted(stream) };
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
        kind: 'refused',
        error: new WrongExpectedRevision({ stream, expected: expectedRevision, actual: head.revision }),
      };
};
