import type { BenchServer } from './server.ts';

const DEADLOCK = '40P01';

/**
 * Runs a statement beside a server that locks the same tables in another order: if a deadlock occurs, one side is aborted,
 * and this one is retried.
 */
export const despiteDeadlocks = async (database: BenchServer['database'], statement: string): Promise<void> => {
  try {
    await database.query(statement);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === DEADLOCK)) throw error;
    await despiteDeadlocks(database, statement);
  }
};
