const GROUPED = new Intl.NumberFormat('en-GB');

/** A number with its thousands apart. */
export const formatNumber = (value: number): string => GROUPED.format(value);

/** A number of things: `1 job`, `1,204 jobs`. */
export const formatCount = (value: number, one: string, several = `${one}s`): string =>
  `${formatNumber(value)} ${value === 1 ? one : several}`;
