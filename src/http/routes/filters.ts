import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import { EXECUTION_STATUSES, JOB_STATES, Trigger } from '../../domain/events/index.ts';
import { SLOT_OUTCOMES } from '../../domain/ledger/explain-slot.ts';
import { isTimezone } from '../../domain/schedule/index.ts';
import { TargetName } from '../../domain/targets/target-url.ts';
import { InstantInput } from '../../domain/values.ts';
import { hasWords, NO_WORD } from '../../domain/words.ts';
import { JOB_SORTS, type JobSort } from '../../projections/queries/job-filter.ts';
import type { ListOrder } from '../../projections/queries/page.ts';
import { asOfQuery } from '../instants.ts';
import { pageQuery, toPageRequest } from '../responses/pages.ts';
import { PathId, wholeNumber } from '../validate.ts';

export const Text = z.string().min(1).max(200);

/** `key:value`; the key ends at the first colon. */
const Label = z
  .string()
  .max(400)
  .regex(/^[^:]+:/, "is not of the form 'key:value'")
  .transform((text) => [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)] as const);

const MAX_LABELS = 50;
/** The parameter can be repeated. */
const labels = z
  .union([Label, z.array(Label).max(MAX_LABELS)])
  .transform((labels) => Object.fromEntries(isOne(labels) ? [labels] : labels))
  .meta({ description: 'As key:value; repeat it to match jobs with all of them' });
type LabelEntry = readonly [string, string];
const isOne = (labels: LabelEntry | LabelEntry[]): labels is LabelEntry => typeof labels[0] === 'string';

const ApplicationName = Text.meta({ description: 'The name of the application' });

const NAME = 'The name of the job. With * for any text, such as nightly-*, case is ignored';

const Bool = z.enum(['true', 'false']).transform((text) => text === 'true');

/** `include=body` shows large bodies too. */
const include = z
  .literal('body', "must be 'body'")
  .exactOptional()
  .meta({ description: 'Includes bodies over 4 KiB, which are omitted by default: {"omitted": true, "bytes": n}' });

const sort = z
  .enum(['createdAt', '-createdAt'], "must be 'createdAt' (oldest first) or '-createdAt' (newest first)")
  .transform((name) => (name === 'createdAt' ? ('oldest first' as const) : ('newest first' as const)))
  .exactOptional();

/** Name of a column, prefixed with `-` for descending order. */
const jobSort = z
  .enum(JOB_SORTS.flatMap((by) => [by, `-${by}` as const]))
  .transform((text): JobSort => {
    const isDescending = text.startsWith('-');
    const by = JOB_SORTS.find((each) => each === text.slice(isDescending ? 1 : 0)) ?? 'createdAt';
    return { by, isDescending };
  })
  .exactOptional();

/** Converts a query to the request for a list of jobs. */
export const toJobsRequest = ({ sort, ...query }: z.output<typeof JobsQuery>) => {
  const { filter, page } = toListRequest(query);
  return { filter, page: defined({ ...page, sort }) };
};

/** Converts a query to the request for a list: a filter, by query names, and a page. */
export const toListRequest = <Query extends ListQuery>({
  limit,
  cursor,
  sort: order,
  include: _,
  asOf: __,
  label,
  ...filter
}: Query) => ({
  filter: defined({ ...filter, labels: label }),
  page: defined({ ...toPageRequest({ limit, cursor }), order }),
});
type ListQuery = {
  readonly limit: number;
  readonly cursor?: string;
  readonly sort?: ListOrder;
  readonly include?: 'body';
  readonly asOf?: string;
  readonly label?: Record<string, string>;
};

/** Several comma-separated names. */
const someOf = <const Names extends readonly [string, ...string[]]>(names: Names) =>
  z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(names)))
    .meta({ description: `Only these, separated by commas: ${names.join(', ')}` });

export const JobsQuery = z.strictObject({
  ...pageQuery,
  ...asOfQuery,
  sort: jobSort,
  include,
  applicationId: PathId.exactOptional(),
  application: ApplicationName.exactOptional(),
  enabled: Bool.exactOptional(),
  state: someOf(JOB_STATES).exactOptional(),
  name: Text.exactOptional().meta({ description: NAME }),
  target: TargetName.exactOptional().meta({ description: 'The target: a host, host:port or an origin' }),
  label: labels.exactOptional(),
  taskType: Text.exactOptional(),
  createdBy: Text.exactOptional(),
  lastStatus: z
    .enum(EXECUTION_STATUSES)
    .exactOptional()
    .meta({ description: "The status of the job's newest execution" }),
  correlationId: Text.exactOptional().meta({ description: "The actor of the job's last change" }),
});

const MAX_SUMMARIES = 100;
export const JobSummariesQuery = z.strictObject({
  ids: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(PathId).min(1).max(MAX_SUMMARIES))
    .meta({ description: `Ids of jobs, separated by commas; at most ${MAX_SUMMARIES}` }),
});

const MAX_HOURS = 24 * 7;
export const HoursQuery = z.strictObject({
  hours: wholeNumber({ most: MAX_HOURS, byDefault: 24, description: 'How far to look back' }),
});

export const ReportQuery = z.strictObject({
  applicationId: PathId.exactOptional(),
  from: InstantInput.exactOptional().meta({
    description: 'Executions created at or after this instant; default: 24 h before `to`',
  }),
  to: InstantInput.exactOptional().meta({ description: 'Executions created before this instant; default: now' }),
});

const MAX_MINUTES = 24 * 60;
export const UpcomingQuery = z.strictObject({
  minutes: wholeNumber({ most: MAX_MINUTES, byDefault: 60, description: 'How far to look ahead' }),
});

const Outcomes = someOf(SLOT_OUTCOMES);
const Statuses = someOf(EXECUTION_STATUSES);

export const OccurrencesQuery = z.strictObject({
  ...pageQuery,
  ...asOfQuery,
  from: InstantInput.exactOptional().meta({ description: 'Slots after this instant; default: 24 h before `to`' }),
  to: InstantInput.exactOptional().meta({ description: 'Slots up to this instant; default: now' }),
  outcome: Outcomes.exactOptional(),
});

const TIMEZONE = 'is not a known IANA time zone, such as Europe/Berlin';
export const SlotDaysQuery = z.strictObject({
  month: z
    .string()
    .regex(/^(19[7-9]\d|[2-9]\d{3})-(0[1-9]|1[0-2])$/, 'is not a month such as 2026-03')
    .meta({ description: 'Such as 2026-03' }),
  timezone: z.string().refine(isTimezone, TIMEZONE).default('UTC').meta({ description: 'The time zone of the days' }),
});

const ofExecutions = {
  ...pageQuery,
  ...asOfQuery,
  sort,
  include,
  status: Statuses.exactOptional(),
  errorCode: Text.exactOptional(),
  errorText: Text.refine(hasWords, NO_WORD).exactOptional().meta({
    description: "Whole words of the error's code or message, in any case; all must match",
  }),
  label: labels.exactOptional(),
  trigger: Trigger.exactOptional(),
  worker: Text.exactOptional().meta({ description: 'Id of the worker that took its work last' }),
  backfillId: PathId.exactOptional(),
  from: InstantInput.exactOptional(),
  to: InstantInput.exactOptional(),
};
export const JobExecutionsQuery = z.strictObject(ofExecutions);
export const ExecutionsQuery = z.strictObject({
  ...ofExecutions,
  jobId: PathId.exactOptional(),
  jobName: Text.exactOptional().meta({ description: NAME }),
  applicationId: PathId.exactOptional(),
  application: ApplicationName.exactOptional(),
});
