import { distance } from 'fastest-levenshtein';

/** A name that differs from a known one in a third of its letters or less was meant to be that one. */
const MISSPELT_SHARE = 1 / 3;
/** So was a name that begins like it: `retries` for `retry`. */
const PREFIX_SHARE = 2 / 3;

/** The known name that a misspelt one was meant to be; `undefined` if none is close. */
export const nearestName = (name: string, known: Iterable<string>): string | undefined => {
  const given = name.toLowerCase();
  const [nearest] = [...known]
    .map((other) => ({ other, lower: other.toLowerCase() }))
    .map(({ other, lower }) => ({ other, lower, wrong: isSwap(lower, given) ? 1 : distance(lower, given) }))
    .filter(
      ({ lower, wrong }) =>
        wrong <= lower.length * MISSPELT_SHARE || commonPrefix(lower, given) >= lower.length * PREFIX_SHARE,
    )
    .sort((a, b) => a.wrong - b.wrong);
  return nearest?.other;
};

/** Returns whether two neighboring letters are swapped: `snyc` for `sync`. */
const isSwap = (one: string, other: string): boolean => {
  const at = commonPrefix(one, other);
  const swapped = `${other[at + 1] ?? ''}${other[at] ?? ''}`;
  return one.length === other.length && one.slice(at) === swapped + other.slice(at + 2);
};

const commonPrefix = (one: string, other: string): number => {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
};
