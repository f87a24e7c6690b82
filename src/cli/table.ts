import { styleText } from 'node:util';
import { plain } from '../runtime/text.ts';

type TableColumn = {
  readonly title: string;
  readonly isState?: true;
  /** Shown only with `-o wide`, after the other columns. */
  readonly isWide?: true;
};

export type Table = {
  /** In order of importance. */
  readonly columns: readonly TableColumn[];
  readonly rows: readonly (readonly string[])[];
};

/** Width and colors of the output, and whether it shows wide columns. The width is infinite for files and other programs. */
export type TableShape = { readonly width: number; readonly isColoured: boolean; readonly isWide?: boolean };

const GAP = '  ';
/** Minimum width of a clipped column; if the terminal is too narrow, the last columns are omitted. */
const MIN_WIDTH = 8;

/** Formats a table as lines that fit the width. */
export const renderTable = (
  { columns: all, rows }: Table,
  { width, isColoured, isWide = false }: TableShape,
): string => {
  const columns = all.filter((column) => isWide || column.isWide !== true);
  const lines = [all.map(({ title }) => title), ...rows.map((row) => row.map(plain))];
  const natural = columns.map((_, column) =>
    lines.reduce((widest, line) => Math.max(widest, Math.min(width, widthOf(line[column] ?? ''))), 1),
  );
  const widths = widthsWithin(width, natural);
  return lines
    .map((line, place) => {
      const cells = widths.map((cellWidth, column) => {
        const value = line[column] ?? '';
        const text = clipped(value, cellWidth);
        const padding = column === widths.length - 1 ? '' : ' '.repeat(cellWidth - widthOf(text));
        const colour = place === 0 ? 'dim' : colourOf(value, columns[column]);
        return `${isColoured ? painted(text, colour) : text}${padding}`;
      });
      return `${cells.join(GAP).trimEnd()}\n`;
    })
    .join('');
};

/** Formats a resource as lines, each with a field and its full value. Omits fields without a value. */
export const renderFields = ({ columns, rows: [row = []] }: Table, { isColoured }: TableShape): string => {
  const fields = columns.map((column, place) => ({ column, value: plain(row[place] ?? '') }));
  const shown = fields.filter(({ value }) => value !== '');
  const widest = Math.max(...shown.map(({ column }) => column.title.length));
  return shown
    .map(({ column, value }) => {
      const title = column.title.padEnd(widest);
      return isColoured
        ? `${painted(title, 'dim')}${GAP}${painted(value, colourOf(value, column))}\n`
        : `${title}${GAP}${value}\n`;
    })
    .join('');
};

export type Colour = 'green' | 'red' | 'yellow' | 'dim';
export const painted = (text: string, colour: Colour | undefined): string =>
  colour === undefined ? text : styleText(colour, text, { validateStream: false });

export const inColour = (state: string): string => painted(state, COLOURS.get(state.trimEnd()));

const colourOf = (value: string, column: Table['columns'][number] | undefined): Colour | undefined =>
  column?.isState === true ? COLOURS.get(value) : undefined;

/** Colors of job and execution states, slot outcomes and check results. */
const COLOURS: ReadonlyMap<string, Colour> = new Map<string, Colour>([
  ['active', 'green'],
  ['disabled', 'dim'],
  ['completed', 'dim'],
  ['paused', 'yellow'],
  ['blocked', 'red'],
  ['failing', 'red'],
  ['parked', 'red'],
  ['pending', 'yellow'],
  ['running', 'yellow'],
  ['succeeded', 'green'],
  ['failed', 'red'],
  ['cancelled', 'dim'],
  ['fired', 'green'],
  ['late', 'yellow'],
  ['skipped', 'dim'],
  ['missed', 'red'],
  ['ok', 'green'],
  ['warning', 'yellow'],
  ['live', 'green'],
  ['stopped', 'red'],
  ['revoked', 'dim'],
  ['expired', 'dim'],
]);

