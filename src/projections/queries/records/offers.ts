import { z } from 'zod';
import { OfferedWork } from '../../../domain/events/index.ts';
import { Sealed } from '../../../domain/values.ts';
import {
  bigint,
  boolean,
  instant,
  json,
  onceTrue,
  type RecordChange,
  type RecordView,
  record,
  text,
} from '../../record.ts';

/** Work that is offered to workers, or that a worker has taken. */
export const offerRecord = record(
  'offer',
  {
    executionId: bigint(),
    jobId: bigint(),
    applicationId: bigint(),
    tenant: text(),
    attempt: bigint(),
    queue: text(),
    task: text(),
    labels: json(z.record(z.string(), z.string())).optional(),
    scheduledAt: instant(),
    /** Backfills come after everything else. */
    isBackfill: boolean(),
    isForced: boolean(),
    offeredAt: instant(),
    expiresAt: instant().optional(),
    work: json(z.union([Sealed, OfferedWork])),
    leaseMs: bigint(),
    deadlineMs: bigint(),
    /** The worker that took it, and when; null while it is offered. */
    worker: text().kept(),
    takenAt: instant().kept(),
    takeHash: text().kept(),
    tokenHash: text().kept(),
    /** Cancellation was requested after the take. */
    isCancelled: onceTrue(),
    revision: bigint(),
  },
  { key: ['executionId'] },
);
export type OfferView = RecordView<typeof offerRecord>;
export type OfferChange = RecordChange<typeof offerRecord>;
