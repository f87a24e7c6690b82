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
    const driver = await createPgDriverFactory()(options);
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
