import { useRef, useState } from 'preact/hooks';

type PointedOptions = {
  /** Label of the chart. */
  readonly label: string;
  /** Describes what is pointed at. */
  readonly say: (pointed: Pointed) => string;
  /** Number of items in the chart, from left to right. */
  readonly count: number;
  /** Index of the item at a fraction of the width. */
  readonly placeAt: (share: number) => number;
  /** If present, click and Enter choose what is pointed at: a range if `hasRanges`. */
  readonly onChoose?: ((first: number, last: number) => void) | undefined;
  readonly hasRanges?: boolean;
};

/** First and last item that is pointed at. */
export type Pointed = { readonly first: number; readonly last: number };

type Handle = PointerEvent & { readonly currentTarget: HTMLElement };

/**
 * The part of a chart under the pointer or selected by arrow keys; a range by dragging or with Shift. For screen readers,
 * the chart is a slider.
 */
export const usePointed = ({ label, say, count, placeAt, onChoose, hasRanges = false }: PointedOptions) => {
  const [place, setPlace] = useState<number>();
  const [other, setOther] = useState<number>();
  const isDragged = useRef(false);
  const within = (wanted: number): number => Math.min(count - 1, Math.max(0, wanted));
  const point = (next: number | undefined, begin?: number) => {
    setPlace(next);
    setOther(begin);
  };
  const underPointer = ({ clientX, currentTarget }: Handle): number => {
    const { left, width } = currentTarget.getBoundingClientRect();
    return within(placeAt(Math.min(1, Math.max(0, (clientX - left) / Math.max(1, width)))));
  };
  const isShown = place !== undefined && count > 0;
  const [here, there] = [within(place ?? 0), within(other ?? place ?? 0)];
  const pointed: Pointed | undefined = isShown
    ? { first: Math.min(here, there), last: Math.max(here, there) }
    : undefined;
  const choose = (chosen: Pointed | undefined) => {
    if (chosen !== undefined) onChoose?.(chosen.first, chosen.last);
  };
  const steps = (key: string): number | undefined => {
    const from = place ?? count;
    const next = { ArrowLeft: from - 1, ArrowRight: (place ?? -1) + 1, Home: 0, End: count - 1 }[key];
    return next === undefined ? undefined : within(next);
  };
  const description = pointed === undefined ? undefined : say(pointed);
  return {
    pointed,
    description,
    handles: {
      tabIndex: 0,
      role: 'slider' as const,
      'aria-label': label,
      'aria-valuetext': description ?? 'Nothing selected',
      'aria-valuemin': 0,
      'aria-valuemax': Math.max(0, count - 1),
      'aria-valuenow': isShown ? here : Math.max(0, count - 1),
      onKeyDown: (event: KeyboardEvent) => {
        const next = steps(event.key);
        if (next !== undefined) point(next, event.shiftKey && hasRanges ? (other ?? place ?? next) : undefined);
        else if (event.key === 'Enter') choose(pointed);
        else if (event.key === 'Escape' && isShown) point(undefined);
        else return;
        event.preventDefault();
      },
      onPointerDown: (event: Handle) => {
        if (event.button !== 0 || count === 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        isDragged.current = true;
        point(underPointer(event), underPointer(event));
      },
      onPointerMove: (event: Handle) => {
        if (count > 0) point(underPointer(event), isDragged.current && hasRanges ? other : undefined);
      },
      onPointerUp: () => {
        if (isDragged.current) choose(pointed);
        isDragged.current = false;
        setOther(undefined);
      },
      onPointerCancel: () => {
        isDragged.current = false;
        point(undefined);
      },
      onPointerLeave: () => {
        if (!isDragged.current) point(undefined);
      },
    },
  };
};
