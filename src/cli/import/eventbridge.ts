import { z } from 'zod';
import { isTimezone, wallToInstantMs } from '../../domain/schedule/index.ts';
import { toInstant } from '../../domain/values.ts';
import { attemptsAfter, bodyOf, type Conversion, type Importer, literal } from './imported.ts';

const Target = z.looseObject({
  Arn: z.string(),
  Input: z.string().optional(),
  RetryPolicy: z
    .object({ MaximumRetryAttempts: z.int().optional(), MaximumEventAgeInSeconds: z.int().optional() })
    .optional(),
  HttpParameters: z
    .object({
      PathParameterValues: z.array(z.string()).default([]),
      HeaderParameters: z.record(z.string(), z.string()).default({}),
      QueryStringParameters: z.record(z.string(), z.string()).default({}),
    })
    .partial()
    .optional(),
});
const Entry = z.looseObject({
  Name: z.string(),
  Description: z.string().nullish(),
  ScheduleExpression: z.string().optional(),
  ScheduleExpressionTimezone: z.string().nullish(),
  State: z.string().optional(),
  StartDate: z.union([z.string(), z.number()]).nullish(),
  EndDate: z.union([z.string(), z.number()]).nullish(),
  FlexibleTimeWindow: z.object({ Mode: z.string(), MaximumWindowInMinutes: z.int().nullish() }).optional(),
  ActionAfterCompletion: z.string().nullish(),
  Target: Target.optional(),
  Targets: z.array(Target).optional(),
});
type Entry = z.infer<typeof Entry>;

const Destination = z.looseObject({
  ApiDestinationArn: z.string(),
  InvocationEndpoint: z.string(),
  HttpMethod: z.string(),
});
type Destination = z.infer<typeof Destination>;

const File = z.object({
  Schedules: z.array(Entry).default([]),
  Rules: z.array(Entry).default([]),
  ApiDestinations: z.array(Destination).default([]),
});

/**
 * Imports schedules as printed by `aws scheduler get-schedule`, or rules with their Targets: one, a list, or an object with
 * `Schedules`, `Rules` and the `ApiDestinations` that they call.
 */
export const fromEventBridge: Importer = async (text) => {
  const given: unknown = JSON.parse(text);
  const list = Array.isArray(given)
    ? { Schedules: given }
    : Object(given).Name === undefined
      ? given
      : { Schedules: [given] };
  const { Schedules, Rules, ApiDestinations } = File.parse(list);
  return [...Schedules, ...Rules].flatMap((entry) => {
    const targets = entry.Target === undefined ? (entry.Targets ?? []) : [entry.Target];
    if (targets.length === 0) {
      return [
        {
          at: entry.Name,
          notes: [
            'has no target in this file: use the output of get-schedule or list-targets-by-rule, because lists omit targets',
          ],
        },
      ];
    }
    return targets.map((target) => ({ at: entry.Name, ...jobOf(entry, target, ApiDestinations) }));
  });
};

