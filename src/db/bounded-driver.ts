import { createPgDriverFactory } from '@slonik/pg-driver';
import type { DriverFactory } from 'slonik';

/**
 * Slonik's way to Postgres, with a bound of our own: the server gives a statement up by itself where it can, and a
 * client whose statement is not answered at all is destroyed, which ends the statement too.
 * @param answerMs from the statement to its whole answer
 */
export const boundedDriver =
  (answerMs: number): DriverFactory =>
  async (options) => {
    const driver = await within(answerMs, createPgDriverFactory()(options));
    return {
      createClient: async () => {
        const client = await driver.createClient();
        return {
          ...client,
          query: async (...asked) => {
            const late = setTimeout(() => void client.destroy().catch(() => {}), answerMs);
            try {
              return await client.query(...asked);
            } finally {
              clearTimeout(late);
            }
          },
        };
      },
    };
  };

/** What the driver asks by itself before the first statement has no bound. */
const within = async <T>(limitMs: number, asked: Promise<T>): Promise<T> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`Postgres did not answer within ${limitMs} ms`)), limitMs);
  try {
    return await Promise.race([asked, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};
