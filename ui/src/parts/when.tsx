import { sayDistance, sayInstant, wholeInstant } from '../words/time.ts';
import { now } from './clock.ts';
import { zoneFor } from './preferences.ts';

type WhenProps = { readonly at: string | null | undefined; readonly zone?: string | undefined };

/** An instant in the chosen zone; its title has it whole. */
export const When = ({ at, zone }: WhenProps) => {
  if (at === null || at === undefined) return <span class="quiet">–</span>;
  const shown = zoneFor(zone);
  return (
    <time dateTime={at} title={`${wholeInstant(at, shown)} · ${shown}`}>
      {sayInstant(at, { zone: shown, nowMs: now.value })}
    </time>
  );
};

/** How far away an instant is: `in 3 min`. */
export const HowFar = ({ at, zone }: WhenProps) => {
  if (at === null || at === undefined) return <span class="quiet">–</span>;
  const shown = zoneFor(zone);
  return (
    <time dateTime={at} title={`${wholeInstant(at, shown)} · ${shown}`}>
      {sayDistance(at, now.value)}
    </time>
  );
};
