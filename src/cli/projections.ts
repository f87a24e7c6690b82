import { setTimeout as sleep } from 'node:timers/promises';
import type { AxiosInstance } from 'axios';
import { z } from 'zod';
import { orFail } from './fail.ts';
import { connect, type ServerOptions } from './server.ts';

const Generation = z.object({ generation: z.int(), progress: z.number() });
const Projection = z.object({
  name: z.string(),
  live: Generation.optional(),
  building: Generation.optional(),
});
const Started = z.array(z.object({ name: z.string(), generation: z.int() }));

const LOOK_EVERY_MS = 500;

/** `carillon projections rebuild`: starts a rebuild and prints its progress until the new generations are live. */
export const rebuildProjections = (name: string, options: ServerOptions): Promise<void> =>
  orFail(async () => {
    const server = await connect(options);
    const { data } = await server.post(`/projections/${encodeURIComponent(name)}/rebuild`);
    for (const each of Started.parse(data)) await follow(server, each);
  });

const follow = async (server: AxiosInstance, { name, generation }: { name: string; generation: number }) => {
  for (let shown = ''; ; await sleep(LOOK_EVERY_MS)) {
    const { data } = await server.get('/projections');
    const projection = z
      .array(Projection)
      .parse(data)
      .find((each) => each.name === name);
    if ((projection?.live?.generation ?? 0) >= generation) {
      process.stdout.write(`${name}: generation ${generation} is live\n`);
      return;
    }
    const line = `${name}: generation ${generation} at ${Math.floor(100 * (projection?.building?.progress ?? 0))} %\n`;
    if (line !== shown) process.stdout.write(line);
    shown = line;
  }
};
