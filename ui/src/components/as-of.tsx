import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useAddress } from './address.ts';
import { Icon } from './icon.tsx';
import { TimeFilter } from './time-filter.tsx';
import { When } from './when.tsx';

export const asOfQuery = (asOf: string | undefined): { readonly asOf?: string } => (asOf === undefined ? {} : { asOf });

/** Opens the bar of the current page to choose a past time; `undefined` if it has none, or if it is open. */
export const openPast = signal<(() => void) | undefined>(undefined);

/** The page's instant from its address (`undefined` for now), and the bar to choose it, which a button at the top opens. */
export const useAsOfBar = (path: string) => {
  const [search, change] = useAddress(path);
  const asOf = search.get('asOf') ?? undefined;
  const showAsOf = (at: string | undefined) => change({ asOf: at });
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
        <TimeFilter label="Point in time" value={asOf} onValue={showAsOf} />
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
