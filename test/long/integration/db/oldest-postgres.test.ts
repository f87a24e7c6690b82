import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { Binaries } from '../../../../src/db/embedded/binaries.ts';
import { startThrowAwayServer, type ThrowAwayServer } from '../../../../src/testing/databases.ts';
import { oldestPostgres } from '../../../support/oldest-postgres.ts';
import { silentLog } from '../../../support/world.ts';

/** The log's contract, the read models, and the export and proofs of a whole service. */
const FILES = [
  'test/contract/event-store-postgres.test.ts',
  'test/integration/projections.test.ts',
  'test/integration/projections-queries.test.ts',
  'test/integration/projections-rebuild.test.ts',
  'test/integration/tree.test.ts',
  'test/long/e2e/audit-export.test.ts',
];

describe('the oldest supported Postgres', () => {
  let server: ThrowAwayServer | undefined;

  before(async function () {
    const binaries = await oldestPostgres().catch((error: Error): Binaries | undefined => {
      if (process.env.CI === 'true') throw error;
      console.log(`SKIPPED: the oldest supported Postgres: ${error.message}`);
      return undefined;
    });
    if (binaries === undefined) return this.skip();
    server = await startThrowAwayServer(silentLog, binaries);
  });
  after(() => server?.stop());

  it('holds the log and the read models, and an export is made of them', async () => {
    const { MOCHA_WORKER_ID: _, CARILLON_TEST_LOG: __, ...inherited } = process.env;
    const env = { ...inherited, CARILLON_TEST_DATABASE_URL: server?.url };
    const mocha = await promisify(execFile)('mocha', FILES, { env, maxBuffer: 2 ** 26 }).catch(({ stdout, stderr }) =>
      expect.fail(`${stdout}${stderr}`),
    );
    expect(mocha.stdout).to.match(/^\d{2,} passed, 0 failed, 0 skipped$/m);
  });
});
