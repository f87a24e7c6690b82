/**
 * Begins a transaction that holds the writer lock of the log, so that only one process writes at a time.
 *
 * - The lock is advisory: a row lock would rewrite a row with each append.
 * - Postgres releases the lock only after the commit is visible. So each statement that begins after the lock was taken
 *   sees everything that earlier writers committed. This needs `read committed`: with a stricter isolation level, all
 *   statements would see the snapshot from before the lock.
 * - `synchronous_commit` is on, whatever the default of the server, so that an answered append survives a crash.
 */
export const BEGIN_AS_WRITER =
  'BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit TO on; SELECT pg_advisory_xact_lock(4846318273410263)';
