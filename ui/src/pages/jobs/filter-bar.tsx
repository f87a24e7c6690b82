import type { RefObject } from 'preact';
import { ApplicationFilter } from '../../components/application-filter.tsx';
import { Icon } from '../../components/icon.tsx';
import { TextFilter } from '../../components/text-filter.tsx';
import { capital } from '../../format/codes.ts';
import { isNarrowed, type JobsFilter, LISTED_STATES, readFilter } from './filter.ts';

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
        <TextFilter
          inputRef={search}
          label="Search jobs by name"
          placeholder="Search by name"
          value={filter.name}
          onValue={(name) => change({ name })}
        />
        <kbd class="only-wide">/</kbd>
      </div>
      <ApplicationFilter by="name" value={filter.application} onValue={(application) => change({ application })} />
      <label>
        <span class="unseen">State</span>
        <select
          value={filter.state || filter.enabled}
          onChange={({ currentTarget }) => change(readState(currentTarget.value))}
        >
          <option value="">Any state</option>
          <option value="true">Enabled</option>
          <option value="false">Disabled</option>
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
      <TextFilter
        label="Labels (key:value)"
        placeholder="Label key:value"
        value={filter.label}
        onValue={(label) => change({ label })}
      />
      <TextFilter
        label="Owner (the creator)"
        placeholder="Owner"
        value={filter.createdBy}
        onValue={(createdBy) => change({ createdBy })}
      />
      <TextFilter
        label="Target: host, host:port or origin"
        placeholder="Target"
        value={filter.target}
        onValue={(target) => change({ target })}
      />
      {isNarrowed(filter) ? (
        <button type="button" class="ghost" onClick={() => onFilter({ ...readFilter(''), sort: filter.sort })}>
          <Icon name="clear" />
          Clear
        </button>
      ) : null}
    </search>
  );
};

/** The field offers one value at a time. */
const readState = (value: string): Pick<JobsFilter, 'enabled' | 'state'> => {
  const { enabled, state } = readFilter(`?enabled=${encodeURIComponent(value)}&state=${encodeURIComponent(value)}`);
  return { enabled, state };
};

const readLastStatus = (value: string): Pick<JobsFilter, 'lastStatus'> => ({
  lastStatus: readFilter(`?lastStatus=${encodeURIComponent(value)}`).lastStatus,
});
