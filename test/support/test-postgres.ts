import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { z } from 'zod';
import { migrate } from '../../src/db/migrate.ts';
import { everyProjection } from '../../src/projections/all.ts';
import { ensureLive } from '../../src/projections/registry.ts';
import { inDatabase, startThrowAwayServer } from '../../src/testing/databases.ts';
import { silentLog } from './world.ts';

/** Where tests create their databases, as copies of a template: an empty one, and one with empty read models. */
export const TestPostgresAddress = z.object({ url: z.string(), template: z.string(), withReadModels: z.string() });

/**
 * A Postgres with migrated databases as templates: that of CARILLON_TEST_DATABASE_URL, whose user can create databases, or a
 * throw-away one.
 */
export const startTestPostgres = async () => {
  const given = process.env.CARILLON_TEST_DATABASE_URL;
  const { url, stop } = given ? { url: given, stop: async () => {} } : await startThrowAwayServer(silentLog);
  const template = `carillon_test_${randomBytes(3).toString('hex')}`;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect().catch(({ message }) => {
    throw new Error(`the Postgres of CARILLON_TEST_DATABASE_URL does not answer: ${message}`);
  });
  const databases = async () => {
    const { rows } = await admin.query("SELECT datname FROM pg_database WHERE datname LIKE 'carillon_test_%'");
    return rows.map(({ datname }) => z.string().parse(datname));
  };
  const earlier = await databases();
  if (earlier.length > 0) console.log(`databases of other runs, which nobody may need any more: ${earlier.join(', ')}`);
  await admin.query(`CREATE DATABASE ${template}`);
  await migrate(inDatabase(url, template), silentLog);
  const withReadModels = `${template}_read_models`;
  await admin.query(`CREATE DATABASE ${withReadModels} TEMPLATE ${template}`);
  const client = new pg.Client({ connectionString: inDatabase(url, withReadModels) });
  await client.connect();
  await ensureLive(client, everyProjection);
  await client.end();
  return {
    address: { url, template, withReadModels } satisfies z.infer<typeof TestPostgresAddress>,
    stop: async () => {
      for (const name of (await databases()).filter((each) => each.startsWith(template)))
        await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
      await stop();
    },
  };
};
