const GROUPED = new Intl.NumberFormat('en-GB');

/** Formats a number with thousands separators. */
export const formatNumber = (value: number): string => GROUPED.format(value);

/** `1 job`, `1,204 jobs`. */
export const formatCount = (value: number, one: string, several = `${one}s`): string =>
  `${formatNumber(value)} ${value === 1 ? one : several}`;

/** The share of executions that succeeded, never rounded to 100 % if one has failed. */
export const formatRate = ({ succeeded, failed }: { readonly succeeded: number; readonly failed: number }): string => {
  const all = succeeded + failed;
  if (all === 0) return '–';
  const percent = (100 * succeeded) / all;
  return `${failed === 0 ? '100' : Math.min(99.9, percent).toFixed(1)} %`;
};
