import { z } from 'zod';
import { Instant } from '../values.ts';

export const DELIVERY_STATUSES = ['pending', 'delivered', 'abandoned'] as const;

/** How far it is with a message that is sent until it is taken. */
export const DeliveryProgress = z.object({
  status: z.enum(DELIVERY_STATUSES),
  attempts: z.int(),
  /** When the next attempt is made; while it is pending. */
  nextAt: Instant.optional(),
  lastAt: Instant.optional(),
  /** What the receiver said last. */
  response: z.string().optional(),
  /** Why the last attempt failed. */
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type DeliveryProgress = z.infer<typeof DeliveryProgress>;
