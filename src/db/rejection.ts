import pg from 'pg';
import { certificateProblem } from '../runtime/certificate-problem.ts';

/** Postgres, or the setup of a connection to it, rejected the URL. Waiting does not help. */
export class PostgresRejected extends Error {
  override readonly name = 'PostgresRejected';
  readonly code = 'POSTGRES_REJECTED';
}

/**
 * Converts an error of connecting to, or migrating, a database into one that states what to do; `undefined` if its cause is
 * unknown, or waiting can help. The message never contains the password.
 */
export const postgresRejection = (error: unknown, url: string): PostgresRejected | undefined => {
  if (!(error instanceof Error)) return undefined;
  const message = messageOf(error, namesIn(url));
  return message === undefined ? undefined : new PostgresRejected(message, { cause: error });
};

/** Runs requests to a database, and converts a rejection. @throws PostgresRejected, and every other error unchanged */
export const explainingRejections = async <T>(url: string, run: () => Promise<T>): Promise<T> => {
  try {
    return await run();
  } catch (error) {
    throw postgresRejection(error, url) ?? error;
  }
};

type Names = { readonly server: string; readonly user: string; readonly database: string };

const namesIn = (url: string): Names => {
  const { host, username, pathname } = new URL(url);
  const user = decodeURIComponent(username) || process.env.PGUSER || process.env.USER || '';
  const database = decodeURIComponent(pathname.slice(1)) || user;
  return { server: `Postgres at ${host || 'localhost'} (DATABASE_URL)`, user, database };
};

const SCHEMA_DENIED = /permission denied for schema (\S+)/;

const messageOf = (error: Error, { server, user, database }: Names): string | undefined => {
  const schema = SCHEMA_DENIED.exec(error.message)?.[1];
  if (schema !== undefined) {
    return `${server} doesn't allow user "${user}" to create tables in the schema "${schema}". Run as its administrator: GRANT CREATE ON SCHEMA ${schema} TO "${user}"`;
  }
  if (error.message.includes('client password must be')) {
    return `${server} requires a password. Add it to DATABASE_URL: postgres://user:password@host:5432/database`;
  }
  if (error.message.includes('does not support SSL')) {
    return `${server} doesn't support TLS. Remove sslmode from DATABASE_URL, or enable TLS on the server.`;
  }
  const certificate = certificateProblem(error);
  if (certificate !== undefined) {
    return `The certificate of ${server} can't be verified: ${certificate}. Name the file with its authority in DATABASE_URL: ?sslmode=verify-full&sslrootcert=/path/ca.crt`;
  }
  if ('syscall' in error && error.syscall === 'open') {
    return `A file that DATABASE_URL names can't be read: ${error.message}. Correct sslrootcert, sslcert or sslkey.`;
  }
  return error instanceof pg.DatabaseError ? reportedBy(error, { server, user, database }) : undefined;
};

/** The messages by SQLSTATE. */
const reportedBy = ({ code, message }: pg.DatabaseError, { server, user, database }: Names): string | undefined => {
  switch (code) {
    case '28P01':
      return `${server} rejected user "${user}" or the password. Correct them in DATABASE_URL; percent-encode special characters.`;
    case '28000':
      return `${server} rejected user "${user}": ${message}. Correct the user in DATABASE_URL, create the role with LOGIN, or allow it in pg_hba.conf.`;
    case '3D000':
      return `${server} has no database "${database}". Create it (CREATE DATABASE "${database}"), or correct the name in DATABASE_URL.`;
    case '42501':
      return `${server} denied access to user "${user}": ${message}. Grant the right, or use another user in DATABASE_URL.`;
  }
  return undefined;
};
