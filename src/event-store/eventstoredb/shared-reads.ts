import { setImmediate } from 'node:timers/promises';

type ReadsOfKey<T> = {
  readonly requestInProgress: Promise<T>;
  /** What is read next, for all that asked since the read under way began. */
  next?: Promise<T>;
};

/**
 * Makes reads that many ask for at once, such as that of a busy application, once for all of them. A value is always read
 * after it was asked for: who comes while the key is being read waits for the next read, which begins after this one.
 */
export const sharedReads = <T>(read: (key: string) => Promise<T>): ((key: string) => Promise<T>) => {
  const keys = new Map<string, ReadsOfKey<T>>();

  const begin = (key: string): Promise<T> => {
    const requestInProgress = read(key).finally(() => {
      if (keys.get(key) === reads && reads.next === undefined) keys.delete(key);
    });
    const reads: ReadsOfKey<T> = { requestInProgress: requestInProgress };
    keys.set(key, reads);
    return requestInProgress;
  };

  return (key) => {
    const reads = keys.get(key);
    if (reads !== undefined) {
      reads.next ??= reads.requestInProgress.then(
        () => begin(key),
        () => begin(key),
      );
      return reads.next;
    }
    // Waits one turn of the event loop, so that requests that arrived together share a read.
    const first = setImmediate().then(() => begin(key));
    keys.set(key, { requestInProgress: first, next: first });
    return first;
  };
};
