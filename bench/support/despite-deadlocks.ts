import type { BenchServer } from './server.ts';

const DEADLOCK = '40P01';

/**
 * Runs a statement beside a server that locks the same tables and others in an order of its own: where both wait for each
 * other, one gives way, and this one is made again.
 */
export const despiteDeadlocks = async (database: BenchServer['database'], statement: string): Promise<void> => {
  try {
    await database.query(statement);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === DEADLOCK)) throw error;
    await despiteDeadlocks(database, statement);
  }
};
