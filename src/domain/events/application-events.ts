import { z } from 'zod';
import { ApplicationId, Instant, Tenant } from '../values.ts';

/** An application as every Application event carries it. */
export const Application = z.object({
  applicationId: ApplicationId,
  tenant: Tenant,
  name: z.string(),
  displayName: z.string(),
  createdAt: Instant,
  createdBy: z.string(),
  updatedAt: Instant,
  updatedBy: z.string(),
});
export type Application = z.infer<typeof Application>;

export const ApplicationCreated = z.object({ type: z.literal('ApplicationCreated'), data: Application });
export const ApplicationUpdated = z.object({ type: z.literal('ApplicationUpdated'), data: Application });

export const ApplicationEvent = z.discriminatedUnion('type', [ApplicationCreated, ApplicationUpdated]);
export type ApplicationEvent = z.infer<typeof ApplicationEvent>;

/** The application's data key, wrapped by a key of the ring; only its stream's last event is kept. */
export const DataKeyWrapped = z.object({
  type: z.literal('DataKeyWrapped'),
  data: z.object({
    tenant: Tenant,
    applicationId: ApplicationId,
    generation: z.int(),
    /** Id in `SECRET_KEYS` of the key that wraps. */
    ringKeyId: z.string(),
    /** base64 of nonce, wrapped key and tag, AES-256-GCM. */
    wrapped: z.string(),
  }),
});
export type KeyEvent = z.infer<typeof DataKeyWrapped>;
