import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { TenantStateSchema } from '../http/resources/common.ts';
import { parseJsonAs } from '../runtime/text.ts';
import type { ServerOptions } from './access.ts';
import { runOrExit } from './fail.ts';
import { connect, reasonHeader } from './server.ts';

type ExportOptions = ServerOptions & { readonly out?: string };

const End = z.object({ kind: z.literal('end'), data: z.object({ counts: z.record(z.string(), z.int()) }) });

/**
 * `carillon tenant export`: writes all data of a tenant to a file or to standard output, and the counts to standard error.
 * Fails if the export is incomplete.
 */
export const exportTenantTo = (tenant: string, { out, ...options }: ExportOptions): Promise<void> =>
  runOrExit(async () => {
    const path = `/tenants/${encodeURIComponent(tenant)}/export`;
    const data = await (await connect(options)).askStreamed({ path });
    const target = out === undefined ? process.stdout : createWriteStream(out, { mode: 0o600 });
    let last = '';
    for await (const line of createInterface({ input: data })) {
      last = line;
      if (!target.write(`${line}\n`)) await once(target, 'drain');
    }
    if (out !== undefined) {
      target.end();
      await once(target, 'finish');
    }
    const end = parseJsonAs(End, last);
    if (end === undefined)
      throw new Error('The server ended the export early, so the file is incomplete. Run the export again.');
    const counts = Object.entries(end.data.counts).map(([kind, count]) => `${kind} ${count}`);
    process.stderr.write(`Exported ${tenant}: ${counts.join(', ')}\n`);
  });

type EraseOptions = ServerOptions & { readonly confirm: string; readonly reason?: string };

type TenantState = z.output<typeof TenantStateSchema>;
type ErasingTenant = TenantState & { readonly erasure: NonNullable<TenantState['erasure']> };
const POLL_INTERVAL_MS = 1_000;

const NOTE =
  'Its data keys are deleted: no one can read its secrets, or the bodies and results of confidential jobs, again. ' +
  'The log keeps the events, with names, definitions and unencrypted responses, so that the audit trail and its proofs ' +
  'stay complete. On EventStoreDB, the keys are gone only after a scavenge of every node. Earlier backups still ' +
  'contain them.';

/** `carillon tenant erase`: erases a tenant, waits for completion, and prints what was erased and what is kept. */
export const eraseTenantNamed = (tenant: string, { confirm, reason, ...options }: EraseOptions): Promise<void> =>
  runOrExit(async () => {
    const server = await connect(options);
    const path = `/tenants/${encodeURIComponent(tenant)}`;
    const headers = reasonHeader(reason);
    await server.ask({ method: 'delete', path, query: { confirm }, headers });
    let last = '';
    for (;;) {
      const { erasure, ...left } = (await server.ask<ErasingTenant>({ path })).data;
      const ended = Object.entries(erasure.counts).map(([action, count]) => `${action} ${count}`);
      if (erasure.status === 'ended') {
        process.stdout.write(
          `Erased tenant ${tenant}: ${ended.length === 0 ? 'nothing was left' : ended.join(', ')}. ${NOTE}\n`,
        );
        return;
      }
      const line = `Remaining: applications ${left.applications}, jobs ${left.jobs}, tokens ${left.tokens}`;
      if (line !== last) process.stderr.write(`${line}\n`);
      last = line;
      await sleep(POLL_INTERVAL_MS);
    }
  });
