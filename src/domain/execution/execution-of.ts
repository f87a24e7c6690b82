import type { OpenExecution } from '../events/index.ts';
import type { JobRef } from './range.ts';

/** The fields that every event of an execution has. */
export const executionOf = (
  job: JobRef,
  open: OpenExecution,
  labels: Readonly<Record<string, string>> | undefined,
) => ({
  ...job,
  executionId: open.executionId,
  trigger: open.trigger,
  scheduledAt: open.scheduledAt,
  createdAt: open.createdAt,
  ...(open.createdBy === undefined ? {} : { createdBy: open.createdBy }),
  ...(labels === undefined ? {} : { labels: { ...labels } }),
  ...(open.rerunOf === undefined ? {} : { rerunOf: open.rerunOf }),
  ...(open.backfillId === undefined ? {} : { backfillId: open.backfillId }),
  ...(open.definitionRevision === undefined ? {} : { definitionRevision: open.definitionRevision }),
  ...(open.inputRevision === undefined ? {} : { inputRevision: open.inputRevision }),
});
