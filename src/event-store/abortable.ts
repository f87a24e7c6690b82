/**
 * Resolves to the promise's value, or to undefined as soon as the signal aborts. It removes its listener each time.
 * `Promise.race` with one long-lived promise would leak: that promise keeps a reaction for every wait, and a
 * subscription waits for months.
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
