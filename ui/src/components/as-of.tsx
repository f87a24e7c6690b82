import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation, useSearch } from 'wouter-preact';
import { Icon } from './icon.tsx';
import { TimeFilter } from './time-filter.tsx';
import { When } from './when.tsx';

/** The page's instant from its address; `undefined` for now. Setting it leaves the rest of the address unchanged. */
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

export const asOfQuery = (asOf: string | undefined): { readonly asOf?: string } => (asOf === undefined ? {} : { asOf });

/** The page's instant, a button for the page head, and a bar to choose the instant. */
export const useAsOfBar = (path: string) => {
  const [asOf, showAsOf] = useAsOf(path);
  // Stays open while its field is temporarily empty.
  const [isOpen, setOpen] = useState(asOf !== undefined);
  if (asOf !== undefined && !isOpen) setOpen(true);
  const isAsked = useRef(false);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isOpen && isAsked.current) place.current?.querySelector('input')?.focus();
  }, [isOpen]);
  const open = () => {
    isAsked.current = true;
    setOpen(true);
  };
  const close = () => {
    setOpen(false);
    showAsOf(undefined);
  };
  return {
    asOf,
    showAsOf,
    button: isOpen ? null : (
      <button type="button" class="button" onClick={open}>
        <Icon name="history" />
        <span class="unseen-narrow">View at a past time…</span>
      </button>
    ),
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
