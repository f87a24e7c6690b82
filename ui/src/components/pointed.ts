import { useRef, useState } from 'preact/hooks';

type PointedOptions = {
  /** What the chart shows. */
  readonly label: string;
  /** What is pointed at, in words. */
  readonly say: (pointed: Pointed) => string;
  /** How many things a chart shows, from left to right. */
  readonly count: number;
  /** The one that is shown at a share of the width. */
  readonly placeAt: (share: number) => number;
  /** Where given, a click and Enter choose what is pointed at: several in a row where `hasRanges`. */
  readonly onChoose?: ((first: number, last: number) => void) | undefined;
  readonly hasRanges?: boolean;
};

/** From the first to the last one that is pointed at. */
export type Pointed = { readonly first: number; readonly last: number };

type Handle = PointerEvent & { readonly currentTarget: HTMLElement };

/**
 * What a chart points at: under the pointer, or where the arrow keys have gone. By a drag, or with Shift, that is several
 * in a row. To who listens, the chart is a slider.
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
