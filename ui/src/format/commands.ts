import { instantOf, wallOf } from './time.ts';

/** What the palette can do with a job; a pause also with an application. */
export const COMMANDS = ['trigger', 'enable', 'disable', 'pause'] as const;
export type Command = {
  readonly verb: (typeof COMMANDS)[number];
  /** A part of the name. */
  readonly name: string;
  /** What follows the name: the end of a pause. */
  readonly rest: string;
};

const COMMAND = /^(trigger|run|enable|disable|pause)\s+(\S+)\s*(.*)$/i;

/** Reads a command, such as `disable invoice-pdf` or `pause crm 2h`; `undefined` for any other text. */
export const readCommand = (typed: string): Command | undefined => {
  const [, verb = '', name = '', rest = ''] = COMMAND.exec(typed.trim()) ?? [];
  const found = COMMANDS.find((each) => each === (verb.toLowerCase() === 'run' ? 'trigger' : verb.toLowerCase()));
  return found === undefined ? undefined : { verb: found, name, rest: rest.trim() };
};

const UNITS_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };
const DAY_MS = 86_400_000;

/** The instant that ends a pause: `30m`, `2h`, `till 9`, `until 17:30` or `tomorrow`, on the clock of a zone. */
export const readPauseEnd = (
  text: string,
  { nowMs, zone }: { readonly nowMs: number; readonly zone: string },
): string | undefined => {
  const [, count, unit = ''] = /^(?:for\s+)?(\d+)\s*(m|h|d|w)\w*$/i.exec(text) ?? [];
  if (count !== undefined) return new Date(nowMs + Number(count) * (UNITS_MS[unit.toLowerCase()] ?? 0)).toISOString();
  const dayOf = (days: number): string => wallOf(nowMs + days * DAY_MS, zone).date;
  if (/^(?:(?:un)?till?\s+)?tomorrow$/i.test(text)) return instantOf(`${dayOf(1)}T09:00`, zone);
  const [, hour, minutes = '00'] = /^(?:(?:un)?till?\s+)?([01]?\d|2[0-3])(?::([0-5]\d))?$/i.exec(text) ?? [];
  if (hour === undefined) return undefined;
  const today = instantOf(`${dayOf(0)}T${hour.padStart(2, '0')}:${minutes}`, zone);
  return Date.parse(today) > nowMs ? today : instantOf(`${dayOf(1)}T${hour.padStart(2, '0')}:${minutes}`, zone);
};
