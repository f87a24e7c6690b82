import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { Job } from '../../../../packages/client/src/schema.ts';
import { api, done, reasonHeader } from '../../api/client.ts';
import { changed } from '../../api/queries.ts';
import { ActDialog } from '../../components/act-dialog.tsx';
import { mayDo, VERBS } from '../../components/bulk-actions.ts';
import { BulkDialog } from '../../components/bulk-menu.tsx';
import type { JobAction } from '../../components/bulk-work.ts';
import { showSuccess } from '../../components/toasts.tsx';
import { formatCount } from '../../format/count.ts';
import { bulkFilter, isNarrowed, type JobsFilter } from './filter.ts';

type ChosenJob = Pick<Job, 'id' | 'name' | 'enabled'>;

/** The selected jobs by id. */
const chosen = signal<ReadonlyMap<number, ChosenJob>>(new Map());
/** Whether all jobs that match the filter are selected, shown or not. */
const areAllChosen = signal(false);

const chooseAll = (isChosen: boolean): void => {
  areAllChosen.value = isChosen;
  chosen.value = new Map();
};

/** Selects all jobs that match the filter. */
export const AllBox = () => (
  <input
    type="checkbox"
    aria-label="Select all that match"
    checked={areAllChosen.value}
    onChange={({ currentTarget: { checked } }) => chooseAll(checked)}
  />
);

const ACTIONS = ['enable', 'disable', 'trigger', 'delete'] as const;

/** Jobs can be selected only by users who can act on them. */
export const mayChoose = (): boolean => ACTIONS.some(mayDo);

const choose = (job: ChosenJob, isChosen: boolean): void => {
  const next = new Map(chosen.value);
  if (isChosen) next.set(job.id, job);
  else next.delete(job.id);
  chosen.value = next;
};

export const ChosenBox = ({ job }: { readonly job: Job }) => (
  <input
    type="checkbox"
    aria-label={`Select ${job.name}`}
    checked={areAllChosen.value || chosen.value.has(job.id)}
    onChange={({ currentTarget: { checked } }) => (areAllChosen.value ? chooseAll(false) : choose(job, checked))}
  />
);

type ChosenBarProps = {
  /** Filter of the list, for all that match it. */
  readonly filter: JobsFilter;
  /** Number of jobs that match, as the list shows it. */
  readonly found: string;
};

/** Actions on the selected jobs; shown if there are any. */
export const ChosenBar = ({ filter, found }: ChosenBarProps) => {
  const [action, setAction] = useState<JobAction>();
  const { sort: _, ...narrowed } = filter;
  // What was selected by another filter would be acted on unseen.
  useEffect(() => () => chooseAll(false), [JSON.stringify(narrowed)]);
  const areAll = areAllChosen.value;
  const count = chosen.value.size;
  if (count === 0 && !areAll) return null;
  return (
    <div class="progress chosen-bar">
      <span>
        {areAll ? `All ${found} matching jobs selected` : formatCount(count, 'job selected', 'jobs selected')}
      </span>
      {ACTIONS.filter(mayDo).map((each) => (
        <button key={each} type="button" class="button" onClick={() => setAction(each)}>
          {VERBS[each].verb}
        </button>
      ))}
      <button type="button" class="link" onClick={() => chooseAll(false)}>
        Clear selection
      </button>
      {action === undefined ? null : areAll ? (
        <BulkDialog
          work={{ of: 'jobs', action, filter: bulkFilter(filter) }}
          isNarrowed={isNarrowed(filter)}
          onClose={() => setAction(undefined)}
        />
      ) : (
        <ActDialog
          title={`${VERBS[action].verb} ${formatCount(count, 'job')}?`}
          verb={`${VERBS[action].verb} ${formatCount(count, 'job')}`}
          danger={VERBS[action].danger === true}
          act={(reason) => actOnAll(action, reason)}
          onClose={() => setAction(undefined)}
        >
          <p>
            {[...chosen.value.values()].map(({ name }) => name).join(', ')}. {VERBS[action].description}
          </p>
        </ActDialog>
      )}
    </div>
  );
};

/** Acts on one job after another. Successful ones stay done, rejected ones stay selected. @throws the last rejection */
const actOnAll = async (action: JobAction, reason: string): Promise<void> => {
  const acted: ChosenJob[] = [];
  let rejection: unknown;
  for (const job of [...chosen.value.values()]) {
    try {
      await act(job.id, action, reason);
      acted.push(job);
      choose(job, false);
    } catch (error) {
      rejection = error;
    }
  }
  changed();
  if (acted.length > 0) showSuccess(`${formatCount(acted.length, 'job')} ${VERBS[action].past}`, undoOf(action, acted));
  if (rejection !== undefined) throw rejection;
};

/** Undoes a change for the jobs that it changed. */
const undoOf = (action: JobAction, jobs: readonly ChosenJob[]): (() => Promise<void>) | undefined => {
  const { back } = VERBS[action];
  if (back === undefined) return undefined;
  const changedJobs = jobs.filter(({ enabled }) => enabled === (back === 'enable'));
  return async () => {
    for (const { id } of changedJobs) await act(id, back, 'Change undone');
    changed();
  };
};

const act = (id: number, action: JobAction, reason: string): Promise<void> => {
  const params = { path: { id }, header: reasonHeader(reason) };
  switch (action) {
    case 'enable':
      return done(api.POST('/jobs/{id}/enable', { params }));
    case 'disable':
      return done(api.POST('/jobs/{id}/disable', { params }));
    case 'trigger':
      return done(api.POST('/jobs/{id}/trigger', { params, body: {} }));
    case 'delete':
      return done(api.DELETE('/jobs/{id}', { params }));
  }
};
