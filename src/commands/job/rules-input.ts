import { z } from 'zod';
import { durationInput } from '../../domain/duration-input.ts';
import { CalendarShift, CatchUp, Overlap, RETRY_CAUSES, type RuleFields } from '../../domain/events/index.ts';
import { MIN_RETENTION } from '../../domain/retention/expire-executions.ts';
import { HookInput } from '../../domain/tasks/http/kind.ts';
import { plainText } from '../../domain/values.ts';
import { clearable } from '../parse.ts';

/** The fields of a job that control its slots and executions, as callers send them. */

const MAX_NAMES = 20;
const MAX_RETRY_CAUSES = 100;

const areDistinct = (values: readonly unknown[]): boolean => new Set(values).size === values.length;

const RuleName = plainText(64);

const CalendarNames = z
  .array(RuleName)
  .min(1, 'must contain at least one calendar, or be omitted')
  .max(MAX_NAMES, `at most ${MAX_NAMES} calendars`)
  .refine(areDistinct, 'must not contain a calendar twice');

const Calendar = z
  .strictObject({
    exclude: CalendarNames.optional(),
    include: CalendarNames.optional(),
    shift: CalendarShift.optional(),
  })
  .refine(({ exclude, include }) => exclude !== undefined || include !== undefined, 'must have exclude or include');

const Pause = durationInput({ least: '100ms', most: '1d' });

const RetryInput = z.strictObject({
  maxAttempts: z.int().min(1).max(100).optional(),
  backoff: z
    .strictObject({
      initial: Pause.optional(),
      factor: z.number().min(1).max(100).optional(),
      max: Pause.optional(),
      jitter: z.enum(['full', 'none']).optional(),
    })
    .optional(),
  maxElapsed: durationInput({ least: '1s', most: '30d' }).optional(),
  retryOn: z
    .array(
      z.union(
        [z.enum(RETRY_CAUSES), z.int().min(400, { abort: true }).max(599, { abort: true })],
        `must be ${RETRY_CAUSES.join(', ')}, or a status from 400 to 599`,
      ),
    )
    .min(1, 'must contain at least one cause, or be omitted')
    .max(MAX_RETRY_CAUSES, `at most ${MAX_RETRY_CAUSES} causes`)
    .refine(areDistinct, 'must not contain a cause twice')
    .optional(),
});

/** `none` disables the application's hook. */
const JobHook = z.union([HookInput, z.literal('none')]);

const rules = {
  misfire: CatchUp,
  misfireLimit: z.int().min(1).max(1_000),
  maxLateness: durationInput({ least: '1s', most: '30d' }),
  overlap: Overlap,
  jitter: durationInput({ least: 0, most: '1d' }),
  maxRuns: z.int().min(1),
  afterCompletion: z.enum(['keep', 'delete']),
  deleteAfter: durationInput({ least: '1s', most: '3650d' }),
  calendar: Calendar,
  retry: RetryInput,
  disableAfter: z.int().min(1),
  limit: RuleName,
  completion: z.enum(['response', 'callback']),
  deadline: durationInput({ least: '1s', most: '30d' }),
  heartbeatTimeout: durationInput({ least: '1s', most: '30d' }),
  onFailure: JobHook,
  onSuccess: JobHook,
} satisfies Record<keyof RuleFields, z.ZodType>;

export const RulesInput = z.strictObject(rules).partial();

/** In a change, null clears a field. */
export const RulesChange = z.strictObject(clearable(rules));

/** How long executions are kept, as callers send it. */
export const RetentionInput = z
  .strictObject({
    maxAge: durationInput({ least: MIN_RETENTION, most: '3650d' }),
    keepLast: z.int().min(1).max(10_000).exactOptional(),
  })
  .meta({
    id: 'Retention',
    description: 'The newest `keepLast` executions are kept even if they are older than `maxAge`',
  });
