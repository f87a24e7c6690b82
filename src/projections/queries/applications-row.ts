import { sql } from 'slonik';
import { z } from 'zod';
import type { ApplicationView } from './port/applications.ts';
import { bigint, instant } from './row.ts';

export const ApplicationRow = z.object({
  application_id: bigint,
  name: z.string(),
  display_name: z.string(),
  created_at: instant,
  created_by: z.string(),
  updated_at: instant,
  updated_by: z.string(),
  revision: z.int(),
});

export const applicationColumns = sql.fragment`
  application.application_id, application.name, application.display_name, application.created_at,
  application.created_by, application.updated_at, application.updated_by, application.revision`;

export const applicationFromRow = (row: z.infer<typeof ApplicationRow>): ApplicationView => ({
  id: row.application_id,
  name: row.name,
  displayName: row.display_name,
  createdAt: row.created_at,
  createdBy: row.created_by,
  updatedAt: row.updated_at,
  updatedBy: row.updated_by,
  revision: row.revision,
});
