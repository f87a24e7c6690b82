/** What one transaction takes at the most: a flush serves hundreds, and none waits behind a huge one. */
const BATCH_LIMIT = { appends: 1_500, bytes: 8 * 1_048_576 } as const;

/** The first of those that wait, one at least, as many as fit one transaction. */
export const takeBatch = <T extends { readonly sizeBytes: number }>(
  waiting: readonly T[],
): { taken: T[]; left: T[] } => {
  let sizeBytes = 0;
  let count = 0;
  for (const one of waiting) {
    sizeBytes += one.sizeBytes;
    if (count > 0 && (count >= BATCH_LIMIT.appends || sizeBytes > BATCH_LIMIT.bytes)) break;
    count += 1;
  }
  return { taken: waiting.slice(0, count), left: waiting.slice(count) };
};
