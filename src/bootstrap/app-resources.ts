import { z } from 'zod';
import { RuleLabels, ruleFields } from '../commands/alert-rule/alert-rule-input.ts';
import { SetCalendar } from '../commands/closures.ts';
import { Name } from '../commands/job/job-input.ts';
import { SetLimit, VARIABLES, ValueText } from '../commands/named-values/named-value.ts';
import { ReasonInput, Slug } from '../commands/parse.ts';
import { type AlertReceiver, CatchUp } from '../domain/events/index.ts';
import { InstantInput } from '../domain/values.ts';

/**
 * The resources of an application other than jobs, as its file defines them. Omitted kinds are left unchanged. For a given
 * kind, resources that the sync set and the file no longer contains are deleted.
 */
export const AppResources = z.strictObject({
  variables: z.record(VARIABLES.nameInput, ValueText).optional(),
  limits: z.record(Slug, SetLimit).optional(),
  /** Calendars belong to the tenant. */
  calendars: z.record(Slug, SetCalendar).optional(),
  /** For the application's jobs, or for one job. Their names are unique in the tenant. */
  alertRules: z.record(Slug, z.strictObject({ job: Name.optional(), labels: RuleLabels, ...ruleFields })).optional(),
  /** At most one for the application, and one for each job. */
  pauses: z
    .array(
      z.strictObject({
        job: Name.optional(),
        from: InstantInput.optional(),
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

/** A rule in its compared form: its receivers name the application that they need, and its scope follows from its job. */
export const alertRuleOf = (
  { job, labels, description, condition, message, groupWait, atMostEvery, maintenance }: AlertRuleFields,
  receivers: readonly AlertReceiver[],
): AppResource['value'] => ({
  ...(job === undefined ? { scope: 'application', labels: labels ?? undefined } : { scope: 'job', job }),
  ...{ description: description ?? undefined, condition, message: message ?? undefined, receivers },
  ...{ groupWait, atMostEvery, maintenance },
});

/** The kinds that a file defines. */
export const kindsIn = (resources: AppResources): ReadonlySet<AppResourceKind> =>
  new Set(RESOURCE_KINDS.filter((kind) => resources[`${kind}s`] !== undefined));

/** All resources of a file except alert rules, which need a check of their receivers first. */
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

export const RESOURCE_KINDS = ['variable', 'limit', 'calendar', 'alertRule', 'pause'] as const;
export type AppResourceKind = (typeof RESOURCE_KINDS)[number];

/** Names of the kinds in messages. */
export const RESOURCE_NOUNS: Readonly<Record<AppResourceKind, string>> = {
  variable: 'variable',
  limit: 'limit',
  calendar: 'calendar',
  alertRule: 'alert rule',
  pause: 'pause',
};

/**
 * A pause has no name and is identified by its job. This key, which no job can have, identifies the pause of the whole
 * application.
 */
export const WHOLE_APPLICATION = '/';

/** Why a resource can't be set yet, and what to do. */
export type Waits = `waits for ${string}`;

/** A resource of an application, other than a job. */
export type AppResource = {
  readonly kind: AppResourceKind;
  readonly name: string;
  /** The compared fields. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly waits?: Waits | undefined;
};
