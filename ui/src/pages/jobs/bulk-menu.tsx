import { useState } from 'preact/hooks';
import { useQuery } from '../../api/queries.ts';
import { ActDialog } from '../../parts/act-dialog.tsx';
import { Menu } from '../../parts/menu.tsx';
import { sayCount } from '../../words/count.ts';
import { ACTIONS, type Action, countOf, mayDo, startOperation, VERBS } from './bulk-actions.ts';
import { bulkFilter, isNarrowed, type JobsFilter } from './filter.ts';

/** Actions on every job that the filter matches, shown or not. */
export const BulkMenu = ({ filter }: { readonly filter: JobsFilter }) => {
  const [action, setAction] = useState<Action>();
  return (
    <>
      <Menu
        label="Act on all… jobs that match"
        class="button"
        items={ACTIONS.filter(mayDo).map((each) => ({
          text: `${VERBS[each].verb} all that match`,
          icon: VERBS[each].icon,
          danger: each === 'delete',
          run: () => setAction(each),
        }))}
      >
        Act on all…
      </Menu>
      {action === undefined ? null : (
        <BulkDialog action={action} filter={filter} onClose={() => setAction(undefined)} />
      )}
    </>
  );
};

type BulkDialogProps = { readonly action: Action; readonly filter: JobsFilter; readonly onClose: () => void };

const BulkDialog = ({ action, filter, onClose }: BulkDialogProps) => {
  const { verb, says } = VERBS[action];
  const work = { action, filter: bulkFilter(filter) };
  const { data: count, error } = useQuery({
    key: ['bulk-count', work],
    ask: (signal) => countOf(work, signal),
    live: false,
  });
  return (
    <ActDialog
      title={`${verb} ${count === undefined ? 'jobs' : sayCount(count, 'job')}`}
      verb={count === undefined ? verb : `${verb} ${sayCount(count, 'job')}`}
      danger={action === 'delete'}
      disabled={count === undefined || count === 0}
      act={(reason) => startOperation(work, reason)}
      onClose={onClose}
    >
      <p>
        {saysHowMany(count, isNarrowed(filter))} {says}
      </p>
      {error === null ? null : <p class="field-error">{error.message}</p>}
    </ActDialog>
  );
};

const saysHowMany = (count: number | undefined, narrowed: boolean): string => {
  if (count === undefined) return 'Counting the jobs that match…';
  return narrowed
    ? `${sayCount(count, 'job matches', 'jobs match')} what you filtered by, also those further down the list.`
    : `Nothing is filtered: this takes all ${sayCount(count, 'job')} of the tenant.`;
};
