import { startEmbeddedPostgres } from '../../src/db/embedded-postgres.ts';
import { silentLog } from './world.ts';

/**
 * Starts an embedded Postgres in the given folder, prints its pid, and stops it when standard input ends. A line there ends
 * the process without a stop.
 */
const [, , dataDir = ''] = process.argv;
const { pid, port, stop } = await startEmbeddedPostgres({ dataDir, port: 0, log: silentLog, durability: 'none' });
console.log(JSON.stringify({ pid, port }));
process.stdin.once('end', stop).once('data', () => process.exit(1));
