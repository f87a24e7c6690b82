import { z } from 'zod';
import { messageProblem } from '../../domain/alert-rule/alert-rule.ts';
import { durationInput } from '../../domain/duration-input.ts';
import { NOT_CALLED_REASONS, PAGERDUTY_SEVERITIES } from '../../domain/events/index.ts';
import { ApplicationId, InstantInput, isPlainText, JobId, toMs } from '../../domain/values.ts';
import { Description, Labels } from '../job/job-input.ts';
import { ValueName } from '../named-values/named-value.ts';
import { Slug, serverSet } from '../parse.ts';

const MAX_RECEIVERS = 10;
const MAX_MESSAGE = 300;
const MAX_SPANS = 100;
const MAX_URL = 2_000;
const MAX_ADDRESS = 254;

export const AlertRuleNamed = z.strictObject({ name: Slug });

const over = durationInput({ least: '1s', most: '366d' });

const reason = z.enum(NOT_CALLED_REASONS).exactOptional();

const Condition = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('failures'), count: z.int().min(1).max(1_000) }),
  z.strictObject({ kind: z.literal('missed'), reason }),
  z.strictObject({ kind: z.literal('skipped'), reason }),
  z.strictObject({ kind: z.literal('late'), over }),
  z.strictObject({ kind: z.literal('noSuccess'), over }),
  z.strictObject({ kind: z.literal('notRun'), over }),
  z.strictObject({ kind: z.literal('notTaken'), over }),
  z.strictObject({ kind: z.literal('noSlots') }),
  z.strictObject({ kind: z.literal('running'), over }),
  z.strictObject({ kind: z.literal('disabled') }),
]);

/** Accounts in the EU have a different URL. */
const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';

const Url = z.string().min(1).max(MAX_URL);
const ofSecret = {
  secret: ValueName,
  /** For a tenant-wide rule; other rules use their application's secrets. */
  secretApplicationId: ApplicationId.optional(),
};

const Receiver = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('webhook'),
    url: Url,
    /** For a tenant-wide rule; other rules are signed by their application. */
    signedBy: ApplicationId.optional(),
  }),
  z.strictObject({ type: z.literal('email'), to: z.email('must be an email address').max(MAX_ADDRESS) }),
  z.strictObject({ type: z.literal('slack'), ...ofSecret }),
  z.strictObject({ type: z.literal('teams'), ...ofSecret }),
  z.strictObject({
    type: z.literal('pagerduty'),
    ...ofSecret,
    url: Url.default(PAGERDUTY_URL),
    severity: z.enum(PAGERDUTY_SEVERITIES).default('error'),
  }),
]);

const Span = z
  .strictObject({ from: InstantInput, to: InstantInput })
  .refine(({ from, to }) => toMs(to) > toMs(from), { path: ['to'], error: 'must be after from' });

/** A single line, because it is the subject of mails. */
const Message = z
  .string()
  .min(1, 'must not be empty')
  .max(MAX_MESSAGE)
  .refine(isPlainText, 'must be one line of plain text')
  .superRefine((text, { addIssue }) => {
    const problem = messageProblem(text);
    if (problem !== undefined) addIssue(problem);
  });

/** Fields of rules of every scope. */
export const ruleFields = {
  ...serverSet('name', 'createdAt', 'createdBy', 'updatedAt', 'updatedBy'),
  description: Description.nullish(),
  condition: Condition,
  message: Message.nullish(),
  receivers: z.array(Receiver).min(1, 'must name at least one receiver').max(MAX_RECEIVERS),
  groupWait: durationInput({ least: 0, most: '1h' }).default('30s'),
  atMostEvery: durationInput({ least: 0, most: '1d' }).default('5m'),
  maintenance: z
    .array(Span)
    .max(MAX_SPANS)
    .default([])
    .transform((spans) => spans.toSorted((a, b) => toMs(a.from) - toMs(b.from))),
};

/** Selects jobs of the scope that have all these labels. */
export const RuleLabels = Labels.refine(
  (given) => Object.keys(given).length > 0,
  'must have at least one label',
).nullish();

/** `of` names the job or application; a tenant needs no name. */
export const SetAlertRule = z.discriminatedUnion('scope', [
  z.strictObject({ scope: z.literal('job'), of: JobId, ...ruleFields }),
  z.strictObject({ scope: z.literal('application'), of: ApplicationId, labels: RuleLabels, ...ruleFields }),
  z.strictObject({ scope: z.literal('tenant'), labels: RuleLabels, ...ruleFields }),
]);
export type SetAlertRule = z.infer<typeof SetAlertRule>;
