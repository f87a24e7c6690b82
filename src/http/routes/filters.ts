import { z } from 'zod';
import { Trigger } from '../../domain/events/index.ts';
import { SLOT_OUTCOMES } from '../../domain/ledger/explain-slot.ts';
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

/** Names of outcomes, with commas between them. */
const Outcomes = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(z.enum(SLOT_OUTCOMES)))
  .meta({ description: `Only these, with commas between them: ${SLOT_OUTCOMES.join(', ')}` });

export const OccurrencesQuery = z.strictObject({
  ...pageQuery,
  from: InstantInput.exactOptional().meta({ description: 'Slots after this instant; default: 24 h before `to`' }),
  to: InstantInput.exactOptional().meta({ description: 'Slots up to this instant; default: now' }),
  outcome: Outcomes.exactOptional(),
});

const ofExecutions = {
  ...pageQuery,
  include,
  status: z.enum(EXECUTION_STATUSES).exactOptional(),
  trigger: Trigger.exactOptional(),
  backfillId: PathId.exactOptional(),
  from: InstantInput.exactOptional(),
  to: InstantInput.exactOptional(),
};
export const JobExecutionsQuery = z.strictObject(ofExecutions);
export const ExecutionsQuery = z.strictObject({
  ...ofExecutions,
  jobId: PathId.exactOptional(),
  applicationId: PathId.exactOptional(),
});
