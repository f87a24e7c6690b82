import { z } from 'zod';
import { EXPORT_KINDS } from '../tenant-export.ts';

export const TenantSchema = z
  .object({
    tenant: z.string(),
    applications: z.int(),
    jobs: z.int(),
    tokens: z.int(),
  })
  .meta({ id: 'Tenant', description: 'Counts of what is there; deleted things are not counted' });

export const ExportLineSchema = z
  .object({ kind: z.enum(EXPORT_KINDS), data: z.looseObject({}) })
  .meta({ id: 'ExportLine', description: 'As the API shows it elsewhere; `end` has the counts of all kinds' });
