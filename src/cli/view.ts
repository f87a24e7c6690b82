import type { CommandView } from './command.ts';
import { relative } from './table.ts';

/** A column, with its text of a row. */
export type CommandColumn<Row> = {
  readonly title: string;
  readonly of: (row: Row, nowMs: number) => string | number | null | undefined;
  readonly isState?: true;
};

/** What a verb shows of one thing or of several. */
export const viewOf =
  <Row>(columns: readonly CommandColumn<Row>[]): CommandView =>
  (data, nowMs) => {
    const rows: readonly Row[] = Array.isArray(data) ? data : [Object(data)];
    return { columns, rows: rows.map((row) => columns.map(({ of }) => String(of(row, nowMs) ?? ''))) };
  };

export const seconds = (instant: string): string => instant.replace(/\.000Z$/, 'Z');
export const withInstant = (instant: string | null | undefined, nowMs: number): string =>
  instant == null ? '' : `${seconds(instant)}, ${relative(instant, nowMs)}`;
export const fromNow = (instant: string | null | undefined, nowMs: number): string =>
  instant == null ? '' : relative(instant, nowMs);
