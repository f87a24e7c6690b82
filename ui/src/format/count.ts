const GROUPED = new Intl.NumberFormat('en-GB');

/** Formats a number with thousands separators. */
export const formatNumber = (value: number): string => GROUPED.format(value);

/** `1 job`, `1,204 jobs`. */
export const formatCount = (value: number, one: string, several = `${one}s`): string =>
  `${formatNumber(value)} ${value === 1 ? one : several}`;
