const GROUPED = new Intl.NumberFormat('en-GB');

/** A number with its thousands apart. */
export const sayNumber = (value: number): string => GROUPED.format(value);

/** A number of things: `1 job`, `1,204 jobs`. */
export const sayCount = (value: number, one: string, several = `${one}s`): string =>
  `${sayNumber(value)} ${value === 1 ? one : several}`;
