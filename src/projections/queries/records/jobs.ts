import { z } from 'zod';
import { JobDefinition, Retention } from '../../../domain/events/index.ts';
import { bigint, boolean, instant, json, jsonb, record, sortedText, text } from '../../record.ts';

/** The newest definition of a job, with the columns for finding jobs. */
export const jobRecord = record(
  'job',
  {
    jobId: bigint(),
    tenant: text().inner(),
    applicationId: bigint(),
    name: text().inner(),
    nameLower: sortedText().inner(),
    enabled: boolean().inner(),
    deleted: boolean().inner(),
    labels: jsonb(z.record(z.string(), z.string())).inner(),
    /** Names of its target. */
    targets: jsonb(z.array(z.string())).inner(),
    calendars: jsonb(z.array(z.string())).inner(),
    limitName: text().optional().inner(),
    retention: json(Retention).optional().inner(),
    taskType: text().inner(),
    createdBy: text().inner(),
    createdAt: instant(),
    /** Revision of its stream, which a forfeited name also increments. */
    revision: bigint(),
    definition: json(JobDefinition),
  },
  { key: ['jobId'] },
);
