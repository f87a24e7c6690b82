import type { RefObject } from 'preact';
import { ApplicationFilter } from '../../components/application-filter.tsx';
import { Icon } from '../../components/icon.tsx';
import { useTyped } from '../../components/typed.ts';
import { capital } from '../../format/codes.ts';
import { formatLine, isNarrowed, type JobsFilter, LISTED_STATES, parseLine, readFilter, stateNamed } from './filter.ts';

type FilterBarProps = {
  readonly filter: JobsFilter;
  readonly onFilter: (filter: JobsFilter) => void;
  readonly search: RefObject<HTMLInputElement | null>;
};

export const FilterBar = ({ filter, onFilter, search }: FilterBarProps) => {
  const change = (changes: Partial<JobsFilter>) => onFilter({ ...filter, ...changes });
  return (
    <search class="filters">
      <div class="search-field">
        <Icon name="search" />
        <LineFilter filter={filter} onFilter={onFilter} inputRef={search} />
        <kbd class="only-wide">/</kbd>
      </div>
      <ApplicationFilter by="name" value={filter.application} onValue={(application) => change({ application })} />
      <label>
        <span class="unseen">State</span>
        <select
          value={filter.state || ENABLED[filter.enabled]}
          onChange={({ currentTarget }) => change(stateNamed(currentTarget.value))}
        >
          <option value="">Any state</option>
          <option value="enabled">Enabled</option>
          <option value="disabled">Disabled</option>
          {LISTED_STATES.map((state) => (
            <option key={state} value={state}>
              {capital(state)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span class="unseen">Last result</span>
        <select value={filter.lastStatus} onChange={({ currentTarget }) => change(readLastStatus(currentTarget.value))}>
          <option value="">Any result</option>
          <option value="succeeded">Succeeded</option>
          <option value="failed">Failed</option>
          <option value="running">Running</option>
          <option value="pending">Pending</option>
          <option value="cancelled">Cancelled</option>
        </select>
      </label>
      {isNarrowed(filter) ? (
        <button type="button" class="ghost" onClick={() => onFilter({ ...readFilter(''), sort: filter.sort })}>
          <Icon name="clear" />
          Clear
        </button>
      ) : null}
    </search>
  );
};

const ENABLED = { '': '', true: 'enabled', false: 'disabled' } as const;

type LineProps = {
  readonly filter: JobsFilter;
  readonly onFilter: (filter: JobsFilter) => void;
  readonly inputRef: RefObject<HTMLInputElement | null>;
};

/** The whole filter as one line. */
const LineFilter = ({ filter, onFilter, inputRef }: LineProps) => {
  const { sort } = filter;
  const typed = useTyped({
    value: formatLine(filter),
    onValue: (line) => onFilter(parseLine(line, sort)),
    // Half a condition changes nothing, and stays as it was typed.
    read: (line) => formatLine(parseLine(line, sort)),
  });
  return (
    <input
      ref={inputRef}
      type="search"
      aria-label="Search jobs by name, or by a condition"
      placeholder="Name, or state:failing app:billing label:team=money"
      spellcheck={false}
      autocomplete="off"
      {...typed}
    />
  );
};

const readLastStatus = (value: string): Pick<JobsFilter, 'lastStatus'> => ({
  lastStatus: readFilter(`?lastStatus=${encodeURIComponent(value)}`).lastStatus,
});
