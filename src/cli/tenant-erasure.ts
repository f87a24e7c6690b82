import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { orFail } from './fail.ts';
import { connect, type ServerOptions } from './server.ts';

type EraseOptions = ServerOptions & { readonly confirm: string; readonly reason?: string };

const Shown = z.object({
  applications: z.int(),
  jobs: z.int(),
  tokens: z.int(),
  erasure: z.object({ status: z.enum(['running', 'ended']), counts: z.record(z.string(), z.int()) }),
});

const LOOK_EVERY_MS = 1_000;

const NOTE =
  "Its data keys are deleted: secrets, and bodies and results of confidential jobs, can't be opened again by anyone. " +
  'The log keeps the events, with names, definitions and what calls answered unsealed, so that the audit and its proofs ' +
  'stay whole. On EventStoreDB the keys are gone only after a scavenge of every node. Backups that were made before ' +
  'still hold them.';

/** `carillon tenant erase`: erases a tenant, waits until nothing of it is left, and says what is gone and what is not. */
export const eraseTenantNamed = (tenant: string, { confirm, reason, ...options }: EraseOptions): Promise<void> =>
  orFail(async () => {
    const server = await connect(options);
    const path = `/tenants/${encodeURIComponent(tenant)}`;
    const headers = reason === undefined ? {} : { 'Carillon-Reason': encodeURIComponent(reason) };
    await server.delete(path, { params: { confirm }, headers });
    let last = '';
    for (;;) {
      const { erasure, ...left } = Shown.parse((await server.get(path)).data);
      const ended = Object.entries(erasure.counts).map(([action, count]) => `${action} ${count}`);
      if (erasure.status === 'ended') {
        process.stdout.write(
          `tenant ${tenant} is erased: ${ended.length === 0 ? 'there was nothing left' : ended.join(', ')}. ${NOTE}\n`,
        );
        return;
      }
      const line = `left: applications ${left.applications}, jobs ${left.jobs}, tokens ${left.tokens}`;
      if (line !== last) process.stderr.write(`${line}\n`);
      last = line;
      await sleep(LOOK_EVERY_MS);
    }
  });
