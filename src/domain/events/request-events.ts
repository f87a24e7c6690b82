import { z } from 'zod';
import { ApplicationId, Instant, JobId, Json, Tenant } from '../values.ts';
import { EventMetadata } from './metadata.ts';

/** An event's part of the index from a stream's last event to the events of each key. */
export const RequestPlace = z.object({
  /**
   * One level per leading digit that this key shares with other keys, plus one. Each level maps the other keys' next digit
   * to the revision of their newest event.
   */
  index: z.array(z.record(z.string(), z.int())),
  /** First event of the span of events that are cut together. */
  span: z.object({ firstRevision: z.int(), since: Instant }),
});
export type RequestPlace = z.infer<typeof RequestPlace>;

const ofKey = {
  tenant: Tenant,
  /** Hash of the tenant and the caller's `Idempotency-Key`. */
  key: z.string(),
  place: RequestPlace,
};
const ofAttempt = {
  ...ofKey,
  /** Hash of method, path, query and body. */
  bodyHash: z.string(),
  /** The current attempt: no other attempt at the request can append. */
  attempt: z.uuid(),
  at: Instant,
};

/** A request with an Idempotency-Key has begun. */
export const RequestReserved = z.object({ type: z.literal('RequestReserved'), data: z.object(ofAttempt) });

/** The attempt is about to make this append, or took it over from an earlier attempt. */
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

/** The request was rejected and appended nothing, so another request can use the key. */
export const RequestReleased = z.object({ type: z.literal('RequestReleased'), data: z.object(ofKey) });

/** A job as shown in a response. */
const JobShown = z.object({
  jobId: JobId,
  /** Revision of the event that carries the definition. */
  revision: z.int(),
  application: z.object({ id: ApplicationId, name: z.string(), displayName: z.string() }),
  /** Next run and state, unless the read models did not show the job in time. */
  outlook: z
    .object({ nextRunAt: Instant.nullable(), state: z.looseObject({ name: z.string() }).optional() })
    .optional(),
});
export type JobShown = z.infer<typeof JobShown>;

/** The response to the request; repetitions get the same one. */
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

/** Part of the JSON text of a large response. */
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
