import { useState } from 'preact/hooks';
import { useQuery } from '../api/queries.ts';
import { formatCount } from '../format/count.ts';
import { ActDialog } from './act-dialog.tsx';
import { countOf, mayDo, startOperation, VERBS } from './bulk-actions.ts';
import type { Work } from './bulk-work.ts';
import { FormField } from './form-field.tsx';
import { Menu } from './menu.tsx';

type BulkMenuProps = {
  readonly works: readonly Work[];
  /** The list is filtered. */
  readonly isNarrowed: boolean;
};

/** Actions on everything that a list's filter matches, shown or not. */
export const BulkMenu = ({ works, isNarrowed }: BulkMenuProps) => {
  const [action, setAction] = useState<Work['action']>();
  const allowed = works.filter((work) => mayDo(work.action));
  const chosen = allowed.find((work) => work.action === action);
  const [first] = allowed;
  if (first === undefined) return null;
  return (
    <>
      <Menu
        label={`Actions for all… (matching ${first.of})`}
        class="button"
        items={allowed.map(({ action: each }) => ({
          text: `${VERBS[each].verb} all matching ${first.of}`,
          icon: VERBS[each].icon,
          danger: VERBS[each].danger === true,
          run: () => setAction(each),
        }))}
      >
        Actions for all…
      </Menu>
      {chosen === undefined ? null : (
        <BulkDialog work={chosen} isNarrowed={isNarrowed} onClose={() => setAction(undefined)} />
      )}
    </>
  );
};

type BulkDialogProps = { readonly work: Work; readonly isNarrowed: boolean; readonly onClose: () => void };

/** Counts what an action would change, and starts it. */
export const BulkDialog = ({ work, isNarrowed, onClose }: BulkDialogProps) => {
  const { verb, description, danger = false } = VERBS[work.action];
  const one = ONE[work.of];
  const [spread, setSpread] = useState('');
  const { data: count, error } = useQuery({
    key: ['bulk-count', work],
    load: (signal) => countOf(work, signal),
    live: false,
  });
  return (
    <ActDialog
      title={`${verb} ${count === undefined ? work.of : formatCount(count, one)}?`}
      verb={count === undefined ? verb : `${verb} ${formatCount(count, one)}`}
      danger={danger}
      disabled={count === undefined || count === 0}
      act={(reason) => startOperation(work.of === 'jobs' && spread !== '' ? { ...work, spread } : work, reason)}
      onClose={onClose}
    >
      <p>
        {saysHowMany(count, { of: work.of, isNarrowed })} {description}
      </p>
      {work.action === 'trigger' ? (
        <FormField
          label="Spread over"
          pointer="/spread"
          value={spread}
          onValue={setSpread}
          isRequired={false}
          hint="Duration, such as 30m, up to 24h. If empty: as fast as possible"
        />
      ) : null}
      {error === null ? null : <p class="field-error">{error.message}</p>}
    </ActDialog>
  );
};

export const ONE = { jobs: 'job', executions: 'execution' } as const satisfies Record<Work['of'], string>;

type Counted = { readonly of: Work['of']; readonly isNarrowed: boolean };

const saysHowMany = (count: number | undefined, { of, isNarrowed }: Counted): string => {
  if (count === undefined) return `Counting matching ${of}…`;
  return isNarrowed
    ? `${formatCount(count, `${ONE[of]} matches`, `${of} match`)} your filters, including those further down the list.`
    : `No filters: this applies to all ${formatCount(count, ONE[of])} of the tenant.`;
};
