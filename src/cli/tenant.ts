import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { orFail } from './fail.ts';
import type { ServerOptions } from './server.ts';
import { askStreamed } from './streamed.ts';

type ExportOptions = ServerOptions & { readonly out?: string };

const End = z.object({ kind: z.literal('end'), data: z.object({ counts: z.record(z.string(), z.int()) }) });

/**
 * `carillon tenant export`: writes all that the running server has of a tenant to a file or to standard output, and the
 * counts to standard error. Fails if the server broke the export off.
 */
export const exportTenantTo = (tenant: string, { out, ...options }: ExportOptions): Promise<void> =>
  orFail(async () => {
    const path = `/tenants/${encodeURIComponent(tenant)}/export`;
    const data = await askStreamed(options, path);
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
    const end = End.safeParse(parseJson(last));
    if (!end.success) throw new Error('the server broke the export off: what was written is not whole');
    const counts = Object.entries(end.data.data.counts).map(([kind, count]) => `${kind} ${count}`);
    process.stderr.write(`exported ${tenant}: ${counts.join(', ')}\n`);
  });

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
