import { z } from 'zod';
import { Trigger } from '../../domain/events/index.ts';
import { InstantInput } from '../../domain/values.ts';
import { EXECUTION_STATUSES } from '../../projections/queries/port.ts';
import { pageQuery } from '../pages.ts';
import { PathId } from '../validate.ts';

const Text = z.string().min(1).max(200);

/** `key:value`; the key ends at the first colon. */
const Label = z
  .string()
  .max(400)
  .regex(/^[^:]+:/, "is not of the form 'key:value'")
  .transform((text) => ({ key: text.slice(0, text.indexOf(':')), value: text.slice(text.indexOf(':') + 1) }));

const Bool = z.enum(['true', 'false']).transform((text) => text === 'true');

/** `include=body` shows large bodies too. */
const include = z
  .literal('body', "must be 'body'")
  .exactOptional()
  .meta({ description: 'Bodies over 4 KiB too, which are left out else: {"omitted": true, "bytes": n}' });

export const JobsQuery = z.strictObject({
  ...pageQuery,
  include,
  applicationId: PathId.exactOptional(),
  enabled: Bool.exactOptional(),
  name: Text.exactOptional(),
  label: Label.exactOptional(),
  taskType: Text.exactOptional(),
  createdBy: Text.exactOptional(),
});

const ofExecutions = {
  ...pageQuery,
  include,
  status: z.enum(EXECUTION_STATUSES).exactOptional(),
  trigger: Trigger.exactOptional(),
  from: InstantInput.exactOptional(),
  to: InstantInput.exactOptional(),
};
export const JobExecutionsQuery = z.strictObject(ofExecutions);
export const ExecutionsQuery = z.strictObject({
  ...ofExecutions,
  jobId: PathId.exactOptional(),
  applicationId: PathId.exactOptional(),
});
