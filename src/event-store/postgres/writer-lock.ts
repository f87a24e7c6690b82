/**
 * The lock that every writer of the log takes, for its transaction. Advisory, because there is then no row to lock that
 * each append would have to rewrite; Postgres lets go of it only once the transaction can be seen by all, so whoever
 * holds it sees all that was written before, in a statement of its own after it. Isolation is named for that reason
 * too: under a stricter default the later statements would read what was there before the lock. And an answered append
 * outlives a crash of the machine, whatever the server's default is.
 */
export const BEGIN_AS_WRITER =
  'begin isolation level read committed; set local synchronous_commit to on; select pg_advisory_xact_lock(4846318273410263)';
