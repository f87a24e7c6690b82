import type { Request } from 'express';
import { z } from 'zod';
import type { FindNamed } from '../../commands/loop/names.ts';
import { DomainError, rejectField } from '../../domain/domain-error.ts';
import type { Permission } from '../../domain/permissions.ts';
import { comparePositions, type EventStore, LOG_START, type Position } from '../../event-store/port.ts';
import { isPublishedType, PUBLISHED_TYPES, type PublishedType } from '../../feed/published.ts';
import type { Scope } from '../../projections/queries/scope.ts';
import { withIds } from '../addresses.ts';
import { type Caller, hasPermission } from '../callers/authorize.ts';
import { PathId, validate } from '../validate.ts';

const OF_RUNS = /^scheduler[.]job[.](execution|occurrences)[.]/;

/** The permission to see a type: of executions and occurrences, or else of definitions. */
const permissionToSee = (type: PublishedType): Permission =>
  OF_RUNS.test(type) ? 'scheduler:executions:read' : 'scheduler:jobs:read';

/** The types of events that a caller may see. */
export const typesSeenBy = (caller: Caller): ReadonlySet<PublishedType> =>
  new Set(PUBLISHED_TYPES.filter((type) => hasPermission(caller, permissionToSee(type))));

/** Which events a stream sends. */
export type EventFilter = {
  readonly jobId: number | undefined;
  readonly types: ReadonlySet<PublishedType>;
  /** Exclusive: events after this position. */
  readonly after: Position;
};

const Types = z
  .string()
  .max(1_000)
  .transform((text) => text.split(','))
  .pipe(z.array(z.string().refine(isPublishedType, `must be one of ${PUBLISHED_TYPES.join(', ')}`)));

const Place = z
  .string()
  .regex(/^\d{1,20}$/, 'must be the id of an event of this stream')
  .transform((text) => text.padStart(LOG_START.length, '0'));

const Query = z.strictObject({
  jobId: PathId.optional(),
  type: Types.optional(),
  /** The same as Last-Event-ID, for clients that cannot set headers. */
  after: Place.optional(),
  // The router reads these.
  tenant: z.string().optional(),
  consistency: z.string().optional(),
});

/**
 * Reads from a request which events it asks for. Without `Last-Event-ID` and `after`, the stream begins with the next
 * event.
 * @param types that the caller may see
 * @throws DomainError BAD_INPUT, FORBIDDEN, JOB_NOT_FOUND
 */
export const readEventFilter = async (
  request: Request,
  { store, named }: { readonly store: Pick<EventStore, 'end'>; readonly named: FindNamed },
  { types: seen, scope }: { readonly types: ReadonlySet<PublishedType>; readonly scope: Scope },
): Promise<EventFilter> => {
  const asked = { params: {}, query: request.query, body: undefined };
  const { query } = await withIds({ path: '/events' }, asked, { scope, find: named });
  const { jobId, type, after } = validate('BAD_INPUT', Query, query);
  const types = type?.filter(isPublishedType) ?? [...seen];
  const unseen = types.find((each) => !seen.has(each));
  if (unseen !== undefined) {
    throw new DomainError('FORBIDDEN', `${unseen} needs the permission ${permissionToSee(unseen)}`);
  }
  const last = request.get('last-event-id');
  const place = last === undefined || last === '' ? after : validate('BAD_INPUT', Place, last);
  const end = (await store.end()) ?? LOG_START;
  if (place !== undefined && comparePositions(place, end) > 0) {
    throw rejectField('BAD_INPUT', '/last-event-id', 'belongs to another log, or to a lost part of this one');
  }
  return {
    jobId,
    types: new Set(types),
    after: place ?? end,
  };
};
