import { useLocation, useSearch } from 'wouter-preact';
import { Icon } from './icon.tsx';
import { TimeFilter } from './time-filter.tsx';
import { When } from './when.tsx';

/** The instant that a page shows, as its address has it; undefined: now. Nothing else of the address is changed. */
export const useAsOf = (path: string): readonly [string | undefined, (asOf: string | undefined) => void] => {
  const search = new URLSearchParams(useSearch());
  const [, navigate] = useLocation();
  const show = (at: string | undefined) => {
    if (at === undefined) search.delete('asOf');
    else search.set('asOf', at);
    navigate(search.size === 0 ? path : `${path}?${search}`, { replace: true });
  };
  return [search.get('asOf') ?? undefined, show];
};

/** The query that asks for what was recorded up to an instant. */
export const asOfQuery = (asOf: string | undefined): { readonly asOf?: string } => (asOf === undefined ? {} : { asOf });

type AsOfBarProps = {
  readonly asOf: string | undefined;
  readonly onAsOf: (asOf: string | undefined) => void;
};

/** Chooses the instant that a page shows. */
export const AsOfBar = ({ asOf, onAsOf }: AsOfBarProps) => (
  <div class={asOf === undefined ? 'as-of' : 'as-of notice notice-warn'}>
    <Icon name="history" />
    <TimeFilter label="As it was at" value={asOf} onValue={(at) => onAsOf(at === '' ? undefined : at)} />
    {asOf === undefined ? null : (
      <>
        <span>
          as it was at <When at={asOf} />
        </span>
        <button type="button" class="button" onClick={() => onAsOf(undefined)}>
          Back to now
        </button>
      </>
    )}
  </div>
);
