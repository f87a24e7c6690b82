import {
  observeWindowOffset,
  observeWindowRect,
  type VirtualItem,
  Virtualizer,
  windowScroll,
} from '@tanstack/virtual-core';
import { useEffect, useLayoutEffect, useReducer, useState } from 'preact/hooks';

type Rows = {
  readonly count: number;
  /** Row height. */
  readonly rowPx: number;
  /** Top of the first row in the document. */
  readonly marginPx: number;
};

export type ShownRows = {
  readonly items: readonly VirtualItem[];
  /** Total height of rows above and below that are not rendered. */
  readonly abovePx: number;
  readonly belowPx: number;
  readonly scrollTo: (row: number) => void;
};

/** The rows of a long table that are visible in the window; others are not rendered. */
export const useWindowRows = ({ count, rowPx, marginPx }: Rows): ShownRows => {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const options = {
    count,
    estimateSize: () => rowPx,
    scrollMargin: marginPx,
    scrollPaddingStart: 90,
    overscan: 12,
    getScrollElement: () => window,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    scrollToFn: windowScroll,
    initialOffset: () => window.scrollY,
    onChange: () => redraw(undefined),
  };
  const [virtualizer] = useState(() => new Virtualizer<Window, Element>(options));
  virtualizer.setOptions(options);
  useEffect(() => virtualizer._didMount(), [virtualizer]);
  useLayoutEffect(() => virtualizer._willUpdate());
  // The row height changes if the window becomes narrow.
  useLayoutEffect(() => virtualizer.measure(), [rowPx, virtualizer]);
  const items = virtualizer.getVirtualItems();
  const [first, last] = [items[0], items.at(-1)];
  return {
    items,
    abovePx: first === undefined ? 0 : first.start - marginPx,
    belowPx: last === undefined ? 0 : virtualizer.getTotalSize() - (last.end - marginPx),
    scrollTo: (row) => virtualizer.scrollToIndex(row, { align: 'auto' }),
  };
};
