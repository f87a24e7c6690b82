import { instantIn, wallIn } from '../format/time-field.ts';
import { zoneFor } from './preferences.ts';
import { useTyped } from './typed.ts';

type TimeFilterProps = {
  readonly label: string;
  readonly value: string | undefined;
  /** Called with an empty text for none. */
  readonly onValue: (instant: string) => void;
};

/** Filters a list by a date and time in the zone of its times. */
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
