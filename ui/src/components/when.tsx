import { formatDistance, formatInstant, wholeInstant } from '../format/time.ts';
import { now } from './clock.ts';
import { zoneFor } from './preferences.ts';

type WhenProps = { readonly at: string | null | undefined; readonly zone?: string | undefined };
type SlotProps = { readonly at: string; readonly zone: string; readonly withSeconds: boolean };

const NONE = <span class="quiet">–</span>;

const titleOf = (at: string, zone: string): string => `${wholeInstant(at, zone)} · ${zone}`;

/** An instant in the chosen zone; its title has it whole. */
export const When = ({ at, zone, withSeconds }: WhenProps & { readonly withSeconds?: boolean }) => {
  if (at === null || at === undefined) return NONE;
  const shown = zoneFor(zone);
  return (
    <time dateTime={at} title={titleOf(at, shown)}>
      {formatInstant(at, { zone: shown, nowMs: now.value, ...(withSeconds === undefined ? {} : { withSeconds }) })}
    </time>
  );
};

/** An instant whole, with its date, offset and zone. */
export const WholeWhen = ({ at, zone }: WhenProps) =>
  at === null || at === undefined ? NONE : <time dateTime={at}>{titleOf(at, zoneFor(zone))}</time>;

/** A slot by the clock of its job, and by the reader's own behind it, where that shows another time. */
export const SlotWhen = ({ at, zone, withSeconds }: SlotProps) => {
  const own = zoneFor(undefined);
  const [first, second] = [zone, own].map((each) => formatInstant(at, { zone: each, nowMs: now.value, withSeconds }));
  return (
    <span>
      <time dateTime={at} title={titleOf(at, zone)}>
        {first}
      </time>
      {first === second ? null : (
        <span class="quiet">
          {' '}
          ({second} {own})
        </span>
      )}
    </span>
  );
};

/** How far away an instant is: `in 3 min`. */
export const HowFar = ({ at, zone }: WhenProps) => {
  if (at === null || at === undefined) return NONE;
  return (
    <time dateTime={at} title={titleOf(at, zoneFor(zone))}>
      {formatDistance(at, now.value)}
    </time>
  );
};
