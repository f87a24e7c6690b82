import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { z } from 'zod';

const SERVER = path.join(import.meta.dirname, '../../test/support/eventstoredb/fake-process.ts');
const SECRET = 'a secret of at least thirty-two bytes';

export type FakeLogProcess = {
  /** Of a service that has its log there. */
  readonly settings: Readonly<Record<string, string>> & { readonly JWT_SECRET: string };
  stop(): Promise<void>;
};

/** A fake EventStoreDB in a separate process, with this round-trip time. */
export const startFakeLogProcess = async (roundTripMs: number): Promise<FakeLogProcess> => {
  const child = fork(SERVER, ['0', String(roundTripMs)], { stdio: 'inherit' });
  const [message] = await once(child, 'message');
  return {
    settings: {
      EVENTSTORE_URL: z.object({ url: z.string() }).parse(message).url,
      HOST: '127.0.0.1',
      PUBLIC_URL: 'http://127.0.0.1:3000',
      JWT_SECRET: SECRET,
      JWT_ISSUER: 'bench',
      JWT_AUDIENCE: 'carillon',
      AUDIT_KEY: Buffer.alloc(32, 9).toString('base64'),
      SECRET_KEYS: `bench:${Buffer.alloc(32, 7).toString('base64')}`,
    },
    stop: async () => {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
};