const jobOf = (entry: Entry, target: z.infer<typeof Target>, destinations: readonly Destination[]): Conversion => {
  const destination = destinations.find(({ ApiDestinationArn }) => sameDestination(ApiDestinationArn, target.Arn));
  if (destination === undefined) {
    const isDestination = target.Arn.includes(':api-destination/');
    const why = isDestination
      ? 'is an API destination that is missing in the file: add the output of `aws events list-api-destinations`'
      : 'is not an HTTP target and has no equivalent: make it reachable at a URL';
    return { notes: [`${target.Arn} ${why}`] };
  }
  const schedule = scheduleOf(entry);
  if (typeof schedule === 'string') return { notes: [schedule] };
  const { PathParameterValues = [], HeaderParameters = {}, QueryStringParameters = {} } = target.HttpParameters ?? {};
  const { RetryPolicy: { MaximumRetryAttempts, MaximumEventAgeInSeconds } = {} } = target;
  const { FlexibleTimeWindow: window } = entry;
  const isFlexible = window?.Mode === 'FLEXIBLE' && window.MaximumWindowInMinutes;
  const paths = [...PathParameterValues];
  const url = new URL(destination.InvocationEndpoint.replace(/\*/g, () => encodeURIComponent(paths.shift() ?? '')));
  for (const [name, value] of Object.entries(QueryStringParameters)) url.searchParams.set(name, value);
  const headers = { 'Content-Type': 'application/json; charset=utf-8', ...HeaderParameters };
  const hasBody = target.Input !== undefined && !['GET', 'HEAD'].includes(destination.HttpMethod);
  const notes = [
    'the connection of the API destination is missing in the file: set its authorization with `auth`',
    ...(isFlexible ? ['the flexible time window becomes jitter: each slot is delayed by up to this duration'] : []),
    ...(target.DeadLetterConfig === undefined ? [] : ['DeadLetterConfig has no equivalent: use an alert rule']),
    ...(target.InputTransformer === undefined ? [] : ['InputTransformer has no equivalent']),
  ];
  return {
    notes,
    job: {
      name: entry.Name,
      description: entry.Description || undefined,
      enabled: entry.State === 'DISABLED' ? false : undefined,
      ...schedule,
      startAt: instantOf(entry.StartDate),
      endAt: instantOf(entry.EndDate),
      jitter: isFlexible ? `${window.MaximumWindowInMinutes}m` : undefined,
      afterCompletion: entry.ActionAfterCompletion === 'DELETE' ? 'delete' : undefined,
      retry:
        MaximumRetryAttempts === undefined
          ? undefined
          : {
              maxAttempts: attemptsAfter(MaximumRetryAttempts),
              ...(MaximumEventAgeInSeconds === undefined ? {} : { maxElapsed: `${MaximumEventAgeInSeconds}s` }),
            },
      taskType: 'HttpInvokerTask',
      taskConfig: {
        url: literal(url.href),
        method: destination.HttpMethod,
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, literal(value)])),
        ...(hasBody ? { body: bodyOf(target.Input ?? '', headers) } : {}),
      },
    },
  };
};

/** The ARN of a destination may end with its id, which a target's may lack. */
const sameDestination = (one: string, other: string): boolean => {
  const [, a] = /:api-destination\/([^/]+)/.exec(one) ?? [];
  const [, b] = /:api-destination\/([^/]+)/.exec(other) ?? [];
  return a !== undefined && a === b;
};

const instantOf = (given: string | number | null | undefined): string | undefined => {
  if (given === undefined || given === null) return undefined;
  return toInstant(typeof given === 'number' ? given * 1_000 : Date.parse(given));
};

const UNITS: Readonly<Record<string, string>> = { minute: 'm', hour: 'h', day: 'd' };

/** The job's fields, or why it has no counterpart. */
type FoundSchedule = string | Readonly<Record<string, unknown>>;

const scheduleOf = ({ ScheduleExpression: text = '', ScheduleExpressionTimezone: zone }: Entry): FoundSchedule => {
  const timezone = zone ?? undefined;
  const [, kind, inner = ''] = /^(cron|rate|at)\((.*)\)$/.exec(text.trim()) ?? [];
  switch (kind) {
    case 'rate': {
      const [, count, unit = ''] = /^(\d+) (minute|hour|day)s?$/.exec(inner) ?? [];
      if (count === undefined) break;
      return { schedule: { every: `${count}${UNITS[unit]}` }, timezone };
    }
    case 'at': {
      const wallMs = Date.parse(`${inner}Z`);
      if (Number.isNaN(wallMs) || !isTimezone(timezone ?? 'UTC')) break;
      return { schedule: { at: toInstant(wallToInstantMs(timezone ?? 'UTC', wallMs)) }, timezone };
    }
    case 'cron': {
      const [minute, hour, dayOfMonth, month, dayOfWeek, year] = inner.trim().split(/\s+/);
      if (minute === undefined || year === undefined || dayOfWeek === undefined) break;
      if (year !== '*') return `the year ${year} of ${text} has no equivalent: use startAt and endAt`;
      const days = [dayOfMonth, month, weekdays(dayOfWeek)].map((field) => (field === '?' ? '*' : field));
      return { pattern: [minute, hour, ...days].join(' '), timezone };
    }
  }
  return `${text === '' ? 'an event pattern' : text} has no equivalent`;
};

/** Sunday is 1 there; numbers after `#` count weeks, those after `/` days. */
const weekdays = (field: string): string => field.replace(/(?<![#/\d])[1-7](?!\d)/g, (day) => String(Number(day) - 1));
