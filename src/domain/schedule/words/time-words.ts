import { counted, type FieldReading, listed, readField, twoDigits } from './english.ts';

type Times = { readonly second: string; readonly minute: string; readonly hour: string };
type Readings = { readonly [K in keyof Times]: FieldReading };

/** Up to this many times of day are listed; more are described by their fields. */
const MAX_TIMES = 8;

/** Says at what times of day: `at 09:00`, `every 5 minutes, between 09:00 and 17:59`. */
export const timeWords = (fields: Times): string => {
  const readings: Readings = {
    second: readField('second', fields.second),
    minute: readField('minute', fields.minute),
    hour: readField('hour', fields.hour),
  };
  const times = timesOfDay(readings);
  if (times !== undefined) return `at ${listed(times)}`;
  return [secondWords(readings), minuteWords(readings), hourWords(readings)].filter((part) => part !== '').join(', ');
};

const fixedValues = (reading: FieldReading): readonly number[] | undefined => {
  switch (reading.kind) {
    case 'one':
      return [reading.value];
    case 'list':
      return reading.values;
    case 'every':
    case 'steps':
    case 'range':
      return undefined;
  }
};

/** The times of day, if they are to be listed; undefined if there are too many, or a field is a range or a step. */
const timesOfDay = ({ second, minute, hour }: Readings): string[] | undefined => {
  const [seconds, minutes, hours] = [fixedValues(second), fixedValues(minute), fixedValues(hour)];
  if (seconds === undefined || minutes === undefined || hours === undefined) return undefined;
  if (seconds.length * minutes.length * hours.length > MAX_TIMES) return undefined;
  const shown = isZero(second) ? () => '' : (value: number) => `:${twoDigits(value)}`;
  return hours.flatMap((h) => minutes.flatMap((m) => seconds.map((s) => `${twoDigits(h)}:${twoDigits(m)}${shown(s)}`)));
};

const isZero = (reading: FieldReading): boolean => reading.kind === 'one' && reading.value === 0;

const NEXT = { second: 'minute', minute: 'hour', hour: 'day' } as const;

const stepWords = (reading: Extract<FieldReading, { kind: 'steps' }>, unit: keyof typeof NEXT): string => {
  const { step, from, to, whole } = reading;
  const every = `every ${step} ${unit}s`;
  if (whole) return every;
  if (unit === 'hour') return `${every} from ${twoDigits(from)}:00 through ${twoDigits(to)}:59`;
  return `${every} from ${unit} ${from} through ${to} of the ${NEXT[unit]}`;
};

/** The words for a second or minute field. */
const withinWords = (reading: FieldReading, unit: 'second' | 'minute'): string => {
  const next = NEXT[unit];
  switch (reading.kind) {
    case 'every':
      return `every ${unit}`;
    case 'one':
      return `at ${counted(reading.value, unit)} past the ${next}`;
    case 'steps':
      return stepWords(reading, unit);
    case 'range':
      return `${unit}s ${reading.from} through ${reading.to} past the ${next}`;
    case 'list':
      return `at ${listed(reading.values.map(String))} ${unit}s past the ${next}`;
  }
};

const secondWords = ({ second }: Readings): string => (isZero(second) ? '' : withinWords(second, 'second'));

const minuteWords = ({ second, minute, hour }: Readings): string => {
  if (minute.kind === 'every') return isZero(second) ? 'every minute' : '';
  if (!isZero(minute) || !isZero(second)) return withinWords(minute, 'minute');
  return hour.kind === 'steps' ? '' : 'every hour';
};

const hourWords = ({ second, minute, hour }: Readings): string => {
  const lastMinute = isZero(minute) && isZero(second) ? '00' : '59';
  switch (hour.kind) {
    case 'every':
      return '';
    case 'one':
      return `between ${twoDigits(hour.value)}:00 and ${twoDigits(hour.value)}:59`;
    case 'steps':
      return stepWords(hour, 'hour');
    case 'range':
      return `between ${twoDigits(hour.from)}:00 and ${twoDigits(hour.to)}:${lastMinute}`;
    case 'list':
      return `in the hours from ${listed(hour.values.map((value) => `${twoDigits(value)}:00`))}`;
  }
};
