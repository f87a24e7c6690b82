import { z } from 'zod';
import { RuleLabels, ruleFields } from '../commands/alert-rule/alert-rule-input.ts';
import { SetCalendar } from '../commands/calendar.ts';
import { Name } from '../commands/job/job-input.ts';
import { SetLimit } from '../commands/named-values/limits.ts';
import { ValueText } from '../commands/named-values/named-value.ts';
import { VARIABLES } from '../commands/named-values/variables.ts';
import { ReasonInput, Slug } from '../commands/parse.ts';
import { type AlertReceiver, CatchUp } from '../domain/events/index.ts';
import { InstantInput } from '../domain/values.ts';

/**
 * What an application has beside its jobs, as its file says it. What a file leaves out is left alone; of what it says,
 * everything is named, and what the sync set and the file names no more is deleted.
 */
export const AppResources = z.strictObject({
  variables: z.record(VARIABLES.nameInput, ValueText).optional(),
  limits: z.record(Slug, SetLimit).optional(),
  /** Of the tenant, as all calendars are. */
  calendars: z.record(Slug, SetCalendar).optional(),
  /** For the jobs of the application, or for one. Their names are of the tenant. */
  alertRules: z.record(Slug, z.strictObject({ job: Name.optional(), labels: RuleLabels, ...ruleFields })).optional(),
  /** At most one of the application, and one of each job. */
  pauses: z
    .array(
      z.strictObject({
        job: Name.optional(),
        until: InstantInput.optional(),
        catchUp: CatchUp.optional(),
        reason: ReasonInput.optional(),
      }),
    )
    .max(1_000)
    .refine(
      (pauses) => new Set(pauses.map(({ job }) => job)).size === pauses.length,
      'has more than one pause of a job: keep one',
    )
    .optional(),
});

export type AppResources = z.infer<typeof AppResources>;

export type AlertRuleFields = NonNullable<AppResources['alertRules']>[string];

/** A rule as it is compared: its receivers name the application that they need, and its scope follows from its job. */
export const alertRuleOf = (
  { job, labels, description, condition, message, groupWait, atMostEvery, maintenance }: AlertRuleFields,
  receivers: readonly AlertReceiver[],
): AppResource['value'] => ({
  ...(job === undefined ? { scope: 'application', labels: labels ?? undefined } : { scope: 'job', job }),
  ...{ description: description ?? undefined, condition, message: message ?? undefined, receivers },
  ...{ groupWait, atMostEvery, maintenance },
});

/** The kinds that a file says something of. */
export const kindsIn = (resources: AppResources): ReadonlySet<AppResourceKind> =>
  new Set(BELONGING_KINDS.filter((kind) => resources[`${kind}s`] !== undefined));

/** All that a file says, but for alert rules, whose receivers have to be checked first. */
export const appResourcesIn = ({
  variables = {},
  limits = {},
  calendars = {},
  pauses = [],
}: AppResources): AppResource[] => [
  ...Object.entries(variables).map(([name, value]): AppResource => ({ kind: 'variable', name, value: { value } })),
  ...Object.entries(limits).map(
    ([name, { parallel, rate }]): AppResource => ({ kind: 'limit', name, value: { parallel, rate } }),
  ),
  ...Object.entries(calendars).map(
    ([name, { dates, description }]): AppResource => ({
      ...{ kind: 'calendar', name, value: { dates, description: description ?? undefined } },
    }),
  ),
  ...pauses.map(({ job = WHOLE_APPLICATION, ...value }): AppResource => ({ kind: 'pause', name: job, value })),
];

export const BELONGING_KINDS = ['variable', 'limit', 'calendar', 'alertRule', 'pause'] as const;
export type AppResourceKind = (typeof BELONGING_KINDS)[number];

/** How each kind is called in messages. */
export const BELONGING_WORDS: Readonly<Record<AppResourceKind, string>> = {
  variable: 'variable',
  limit: 'limit',
  calendar: 'calendar',
  alertRule: 'alert rule',
  pause: 'pause',
};

/** A pause has no name: it goes by the job that it is of. One of the application goes by this, which no job is called. */
export const WHOLE_APPLICATION = '/';

/** One thing that belongs to an application. */
export type AppResource = {
  readonly kind: AppResourceKind;
  readonly name: string;
  /** What it says, as far as it is compared. */
  readonly value: Readonly<Record<string, unknown>>;
  /** Why it can't be set yet, and what to do. */
  readonly waits?: string | undefined;
};
