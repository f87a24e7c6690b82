import { z } from 'zod';
import { Tenant } from '../values.ts';

const nameFields = {
  tenant: Tenant,
  name: z.string(),
  /** The job or application that has, had or was to have the name. */
  ownerId: z.int(),
};

const reservationData = z.object({
  ...nameFields,
  /** The application in which a job's name is unique; absent for an application's own name. */
  applicationId: z.int().optional(),
});
/** The owner may use the name. Stands in the name's own stream, as its release does. */
export const NameReserved = z.object({ type: z.literal('NameReserved'), data: reservationData });
export const NameReleased = z.object({ type: z.literal('NameReleased'), data: reservationData });

/**
 * The owner lost its reservation of a name that it does not use. Stands in the stream of the job or application, so that
 * an append that would still give it the name expects an older revision and loses. The owner itself stays as it is.
 */
export const NameForfeited = z.object({ type: z.literal('NameForfeited'), data: z.object(nameFields) });

export const NameEvent = z.discriminatedUnion('type', [NameReserved, NameReleased, NameForfeited]);
export type NameEvent = z.infer<typeof NameEvent>;
