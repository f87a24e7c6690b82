import { z } from 'zod';
import { ApplicationId, Instant, JobId, Json, Tenant } from '../values.ts';
import { EventMetadata } from './metadata.ts';

/** Where an event stands among those of other keys in its stream: what leads from the stream's last event to each. */
export const RequestPlace = z.object({
  /**
   * A level for each digit that other keys share with this one, and one more: the next digit of those that go on
   * otherwise, and the revision of the newest of them.
   */
  index: z.array(z.record(z.string(), z.int())),
  /** Since when, and from which revision on, events are gathered that are cut together. */
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
  /** Of all that was asked: method, path, query and body. */
  bodyHash: z.string(),
  /** Whose turn it is: another attempt at the same request makes no append any more. */
  attempt: z.uuid(),
  at: Instant,
};

/** A request with an Idempotency-Key has begun. */
export const RequestReserved = z.object({ type: z.literal('RequestReserved'), data: z.object(ofAttempt) });

/** It is about to make this append, or goes on with it. */
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

/** It was refused, and appended nothing: the key is as if it had never been used. */
export const RequestReleased = z.object({ type: z.literal('RequestReleased'), data: z.object(ofKey) });

/** A job as an answer showed it. */
const JobShown = z.object({
  jobId: JobId,
  /** Of the event, in the job's stream, that carries the definition. */
  revision: z.int(),
  application: z.object({ id: ApplicationId, name: z.string(), displayName: z.string() }),
});
export type JobShown = z.infer<typeof JobShown>;

/** It was answered, and is answered so again. */
export const RequestAnswered = z.object({
  type: z.literal('RequestAnswered'),
  data: z.object({
    ...ofKey,
    bodyHash: z.string(),
    answer: z.object({
      status: z.int(),
      headers: z.record(z.string(), z.string()),
      /** Of the last event that it appended. */
      position: z.string().optional(),
      body: z.discriminatedUnion('kept', [
        z.object({ kept: z.literal('nothing') }),
        z.object({ kept: z.literal('whole'), json: Json }),
        /** As events of their own, under keys that follow from the request's. */
        z.object({ kept: z.literal('in parts'), count: z.int() }),
        z.object({ kept: z.literal('as job'), job: JobShown }),
      ]),
    }),
  }),
});

/** Part of the JSON text of a large answer. */
export const AnswerPart = z.object({
  type: z.literal('AnswerPart'),
  data: z.object({ ...ofKey, text: z.string() }),
});

export const RequestEvent = z.discriminatedUnion('type', [
  RequestReserved,
  RequestPlanned,
  RequestReleased,
  RequestAnswered,
  AnswerPart,
]);
export type RequestEvent = z.infer<typeof RequestEvent>;
