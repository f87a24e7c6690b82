import { z } from 'zod';
import { EXIT, orFail } from './fail.ts';
import { connect, type ServerOptions } from './server.ts';

const Rotated = z.object({
  rewrapped: z.int(),
  current: z.int(),
  failed: z.array(z.object({ applicationId: z.int(), code: z.string(), message: z.string() })),
});
const Erased = z.object({ applicationId: z.int(), generation: z.int().optional(), note: z.string() });

/** `carillon secrets rotate`: wraps every data key by the first key of `SECRET_KEYS`; exit code 1 where one failed. */
export const requestRotation = (options: ServerOptions): Promise<void> =>
  orFail(async () => {
    const server = await connect(options);
    const { rewrapped, current, failed } = Rotated.parse((await server.post('/secrets/rotate')).data);
    process.stdout.write(`${rewrapped} data keys were wrapped by the current key, ${current} were so already\n`);
    for (const { applicationId, message } of failed) {
      process.stderr.write(`carillon: application ${applicationId}: ${message}\n`);
    }
    if (failed.length > 0) process.exitCode = EXIT.no;
  });

/** `carillon secrets erase`: deletes an application's data key for good. */
export const requestErasure = (applicationId: string, options: ServerOptions): Promise<void> =>
  orFail(async () => {
    const server = await connect(options);
    const { data } = await server.post(`/applications/${encodeURIComponent(applicationId)}/secrets/erase`);
    const { generation, note } = Erased.parse(data);
    const done = generation === undefined ? '' : `data key ${generation} of application ${applicationId} is deleted. `;
    process.stdout.write(`${done}${note}\n`);
  });
