import { createPgDriverFactory } from '@slonik/pg-driver';
import type { DriverFactory } from 'slonik';

/**
 * Wraps slonik's Postgres driver with a timeout for each statement. The server enforces its own statement timeout
 * first; this one destroys the connection of a server that does not answer at all, which ends the statement too.
 * @param answerMs the time from sending a statement to its complete answer
 */
export const boundedDriver =
  (answerMs: number): DriverFactory =>
  async (options) => {
    const driver = await withTimeout(answerMs, createPgDriverFactory()(options));
    return {
      createClient: async () => {
        const client = await driver.createClient();
        return {
          ...client,
          query: async (...queryArguments) => {
            const late = setTimeout(() => void client.destroy().catch(() => {}), answerMs);
            try {
              return await client.query(...queryArguments);
            } finally {
              clearTimeout(late);
            }
          },
        };
      },
    };
  };

/** Limits the queries that the driver makes itself before the first statement; it sets no timeout for them. */
const withTimeout = async <T>(limitMs: number, work: Promise<T>): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`Postgres did not answer within ${limitMs} ms`)), limitMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};
