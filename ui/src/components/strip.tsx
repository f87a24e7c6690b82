import { useState } from 'preact/hooks';
import type { JobSummary } from '../../../packages/client/src/schema.ts';
import { formatCount } from '../format/count.ts';
import { formatReason } from '../format/reasons.ts';
import { wholeInstant } from '../format/time.ts';
import { zoneFor } from './preferences.ts';

type Cell = JobSummary['slots'][number];

const PLACES = 30;
const CELL_PX = 4;
const STEP_PX = CELL_PX + 1.5;
const HEIGHT_PX = 20;

/** The last slots of a job as a row of bars by outcome. Details of the bar under the pointer are shown. */
export const Strip = ({ slots, zone }: { readonly slots: readonly Cell[]; readonly zone: string }) => {
  const [pointedAt, setPointedAt] = useState<Cell>();
  const shown = slots.slice(-PLACES);
  const width = PLACES * STEP_PX;
  const point = ({ clientX, currentTarget }: PointerEvent & { readonly currentTarget: Element }) => {
    const box = currentTarget.getBoundingClientRect();
    const place = Math.floor((PLACES * (clientX - box.left)) / box.width);
    setPointedAt(shown[place - (PLACES - shown.length)]);
  };
  return (
    <svg
      class="strip"
      viewBox={`0 0 ${width} ${HEIGHT_PX}`}
      width={width}
      height={HEIGHT_PX}
      role="img"
      aria-label={formatStrip(slots)}
      onPointerMove={point}
    >
      {pointedAt === undefined ? null : <title>{formatCell(pointedAt, zoneFor(zone))}</title>}
      {pathsOf(shown).map(([outcome, path]) => (
        <path key={outcome} class={`cell-${outcome}`} d={path} />
      ))}
    </svg>
  );
};

/** Joins the bars of each outcome into one path, because a list of jobs has a thousand. */
const pathsOf = (shown: readonly Cell[]): (readonly [Cell['outcome'], string])[] => {
  const paths = new Map<Cell['outcome'], string>();
  shown.forEach(({ outcome }, place) => {
    const x = (PLACES - shown.length + place) * STEP_PX;
    const height = HEIGHTS[outcome];
    const bar = `M${x} ${HEIGHT_PX - height}h${CELL_PX}v${height}h-${CELL_PX}z`;
    paths.set(outcome, `${paths.get(outcome) ?? ''}${bar}`);
  });
  return [...paths];
};

/** Height also shows the outcome, for color-blind users. */
const HEIGHTS: Readonly<Record<Cell['outcome'], number>> = {
  succeeded: 13,
  failed: 20,
  cancelled: 8,
  running: 13,
  pending: 8,
  skipped: 5,
  missed: 20,
};

const formatCell = ({ at, last, outcome, reason }: Cell, zone: string): string =>
  [
    wholeInstant(at, zone),
    last === undefined ? '' : ` to ${wholeInstant(last, zone)}`,
    `: ${outcome}`,
    reason === undefined ? '' : `. ${formatReason(reason)}`,
  ].join('');

export const formatStrip = (slots: readonly Cell[]): string => {
  if (slots.length === 0) return 'No slots yet';
  const counts = Map.groupBy(slots, ({ outcome }) => outcome);
  return `Last ${formatCount(slots.length, 'slot')}: ${[...counts].map(([outcome, ofIt]) => `${ofIt.length} ${outcome}`).join(', ')}`;
};
