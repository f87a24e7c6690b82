import { createReadStream, createWriteStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { everyProjection } from '../../src/projections/all.ts';
import { viewSchema } from '../../src/projections/projection.ts';
import { executions } from '../../src/projections/read-models/executions.ts';
import { timed } from '../harness.ts';
import { cpuUse } from './cpu.ts';
import type { BenchServer } from './server.ts';

const PAGE = 5_000;
const schemaOf = (name: string): string => `bare_${name}`;

/**
 * What a rebuild can't do without: every event read from the log and parsed, while the rows that result are copied into
 * tables, and their indexes made after. The rows come from files that are written before.
 */
export const bareRebuild = async (
  { databaseUrl, dataDir }: Pick<BenchServer, 'databaseUrl' | 'dataDir'>,
  after = 0,
): Promise<{ readonly tookMs: number; readonly cpuMs: number }> => {
  const [reader, copier] = [new pg.Client(databaseUrl), new pg.Client(databaseUrl)];
  await Promise.all([reader.connect(), copier.connect()]);
  try {
    const tables = everyProjection.flatMap((projection) =>
      projection.views.map((table) => ({ projection, table, file: path.join(dataDir, `${projection.name}-${table}`) })),
    );
    for (const projection of everyProjection) {
      const schema = schemaOf(projection.name);
      await copier.query(
        `DROP SCHEMA IF EXISTS ${schema} CASCADE; CREATE SCHEMA ${schema}; ${projection.tables(schema)}`,
      );
    }
    await copier.query(
      `SELECT ${schemaOf(executions.name)}.hold_months(array_agg(DISTINCT date_trunc('month', created_at)))
       FROM ${viewSchema(executions)}.executions`,
    );
    const columns = new Map<string, string>();
    for (const { projection, table, file } of tables) {
      const names = await storedColumns(copier, schemaOf(projection.name), table);
      columns.set(file, names);
      const rows = copier.query(copyTo(`COPY (SELECT ${names} FROM ${viewSchema(projection)}.${table}) TO STDOUT`));
      await pipeline(rows, createWriteStream(file));
    }
    const copyAll = async () => {
      for (const { projection, table, file } of tables) {
        const into = `${schemaOf(projection.name)}.${table} (${columns.get(file)})`;
        await pipeline(createReadStream(file), copier.query(copyFrom(`COPY ${into} FROM STDIN`)));
      }
    };
    const of = { pid: process.pid, dataDir };
    const before = cpuUse(of);
    const { tookMs } = await timed(async () => {
      await Promise.all([readAll(reader, after), copyAll()]);
      await copier.query("SET maintenance_work_mem TO '256MB'");
      for (const projection of everyProjection) await copier.query(projection.indexes(schemaOf(projection.name)));
    });
    const used = cpuUse(of);
    for (const { name } of everyProjection) await copier.query(`DROP SCHEMA ${schemaOf(name)} CASCADE`);
    return { tookMs, cpuMs: used.serverMs - before.serverMs + used.postgresMs - before.postgresMs };
  } finally {
    await Promise.all([reader.end(), copier.end()]);
  }
};

const storedColumns = async (client: pg.Client, schema: string, table: string): Promise<string> => {
  const { rows } = await client.query<{ names: string }>(
    `SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) AS names
     FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2 AND is_generated = 'NEVER'`,
    [schema, table],
  );
  return rows[0]?.names ?? '';
};

const readAll = async (client: pg.Client, start: number): Promise<void> => {
  const page = (after: unknown) =>
    client.query({
      name: 'bare',
      text: 'SELECT position, data, metadata FROM log_events WHERE position > $1 ORDER BY position LIMIT $2',
      values: [after, PAGE],
      rowMode: 'array',
    });
  for (let next = page(start); ; ) {
    const { rows } = await next;
    const last = rows.at(-1);
    if (last === undefined) return;
    // The next page is on its way while this one is parsed.
    next = page(last[0]);
    for (const [, data, metadata] of rows) {
      JSON.parse(data);
      JSON.parse(metadata);
    }
  }
};
