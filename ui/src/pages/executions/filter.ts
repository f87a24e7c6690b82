import type { Execution } from '../../../../packages/client/src/schema.ts';
import type { ExecutionAction, Work } from '../../components/bulk-work.ts';
import { namedLike } from '../../format/name-filter.ts';
import { type Span, spanNamed } from '../../format/spans.ts';

/** Filter of the list of executions, as in the address of the page. */
export const FIELDS = [
  'jobName',
  'application',
  'status',
  'trigger',
  'worker',
  'errorCode',
  'errorText',
  'label',
  'span',
  'from',
  'to',
  'jobId',
  'backfillId',
] as const;
export type FilterField = (typeof FIELDS)[number];

export type ExecutionsFilter = Readonly<Partial<Record<FilterField, string>>>;

export const readExecutionsFilter = (search: string): ExecutionsFilter => {
  const query = new URLSearchParams(search);
  return Object.fromEntries(
    FIELDS.flatMap((field) => {
      const value = query.get(field);
      return value === null || value === '' ? [] : [[field, value]];
    }),
  );
};

/** Address of the list; a cursor selects a page. */
export const executionsAddress = (filter: ExecutionsFilter, other: Readonly<Record<string, string>> = {}): string => {
  const query = new URLSearchParams([
    ...Object.entries(filter).filter(([, value]) => value.trim() !== ''),
    ...Object.entries(other),
  ]);
  return query.size === 0 ? '/executions' : `/executions?${query}`;
};

const TRIGGERS = ['schedule', 'manual', 'backfill', 'rerun'] as const;
type Trigger = (typeof TRIGGERS)[number];

/** The time range of creation; `undefined` for any. */
export const spanOf = ({ span, from, to }: ExecutionsFilter, nowMs: number): Span | undefined => {
  const lengthMs = spanNamed(span)?.[2];
  const fromMs = from === undefined ? lengthMs && nowMs - lengthMs : Date.parse(from);
  return fromMs === undefined ? undefined : { fromMs, toMs: to === undefined ? nowMs : Date.parse(to) };
};

/** The query of `GET /executions` for a filter. */
export const executionsQuery = (
  { trigger, jobId, backfillId, label, span, ...filter }: ExecutionsFilter,
  nowMs: number,
) => {
  const since = spanOf({ ...(span === undefined ? {} : { span }) }, nowMs);
  const known = TRIGGERS.find((each): each is Trigger => each === trigger);
  const texts = Object.entries(filter).map(([field, text]) => [field, text.trim()] as const);
  const name = filter.jobName?.trim() ?? '';
  return {
    ...(since === undefined ? {} : { from: new Date(since.fromMs).toISOString() }),
    ...Object.fromEntries(texts.filter(([, text]) => text !== '')),
    ...(name === '' ? {} : { jobName: namedLike(name) }),
    ...(label?.includes(':') ? { label: label.trim() } : {}),
    ...(known === undefined ? {} : { trigger: known }),
    ...(jobId === undefined ? {} : { jobId: Number(jobId) }),
    ...(backfillId === undefined ? {} : { backfillId: Number(backfillId) }),
  };
};

const STATUSES = {
  rerun: ['succeeded', 'failed', 'cancelled'],
  cancel: ['pending', 'running'],
} as const satisfies Record<ExecutionAction, readonly Execution['status'][]>;

/** Bulk actions on all matches: rerun ended ones, cancel open ones. */
export const bulksOf = (filter: ExecutionsFilter, nowMs: number): readonly Work[] => {
  const { status: wanted, ...others } = filter;
  const { label, ...query } = executionsQuery(others, nowMs);
  const [key = '', ...value] = (label ?? '').split(':');
  return (['rerun', 'cancel'] as const).flatMap((action) => {
    const statuses = STATUSES[action].filter((each) => wanted?.split(',').includes(each) ?? true);
    const labels = label === undefined ? {} : { labels: { [key]: value.join(':') } };
    return statuses.length === 0
      ? []
      : [{ of: 'executions' as const, action, filter: { ...query, ...labels, status: [...statuses] } }];
  });
};
