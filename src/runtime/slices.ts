/** Yields slices of up to `most` items. */
export function* slicesOf<T>(all: readonly T[], most: number): Generator<readonly T[], void> {
  for (let from = 0; from < all.length; from += most) yield all.slice(from, from + most);
}
