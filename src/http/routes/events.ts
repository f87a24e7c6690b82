import { z } from 'zod';
import type { DomainErrorCode } from '../../domain/codes/problem-codes.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type { Permission } from '../../domain/permissions.ts';
import { LOG_START } from '../../event-store/port.ts';
import { isPublishedType, PUBLISHED_TYPES, type PublishedType } from '../../feed/published.ts';
import { hasPermission } from '../callers/authorize.ts';
import type { ApiContext } from '../context.ts';
import { defineRoute, type Route } from '../route.ts';
import { PathId, validate } from '../validate.ts';

const OF_RUNS = /^scheduler[.]job[.](execution|occurrences)[.]/;

/** The permission to see a type: of executions and occurrences, or of definitions. */
const permissionToSee = (type: PublishedType): Permission =>
  OF_RUNS.test(type) ? 'scheduler:executions:read' : 'scheduler:jobs:read';

const Types = z
  .string()
  .max(1_000)
  .transform((text) => text.split(','))
  .pipe(z.array(z.string().refine(isPublishedType, `must be one of ${PUBLISHED_TYPES.join(', ')}`)))
  .meta({ description: 'Only events of these types, separated by commas' });

const Place = z
  .string()
  .regex(/^\d{1,20}$/, 'must be the id of an event of this stream')
  .transform((text) => text.padStart(LOG_START.length, '0'));

const EventsQuery = z.strictObject({
  after: Place.optional().meta({
    description: 'Start after the event with this id; 0 starts with the first. Default: the next event',
  }),
  jobId: PathId.optional(),
  type: Types.optional(),
});

export const eventRoutes = ({ events }: ApiContext): Route[] => [
  defineRoute({
    method: 'get',
    path: '/events',
    operationId: 'streamEvents',
    summary: 'Streams the events of jobs and executions in log order',
    details: 'Server-sent events with CloudEvents as data; events of definitions also require `scheduler:jobs:read`.',
    permission: 'scheduler:executions:read',
    bound: 'narrowed',
    readsNoList: true,
    query: EventsQuery,
    headers: z.object({
      'Last-Event-ID': z.string().optional().meta({ description: 'Same as `after`; browsers send it' }),
    }),
    result: z.string(),
    mediaType: 'text/event-stream',
    responses: { 200: 'A stream that does not end' },
    problems: { 429: 'The tenant has reached its limit of open streams' },
    handle: async ({ scope, caller, header, query: { jobId, type, after }, authorizeAgain }) => {
      const seen = PUBLISHED_TYPES.filter((each) => hasPermission(caller, permissionToSee(each)));
      const types = type?.filter(isPublishedType) ?? seen;
      const unseen = types.find((each) => !seen.includes(each));
      if (unseen !== undefined) {
        throw new DomainError('FORBIDDEN', `${unseen} needs the permission ${permissionToSee(unseen)}`);
      }
      const last = header('last-event-id');
      const follower = {
        ...caller,
        scope,
        jobId,
        types: new Set(types),
        after: last === undefined || last === '' ? after : validate('BAD_INPUT', Place, last),
        isAdmitted: () => authorizeAgain().then(() => true, isNotEnded),
      };
      return { status: 200, stream: (response) => events.stream(response, follower) };
    },
  }),
];

const ENDED: ReadonlySet<string> = new Set([
  'TOKEN_REJECTED',
  'FORBIDDEN',
  'TENANT_ERASED',
] satisfies DomainErrorCode[]);

/** Returns whether, despite an error, the stream's token may still be valid. */
const isNotEnded = (error: unknown): boolean => !(error instanceof DomainError && ENDED.has(error.code));
