import { instantIn, wallIn } from '../words/time-field.ts';
import { useTyped } from './typed.ts';

type TimeFilterProps = {
  readonly label: string;
  /** An instant; undefined for none. */
  readonly value: string | undefined;
  /** Empty for none. */
  readonly onValue: (instant: string) => void;
};

/** A date and a time that a list is narrowed by, in the time of this browser. */
export const TimeFilter = ({ label, value = '', onValue }: TimeFilterProps) => (
  <label class="time-filter">
    <span class="quiet small">{label}</span>
    <input type="datetime-local" {...useTyped({ value, onValue, show: wallIn, read: instantIn })} />
  </label>
);
