import type { Timers } from '../runtime/runtime.ts';
import { openSession, probe, type Session } from './session.ts';

/** Leases by advisory locks. They last as long as the connection that all leases of this process share. */
export type LockLeases = {
  tryTake(name: string): Promise<{ readonly lost: AbortSignal; release(): Promise<void> } | undefined>;
  close(): Promise<void>;
};

type LeasesOptions = { readonly databaseUrl: string; readonly timers: Timers };

/** Creates the leases of a process. Connects at the first request, and again after a lost connection. */
export const createLeases = ({ databaseUrl, timers }: LeasesOptions): LockLeases => {
  const closing = new AbortController();
  let opening: Promise<Session> | undefined;

  const open = async (): Promise<Session> => {
    const session = await openSession({ databaseUrl, name: 'carillon leases' });
    void probe(session, timers, AbortSignal.any([closing.signal, session.lost]));
    session.lost.addEventListener('abort', () => {
      opening = undefined;
    });
    return session;
  };

  const connected = (): Promise<Session> => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };

  return {
    tryTake: async (name) => {
      const { client, lost } = await connected();
      const { rows } = await client.query<{ taken: boolean }>(
        'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken',
        [lockName(name)],
      );
      if (rows[0]?.taken !== true) return undefined;
      const release = async (): Promise<void> => {
        if (lost.aborted) return;
        await client.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [lockName(name)]).catch(() => {});
      };
      return { lost, release };
    },
    close: async () => {
      closing.abort();
      await (await opening?.catch(() => undefined))?.close();
    },
  };
};

const lockName = (name: string): string => `carillon lease of ${name}`;