const widthsWithin = (width: number, natural: readonly number[]): number[] => {
  const sumOf = (widths: readonly number[]): number =>
    widths.reduce((sum, each) => sum + each, GAP.length * (widths.length - 1));
  const least = natural.map((each) => Math.min(each, MIN_WIDTH));
  let kept = natural.length;
  while (kept > 1 && sumOf(least.slice(0, kept)) > width) kept -= 1;
  const widths = natural.slice(0, kept);
  for (let over = sumOf(widths) - width; over > 0; over -= 1) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = Math.max(1, (widths[widest] ?? 1) - 1);
  }
  return widths;
};

const ASCII = /^[ -~]*$/;
const WIDE = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}/u;
/** Created for the first text that needs it, because that takes 5 ms. */
let segmenter: Intl.Segmenter | undefined;
const lettersOf = (text: string): readonly string[] => {
  if (ASCII.test(text)) return [...text];
  segmenter ??= new Intl.Segmenter();
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
};

/** Number of terminal columns of a text. */
const widthOf = (text: string): number =>
  ASCII.test(text) ? text.length : lettersOf(text).reduce((sum, letter) => sum + (WIDE.test(letter) ? 2 : 1), 0);

/** Clips a text to a number of columns. */
export const clipped = (text: string, width: number): string => {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const letter of lettersOf(text)) {
    used += widthOf(letter);
    if (used > width - 1) break;
    kept += letter;
  }
  return `${kept}…`;
};

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A relative instant: `in 2 h`, `5 min ago`. */
export const relative = (instant: string, nowMs: number): string => {
  const distanceMs = Date.parse(instant) - nowMs;
  const unit = UNITS.find(([, ms]) => Math.abs(distanceMs) >= ms);
  if (unit === undefined) return 'now';
  const count = `${Math.round(Math.abs(distanceMs) / unit[1])} ${unit[0]}`;
  return distanceMs > 0 ? `in ${count}` : `${count} ago`;
};

/** A duration: `340 ms`, `1.2 s`, `2 min 5 s`. */
export const took = (ms: number): string => {
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const place = UNITS.findIndex(([, unitMs]) => ms >= unitMs);
  const parts = UNITS.slice(place, place + 2).map(([unit, unitMs], part) => {
    const count = part === 0 ? ms / unitMs : (ms % (UNITS[place]?.[1] ?? 1)) / unitMs;
    return `${Math.floor(count)} ${unit}`;
  });
  return parts.join(' ');
};

/** Formats the API's data as a table. */
export type CommandView = (data: unknown, nowMs: number) => Table;

/** A column, and its text for a row. */
export type CommandColumn<Row> = {
  readonly title: string;
  readonly of: (row: Row, nowMs: number) => string | number | null | undefined;
  readonly isState?: true;
  readonly isWide?: true;
};

/** Creates the view of one or several resources. */
export const viewOf =
  <Row>(columns: readonly CommandColumn<Row>[]): CommandView =>
  (data, nowMs) => {
    const rows: readonly Row[] = Array.isArray(data) ? data : [Object(data)];
    return { columns, rows: rows.map((row) => columns.map(({ of }) => String(of(row, nowMs) ?? ''))) };
  };

/** The view of a list within a response. */
export const viewOfList =
  <Row>(name: string, columns: readonly CommandColumn<Row>[]): CommandView =>
  (data, nowMs) =>
    viewOf(columns)(Object(data)[name], nowMs);

export const seconds = (instant: string): string => instant.replace(/\.000Z$/, 'Z');
export const withInstant = (instant: string | null | undefined, nowMs: number): string =>
  instant == null ? '' : `${seconds(instant)}, ${relative(instant, nowMs)}`;
export const fromNow = (instant: string | null | undefined, nowMs: number): string =>
  instant == null ? '' : relative(instant, nowMs);
