import { z } from 'zod';
import { orFail } from './fail.ts';
import { connect, type ServerOptions } from './server.ts';

const Released = z.object({ logId: z.string(), store: z.string() });

/** `carillon engine release`: lets the engines claim that wait for it, on the log where it lives now. */
export const requestRelease = ({ reason, ...options }: ServerOptions & { readonly reason?: string }): Promise<void> =>
  orFail(async () => {
    const server = await connect(options);
    const headers = reason === undefined ? {} : { 'Carillon-Reason': encodeURIComponent(reason) };
    const { logId, store } = Released.parse((await server.post('/engine/release', undefined, { headers })).data);
    process.stdout.write(`engines may claim on log ${logId} in ${store}, where it is now\n`);
  });
