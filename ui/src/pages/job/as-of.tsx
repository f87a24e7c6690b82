import { useEffect, useState } from 'preact/hooks';
import type { Job } from '../../../../packages/client/src/schema.ts';
import { now } from '../../components/clock.ts';
import { When } from '../../components/when.tsx';

type AsOfSliderProps = {
  readonly job: Job;
  readonly asOf: string | undefined;
  readonly onAsOf: (asOf: string | undefined) => void;
};

const STEP_MS = 1_000;
const NOW_MS = 2 * STEP_MS;

/** Shows the whole page as of any instant since the job's creation. */
export const AsOfSlider = ({ job, asOf, onAsOf }: AsOfSliderProps) => {
  // The log contains the job a moment after its creation.
  const firstMs = (Math.ceil(Date.parse(job.createdAt) / STEP_MS) + 1) * STEP_MS;
  // A whole number of steps after the first, or the browser would draw now before the end.
  const lastMs = firstMs + STEP_MS * Math.max(1, Math.ceil((now.value - firstMs) / STEP_MS));
  const shownMs = asOf === undefined ? lastMs : Date.parse(asOf);
  const [atMs, setAtMs] = useState<number>();
  useEffect(() => setAtMs(undefined), [asOf]);
  const shown = new Date(atMs ?? shownMs).toISOString();
  return (
    <label class="as-of">
      <span class="unseen">View the job at a past time</span>
      <input
        type="range"
        min={firstMs}
        max={lastMs}
        step={STEP_MS}
        value={atMs ?? shownMs}
        aria-valuetext={asOf === undefined && atMs === undefined ? 'now' : shown}
        onInput={({ currentTarget }) => setAtMs(Number(currentTarget.value))}
        onChange={({ currentTarget }) => {
          const chosenMs = Number(currentTarget.value);
          onAsOf(chosenMs >= lastMs - NOW_MS ? undefined : new Date(chosenMs).toISOString());
        }}
      />
      <span class="quiet">
        <When at={shown} zone={job.timezone} />
      </span>
    </label>
  );
};
