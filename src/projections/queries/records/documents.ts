import { z } from 'zod';
import { bigint, boolean, choice, instant, json, type RecordChange, record, sortedText, text } from '../../record.ts';

const KINDS = [
  'application',
  'applicationValues',
  'token',
  'acknowledgement',
  'savedViews',
  'operation',
  'erasure',
  'alertRule',
  'pause',
  'calendar',
  'calendarVersion',
] as const;
export type DocumentKind = (typeof KINDS)[number];

/** An object whose events carry its whole state, with the columns for finding it. */
export const documentRecord = record(
  'document',
  {
    kind: choice(z.enum(KINDS)).sought(),
    /** The stream of the object. */
    key: text(),
    /** Absent for a pause of the installation, which binds every tenant's jobs. */
    tenant: text().optional().sought(),
    id: bigint().optional(),
    /** A name within the tenant. */
    name: sortedText().optional().sought(),
    applicationId: bigint().optional(),
    createdAt: instant(),
    /** When a pause ends or ended. */
    endedAt: instant().optional(),
    /** It was deleted, revoked or has ended. Its row stays: lists may still refer to it. */
    ended: boolean(),
    revision: bigint(),
    doc: json(z.looseObject({})),
  },
  { key: ['kind', 'key'] },
);
export type DocumentChange = RecordChange<typeof documentRecord>;
