import { z } from 'zod';
import { Instant } from '../values.ts';

export const DELIVERY_STATUSES = ['pending', 'delivered', 'abandoned'] as const;

/** Progress of a message that is sent until a receiver accepts it. */
export const DeliveryProgress = z.object({
  status: z.enum(DELIVERY_STATUSES),
  attempts: z.int(),
  /** When the next attempt is made, if pending. */
  nextAt: Instant.optional(),
  lastAt: Instant.optional(),
  /** The receiver's last response. */
  response: z.string().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type DeliveryProgress = z.infer<typeof DeliveryProgress>;
