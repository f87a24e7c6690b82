import { rm } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../../src/db/embedded-postgres.ts';
import { createPool } from '../../../../src/db/pool.ts';
import { type PostgresPlace, readPostgresPlace } from '../../../../src/event-store/postgres/adapter.ts';
import { promoteStandby, recoverToBackup } from '../../../support/clusters.ts';
import { passableTempDir } from '../../../support/temp-dir.ts';
import { type LogLine, recordingLog, silentLog } from '../../../support/world.ts';

describe('where a database is', () => {
  let folder: string;
  let original: EmbeddedPostgres;
  const running: EmbeddedPostgres[] = [];

  before(async () => {
    folder = await passableTempDir('carillon-place-');
    original = await startEmbeddedPostgres({ dataDir: path.join(folder, 'original'), port: 0, log: silentLog });
    running.push(original);
  });
  after(async () => {
    for (const each of running.reverse()) await each.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const requested = async (
    url: string,
    change: readonly string[] = [],
  ): Promise<PostgresPlace & { lines: LogLine[] }> => {
    const { log, lines } = recordingLog();
    const pool = createPool({ url, name: 'test', max: 1, log: silentLog });
    try {
      for (const statement of change) await pool.query(statement);
      return { ...(await readPostgresPlace(pool, log)), lines };
    } finally {
      await pool.close();
    }
  };

  it('is readable by an ordinary user, and differs per database', async () => {
    const user = ['create role app login', 'set role app'];
    const { lines, ...place } = await requested(original.url, user);
    expect(place).to.deep.equal({ system: place.system, database: place.database, timeline: 1 });
    expect(place.system).to.match(/^\d{15,20}$/);
    expect(lines).to.deep.equal([]);
    await requested(original.url, ['create database other']);
    const other = await requested(new URL('/other', original.url).href);
    expect(other.system).to.equal(place.system);
    expect(other.database).to.match(/^\d+$/).and.not.equal(place.database);
  });

  it('is known by the database alone if the system identifier is withheld, which is logged', async () => {
    await requested(original.url, ['revoke execute on function pg_control_system() from public']);
    const { lines, ...place } = await requested(original.url, ['set role app']);
    await requested(original.url, ['grant execute on function pg_control_system() to public']);
    expect(place).to.have.keys('database', 'timeline');
    expect(lines.map(({ level }) => level)).to.deep.equal(['warn']);
  });

  it('is the same after a failover to a standby, on the next timeline', async () => {
    const standby = await promoteStandby(original, path.join(folder, 'standby'));
    running.push(standby);
    const { lines, ...before } = await requested(original.url);
    expect(await requested(standby.url)).to.deep.equal({ ...before, timeline: 2, lines });
  });

  it('reports a recovery to a point in time, to a user who may read its history', async () => {
    const recovered = await recoverToBackup(original, path.join(folder, 'recovered'));
    running.push(recovered);
    const { lines, ...before } = await requested(original.url);
    expect(await requested(recovered.url)).to.deep.equal({ ...before, timeline: 2, recoveredFrom: 1, lines });
    const { recoveredFrom } = await requested(recovered.url, ['set role app']);
    expect(recoveredFrom).to.equal(undefined);
  });
});
