import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { parseJsonAs } from '../runtime/text.ts';
import type { CommandCall } from './command.ts';

const End = z.object({ kind: z.literal('end'), data: z.object({ counts: z.record(z.string(), z.int()) }) });

/**
 * `carillon tenant export`: writes all data of a tenant to a file or to standard output, and the counts to standard error.
 * Fails if the export is incomplete.
 */
export const exportTenantTo = async ({ subject: tenant, options, stream, terminal }: CommandCall): Promise<void> => {
  const { outFile: out } = options;
  const data = await stream('exportTenant');
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
  terminal.stderr.write(`Exported ${tenant}: ${countsText(end.data.counts)}\n`);
};

const countsText = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', ');

const POLL_INTERVAL_MS = 1_000;

const NOTE =
  'Its data keys are deleted: no one can read its secrets, or the bodies and results of confidential jobs, again. ' +
  'The log keeps the events, with names, definitions and unencrypted responses, so that the audit trail and its proofs ' +
  'stay complete. On EventStoreDB, the keys are gone only after a scavenge of every node. Earlier backups still ' +
  'contain them.';

/** `carillon tenant erase`: erases a tenant, waits for completion, and prints what was erased and what is kept. */
export const eraseTenantNamed = async ({ subject: tenant, options, send, say, note }: CommandCall): Promise<void> => {
  await send('eraseTenant', { query: { confirm: options.confirm } });
  let noted = '';
  for (;;) {
    const { data } = await send('getTenant');
    const { status, counts = {} } = data.erasure ?? {};
    if (status === 'ended') {
      return say(`Erased tenant ${tenant}: ${countsText(counts) || 'nothing was left'}. ${NOTE}`, data);
    }
    const line = `Remaining: applications ${data.applications}, jobs ${data.jobs}, tokens ${data.tokens}`;
    if (line !== noted) note(line);
    noted = line;
    await sleep(POLL_INTERVAL_MS);
  }
};
