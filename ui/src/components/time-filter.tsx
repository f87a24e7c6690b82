import { instantIn, wallIn } from '../format/time-field.ts';
import { zoneFor } from './preferences.ts';
import { useTyped } from './typed.ts';

type TimeFilterProps = {
  readonly label: string;
  /** An instant; undefined for none. */
  readonly value: string | undefined;
  /** Empty for none. */
  readonly onValue: (instant: string) => void;
};

/** A date and a time that a list is narrowed by, in the zone that its times are shown in. */
export const TimeFilter = ({ label, value = '', onValue }: TimeFilterProps) => {
  const zone = zoneFor(undefined);
  return (
    <label class="time-filter" title={zone}>
      <span class="quiet small">{label}</span>
      <input
        type="datetime-local"
        {...useTyped({ value, onValue, show: (at) => wallIn(at, zone), read: (wall) => instantIn(wall, zone) })}
      />
    </label>
  );
};
