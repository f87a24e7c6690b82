/** What the list of executions is narrowed to, as the address of the page says it. */
export const FIELDS = [
  'jobName',
  'application',
  'status',
  'trigger',
  'errorCode',
  'errorText',
  'label',
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

/** The address of the list; a cursor is where a page of it begins. */
export const executionsAddress = (filter: ExecutionsFilter, other: Readonly<Record<string, string>> = {}): string => {
  const query = new URLSearchParams([
    ...Object.entries(filter).filter(([, value]) => value.trim() !== ''),
    ...Object.entries(other),
  ]);
  return query.size === 0 ? '/executions' : `/executions?${query}`;
};

const TRIGGERS = ['schedule', 'manual', 'backfill', 'rerun'] as const;
type Trigger = (typeof TRIGGERS)[number];

/** The query of `GET /executions` that a filter asks for. */
export const executionsQuery = ({ trigger, jobId, backfillId, label, ...filter }: ExecutionsFilter) => {
  const known = TRIGGERS.find((each): each is Trigger => each === trigger);
  const texts = Object.entries(filter).map(([field, text]) => [field, text.trim()] as const);
  return {
    ...Object.fromEntries(texts.filter(([, text]) => text !== '')),
    ...(label?.includes(':') ? { label: label.trim() } : {}),
    ...(known === undefined ? {} : { trigger: known }),
    ...(jobId === undefined ? {} : { jobId: Number(jobId) }),
    ...(backfillId === undefined ? {} : { backfillId: Number(backfillId) }),
  };
};
