import { z } from 'zod';
import { ApplicationId, Instant, JobId, Json, Tenant } from '../values.ts';
import { EventMetadata } from './metadata.ts';

/** An event's part of the index that leads from a stream's last event to the events of each key. */
export const RequestPlace = z.object({
  /**
   * One level for each digit that other keys share with this one, and one more. A level maps each other next digit to
   * the revision of the newest event that has it.
   */
  index: z.array(z.record(z.string(), z.int())),
  /** The first event of the span of events that are cut together. */
  span: z.object({ firstRevision: z.int(), since: Instant }),
});
export type RequestPlace = z.infer<typeof RequestPlace>;

const ofKey = {
  tenant: Tenant,
  /** A hash of the tenant and the caller's `Idempotency-Key`. */
  key: z.string(),
  place: RequestPlace,
};
const ofAttempt = {
  ...ofKey,
  /** Hash of method, path, query and body. */
  bodyHash: z.string(),
  /** The attempt that has the turn: no other attempt at the request may append. */
  attempt: z.uuid(),
  at: Instant,
};

/** A request with an Idempotency-Key has begun. */
export const RequestReserved = z.object({ type: z.literal('RequestReserved'), data: z.object(ofAttempt) });

/** The attempt is about to make this append, or has taken it over from an earlier attempt. */
export const RequestPlanned = z.object({
  type: z.literal('RequestPlanned'),
  data: z.object({
    ...ofAttempt,
    append: z.object({
      stream: z.string(),
      expectedRevision: z.int(),
      events: z.array(z.object({ id: z.string(), type: z.string(), data: Json, metadata: EventMetadata })),
    }),
  }),
});

/** The request was rejected and appended nothing, so the key may be used for another request. */
export const RequestReleased = z.object({ type: z.literal('RequestReleased'), data: z.object(ofKey) });

/** A job as an answer showed it. */
const JobShown = z.object({
  jobId: JobId,
  /** Of the event, in the job's stream, that carries the definition. */
  revision: z.int(),
  application: z.object({ id: ApplicationId, name: z.string(), displayName: z.string() }),
  /** When it was to run next, and its state, unless the read models did not show the job in time. */
  outlook: z
    .object({ nextRunAt: Instant.nullable(), state: z.looseObject({ name: z.string() }).optional() })
    .optional(),
});
export type JobShown = z.infer<typeof JobShown>;

/** The request was answered. Repetitions get the same answer. */
export const ResponseRecorded = z.object({
  type: z.literal('ResponseRecorded'),
  data: z.object({
    ...ofKey,
    bodyHash: z.string(),
    response: z.object({
      status: z.int(),
      headers: z.record(z.string(), z.string()),
      /** Position of the last event that the request appended. */
      position: z.string().optional(),
      body: z.discriminatedUnion('storedAs', [
        z.object({ storedAs: z.literal('none') }),
        z.object({ storedAs: z.literal('whole'), json: Json }),
        /** In `ResponsePart` events, under keys derived from the request's key. */
        z.object({ storedAs: z.literal('parts'), count: z.int() }),
        z.object({ storedAs: z.literal('job'), job: JobShown }),
      ]),
    }),
  }),
});

/** Part of the JSON text of a large answer. */
export const ResponsePart = z.object({
  type: z.literal('ResponsePart'),
  data: z.object({ ...ofKey, text: z.string() }),
});

export const RequestEvent = z.discriminatedUnion('type', [
  RequestReserved,
  RequestPlanned,
  RequestReleased,
  ResponseRecorded,
  ResponsePart,
]);
export type RequestEvent = z.infer<typeof RequestEvent>;
