import type { JobGlance } from '../api/schema.ts';
import { sayCount } from '../words/count.ts';
import { wholeInstant } from '../words/time.ts';
import { zoneFor } from './preferences.ts';

type Cell = JobGlance['slots'][number];

const PLACES = 30;
const CELL_PX = 4;
const GAP_PX = 1.5;
const HEIGHT_PX = 20;

/** The last slots of a job as a row of bars: what became of each. */
export const Strip = ({ slots, zone }: { readonly slots: readonly Cell[]; readonly zone: string }) => {
  const width = PLACES * (CELL_PX + GAP_PX);
  const shown = zoneFor(zone);
  return (
    <svg
      class="strip"
      viewBox={`0 0 ${width} ${HEIGHT_PX}`}
      width={width}
      height={HEIGHT_PX}
      role="img"
      aria-label={sayStrip(slots)}
    >
      {slots.slice(-PLACES).map((cell, place, all) => {
        const x = (PLACES - all.length + place) * (CELL_PX + GAP_PX);
        const height = HEIGHTS[cell.outcome];
        return (
          <rect
            key={`${cell.at}${cell.outcome}`}
            class={`cell cell-${cell.outcome}`}
            x={x}
            y={HEIGHT_PX - height}
            width={CELL_PX}
            height={height}
            rx="1"
          >
            <title>{sayCell(cell, shown)}</title>
          </rect>
        );
      })}
    </svg>
  );
};

/** Told by height too, for who does not tell the colours apart. */
const HEIGHTS: Readonly<Record<Cell['outcome'], number>> = {
  succeeded: 13,
  failed: 20,
  cancelled: 8,
  running: 13,
  pending: 8,
  skipped: 5,
  missed: 20,
};

const sayCell = ({ at, last, outcome, reason }: Cell, zone: string): string =>
  [
    wholeInstant(at, zone),
    last === undefined ? '' : ` to ${wholeInstant(last, zone)}`,
    `: ${outcome}`,
    reason === undefined ? '' : ` (${reason})`,
  ].join('');

export const sayStrip = (slots: readonly Cell[]): string => {
  if (slots.length === 0) return 'No slots yet';
  const counts = Map.groupBy(slots, ({ outcome }) => outcome);
  return `Last ${sayCount(slots.length, 'slot')}: ${[...counts].map(([outcome, ofIt]) => `${ofIt.length} ${outcome}`).join(', ')}`;
};
