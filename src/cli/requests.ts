import type { z } from 'zod';
import type { EngineReleaseSchema, ErasedKeySchema, RotatedKeysSchema } from '../http/resources/installation.ts';
import { plain } from '../runtime/plain.ts';
import type { ServerOptions } from './access.ts';
import { EXIT, runOrExit } from './fail.ts';
import { connect, reasonHeader } from './server.ts';

/** `carillon engine release`: lets the engines claim that wait for it, on the log where it lives now. */
export const requestRelease = ({ reason, ...options }: ServerOptions & { readonly reason?: string }): Promise<void> =>
  runOrExit(async () => {
    const server = await connect(options);
    const asked = { method: 'post', path: '/engine/release', headers: reasonHeader(reason) } as const;
    const { logId, store } = (await server.ask<z.output<typeof EngineReleaseSchema>>(asked)).data;
    process.stdout.write(`Released: engines can claim slots on log ${logId} in ${store}\n`);
  });

/** `carillon secrets rotate`: wraps every data key by the first key of `SECRET_KEYS`; exit code 1 where one failed. */
export const requestRotation = (options: ServerOptions): Promise<void> =>
  runOrExit(async () => {
    const server = await connect(options);
    const asked = { method: 'post', path: '/secrets/rotate' } as const;
    const { rewrapped, current, failed } = (await server.ask<z.output<typeof RotatedKeysSchema>>(asked)).data;
    process.stdout.write(`Encrypted ${rewrapped} data keys with the current key; ${current} already used it\n`);
    for (const { applicationId, message } of failed) {
      process.stderr.write(`carillon: application ${applicationId}: ${plain(message)}\n`);
    }
    if (failed.length > 0) process.exitCode = EXIT.no;
  });

/** `carillon secrets erase`: deletes an application's data key for good. */
export const requestErasure = (applicationId: string, options: ServerOptions): Promise<void> =>
  runOrExit(async () => {
    const server = await connect(options);
    const path = `/applications/${encodeURIComponent(applicationId)}/secrets/erase`;
    const { generation, note } = (await server.ask<z.output<typeof ErasedKeySchema>>({ method: 'post', path })).data;
    const done = generation === undefined ? '' : `Deleted data key ${generation} of application ${applicationId}. `;
    process.stdout.write(`${done}${note}\n`);
  });
