import { formatDistance, formatInstant, wholeInstant } from '../format/time.ts';
import { now } from './clock.ts';
import { zoneFor } from './preferences.ts';

type WhenProps = { readonly at: string | null | undefined; readonly zone?: string | undefined };
type SlotProps = { readonly at: string; readonly zone: string; readonly withSeconds: boolean };

const NONE = <span class="quiet">–</span>;

const titleOf = (at: string, zone: string): string => `${wholeInstant(at, zone)} · ${zone}`;

/** An instant in the chosen zone, with the full form as title. */
export const When = ({ at, zone, withSeconds }: WhenProps & { readonly withSeconds?: boolean }) => {
  if (at === null || at === undefined) return NONE;
  const shown = zoneFor(zone);
  return (
    <time dateTime={at} title={titleOf(at, shown)}>
      {formatInstant(at, { zone: shown, nowMs: now.value, ...(withSeconds === undefined ? {} : { withSeconds }) })}
    </time>
  );
};

/** An instant with date, offset and zone. */
export const WholeWhen = ({ at, zone }: WhenProps) =>
  at === null || at === undefined ? NONE : <time dateTime={at}>{titleOf(at, zoneFor(zone))}</time>;

/** A slot in its job's zone, followed by the user's own if that differs. */
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

/** Distance to an instant: `in 3 min`. */
export const HowFar = ({ at, zone }: WhenProps) => {
  if (at === null || at === undefined) return NONE;
  return (
    <time dateTime={at} title={titleOf(at, zoneFor(zone))}>
      {formatDistance(at, now.value)}
    </time>
  );
};
