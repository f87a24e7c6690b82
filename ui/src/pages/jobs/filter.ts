import { namedLike } from '../../format/name-filter.ts';

/** Filter and order of the list of jobs, as in the address of the page. */
export type JobsFilter = {
  readonly name: string;
  readonly application: string;
  readonly target: string;
  readonly enabled: '' | 'true' | 'false';
  readonly state: '' | ListedState;
  readonly label: string;
  readonly createdBy: string;
  readonly lastStatus: '' | LastStatus;
  readonly sort: JobsSort;
};

export const LISTED_STATES = ['active', 'failing', 'blocked', 'paused', 'parked', 'completed'] as const;
export type ListedState = (typeof LISTED_STATES)[number];
const LAST_STATUSES = ['succeeded', 'failed', 'running', 'pending', 'cancelled'] as const;
export type LastStatus = (typeof LAST_STATUSES)[number];
const COLUMNS = [
  'createdAt',
  'name',
  'application',
  'enabled',
  'lastStatus',
  'lastRunAt',
  'nextRunAt',
  'createdBy',
] as const;
export type SortColumn = (typeof COLUMNS)[number];
export type JobsSort = SortColumn | `-${SortColumn}`;
const SORTS = COLUMNS.flatMap((column): JobsSort[] => [column, `-${column}`]);

export const FIRST_SORT: JobsSort = 'name';

export const readFilter = (search: string): JobsFilter => {
  const query = new URLSearchParams(search);
  const text = (name: string): string => query.get(name) ?? '';
  const enabled = text('enabled');
  return {
    name: text('name'),
    application: text('application'),
    target: text('target'),
    enabled: enabled === 'true' || enabled === 'false' ? enabled : '',
    state: LISTED_STATES.find((each) => each === text('state')) ?? '',
    label: text('label'),
    createdBy: text('createdBy'),
    lastStatus: LAST_STATUSES.find((each) => each === text('lastStatus')) ?? '',
    sort: SORTS.find((each) => each === text('sort')) ?? FIRST_SORT,
  };
};

/** The query of the page's address; empty for the default. */
export const writeFilter = ({ sort, ...filter }: JobsFilter): string => {
  const fields = Object.entries(filter).filter(([, value]) => value !== '');
  const query = new URLSearchParams(sort === FIRST_SORT ? fields : [...fields, ['sort', sort]]);
  return query.size === 0 ? '' : `?${query}`;
};

const KEYS: Readonly<Record<string, 'application' | 'label' | 'createdBy' | 'target'>> = {
  app: 'application',
  application: 'application',
  label: 'label',
  owner: 'createdBy',
  target: 'target',
};

/** Parts of a line: `key:value` or `key:"some value"`, or a word. */
const PART = /(\w+):(?:"([^"]*)"|(\S+))|(\S+)/g;

/** Reads a filter from one line, such as `sync state:failing app:billing label:team=money`. Other text is part of the name. */
export const parseLine = (line: string, sort: JobsSort): JobsFilter => {
  const filter: { -readonly [K in keyof JobsFilter]: JobsFilter[K] } = { ...readFilter('') };
  const words: string[] = [];
  const labels: string[] = [];
  for (const [part, key = '', quoted, plain, word] of line.matchAll(PART)) {
    const value = quoted ?? plain ?? '';
    const field = KEYS[key];
    if (word !== undefined) words.push(word);
    else if (key === 'state') Object.assign(filter, stateNamed(value));
    else if (key === 'result') filter.lastStatus = LAST_STATUSES.find((each) => each === value) ?? '';
    else if (field === 'label') labels.push(value.replace('=', ':'));
    else if (field !== undefined) filter[field] = value;
    else words.push(part);
  }
  return { ...filter, name: words.join(' '), label: labels.join(' '), sort };
};

/** The state as one choice: that of enabled jobs, or whether a job is enabled. */
export const stateNamed = (name: string): Pick<JobsFilter, 'enabled' | 'state'> => ({
  enabled: name === 'enabled' ? 'true' : name === 'disabled' ? 'false' : '',
  state: LISTED_STATES.find((each) => each === name) ?? '',
});

/** Writes a filter as such a line. */
export const formatLine = ({
  name,
  application,
  target,
  enabled,
  state,
  label,
  createdBy,
  lastStatus,
}: JobsFilter): string => {
  const ofState = state || (enabled === '' ? '' : enabled === 'true' ? 'enabled' : 'disabled');
  const parts = [
    ['state', ofState],
    ['result', lastStatus],
    ['app', application],
    ...labelsOf(label).map((each) => ['label', each.replace(':', '=')] as const),
    ['owner', createdBy],
    ['target', target],
  ] as const;
  const written = parts.flatMap(([key, value]) =>
    value === '' ? [] : [`${key}:${/\s/.test(value) ? `"${value}"` : value}`],
  );
  return [...(name === '' ? [] : [name]), ...written].join(' ');
};

export const isNarrowed = ({ sort: _, ...filter }: JobsFilter): boolean =>
  Object.values(filter).some((value) => value !== '');

/** Returns whether a run can bring a job into the list that it does not show. */
export const dependsOnRuns = ({ state, lastStatus, sort }: JobsFilter): boolean =>
  state !== '' || lastStatus !== '' || /^-?(lastStatus|lastRunAt|nextRunAt)$/.test(sort);

/** Labels are typed as `key:value`, separated by blanks or commas. */
export const labelsOf = (label: string): string[] => label.split(/[\s,]+/).filter((each) => /^[^:]+:/.test(each));

/** The query of `GET /jobs` for a filter. */
export const listQuery = (filter: JobsFilter) => {
  const { name, application, target, enabled, state, label, createdBy, lastStatus, sort } = filter;
  const labels = labelsOf(label);
  return {
    ...(name.trim() === '' ? {} : { name: namedLike(name.trim()) }),
    ...(application === '' ? {} : { application }),
    ...(target.trim() === '' ? {} : { target: target.trim() }),
    ...(enabled === '' ? {} : { enabled }),
    ...(state === '' ? {} : { state }),
    ...(labels.length === 0 ? {} : { label: labels }),
    ...(createdBy.trim() === '' ? {} : { createdBy: createdBy.trim() }),
    ...(lastStatus === '' ? {} : { lastStatus }),
    sort,
  };
};

/** The bulk operation's filter for everything that the list shows. */
export const bulkFilter = (filter: JobsFilter) => {
  const { sort: _, state, label = [], enabled, ...rest } = listQuery(filter);
  const narrowed = {
    ...rest,
    ...(state === undefined ? {} : { state: [state] }),
    ...(enabled === undefined ? {} : { enabled: enabled === 'true' }),
    ...(label.length === 0
      ? {}
      : {
          labels: Object.fromEntries(
            label.map((each) => [each.slice(0, each.indexOf(':')), each.slice(each.indexOf(':') + 1)]),
          ),
        }),
  };
  return Object.keys(narrowed).length === 0 ? { all: true as const } : narrowed;
};

/** The order after a click on a column header: ascending, then descending. */
export const sortedBy = (column: SortColumn, sort: JobsSort): JobsSort => (sort === column ? `-${column}` : column);
