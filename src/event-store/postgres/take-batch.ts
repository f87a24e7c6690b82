/** The limits of one transaction: large enough to share one flush to disk, small enough not to delay the next one. */
const BATCH_LIMIT = { appends: 1_500, bytes: 8 * 1_048_576 } as const;

/** Takes the oldest entries that fit into one transaction, at least one. */
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
