import pg from 'pg';

/** Sets what a database takes for the time: its sessions find these functions before those of Postgres. */
export type PostgresClock = {
  setTo(epochMs: number): Promise<void>;
  close(): Promise<void>;
};

const DEFINITION = `
  CREATE SEQUENCE public.test_clock;
  CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
  AS $$ SELECT timestamptz 'epoch' + last_value * interval '1 millisecond' FROM public.test_clock $$;
  CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT public.clock_timestamp()'`;

/** Gives a database a clock that stands, for the sessions that are opened from now on. */
export const createPostgresClock = async (databaseUrl: string): Promise<PostgresClock> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query('SELECT current_database() AS name');
  await client.query(DEFINITION);
  await client.query(`ALTER DATABASE ${rows[0].name} SET search_path = public, pg_catalog`);
  return {
    setTo: async (epochMs) => {
      await client.query({ name: 'set', text: `SELECT setval('public.test_clock', $1)`, values: [epochMs] });
    },
    close: () => client.end(),
  };
};
