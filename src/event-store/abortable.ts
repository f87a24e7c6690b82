/**
 * The promise's value, or undefined as soon as the signal aborts. A race against one long-lived promise would keep a
 * reaction for every wait of a subscription that lives for months; this takes its listener off each time.
 */
export const abortable = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) {
      promise.catch(() => {});
      return resolve(undefined);
    }
    const abort = () => resolve(undefined);
    signal.addEventListener('abort', abort, { once: true });
    const leave = () => signal.removeEventListener('abort', abort);
    promise.then(
      (value) => {
        leave();
        resolve(value);
      },
      (error) => {
        leave();
        reject(error);
      },
    );
  });
