import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation, useSearch } from 'wouter-preact';
import { Icon } from './icon.tsx';
import { TimeFilter } from './time-filter.tsx';
import { When } from './when.tsx';

/** The page's instant from its address; `undefined` for now. Setting it leaves the rest of the address unchanged. */
const useAsOf = (path: string): readonly [string | undefined, (asOf: string | undefined) => void] => {
  const search = new URLSearchParams(useSearch());
  const [, navigate] = useLocation();
  const show = (at: string | undefined) => {
    if (at === undefined) search.delete('asOf');
    else search.set('asOf', at);
    navigate(search.size === 0 ? path : `${path}?${search}`, { replace: true });
  };
  return [search.get('asOf') ?? undefined, show];
};

export const asOfQuery = (asOf: string | undefined): { readonly asOf?: string } => (asOf === undefined ? {} : { asOf });

/** Opens the bar of the current page to choose a past time; `undefined` if it has none, or if it is open. */
export const openPast = signal<(() => void) | undefined>(undefined);

/** The page's instant, and the bar to choose it, which a button at the top opens. */
export const useAsOfBar = (path: string) => {
  const [asOf, showAsOf] = useAsOf(path);
  // Stays open while its field is temporarily empty.
  const [isOpen, setOpen] = useState(asOf !== undefined);
  if (asOf !== undefined && !isOpen) setOpen(true);
  const isAsked = useRef(false);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isOpen && isAsked.current) place.current?.querySelector('input')?.focus();
    openPast.value = isOpen
      ? undefined
      : () => {
          isAsked.current = true;
          setOpen(true);
        };
    return () => {
      openPast.value = undefined;
    };
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    showAsOf(undefined);
  };
  return {
    asOf,
    showAsOf,
    isOpen,
    bar: isOpen ? (
      <div ref={place} class={asOf === undefined ? 'as-of' : 'as-of notice notice-warn'}>
        <Icon name="history" />
        <TimeFilter label="Point in time" value={asOf} onValue={(at) => showAsOf(at === '' ? undefined : at)} />
        {asOf === undefined ? null : (
          <span>
            As of <When at={asOf} />
          </span>
        )}
        <button type="button" class="button" onClick={close}>
          Back to now
        </button>
      </div>
    ) : null,
  };
};
