import { Readable } from 'node:stream';
import { z } from 'zod';
import { connect, type ServerOptions } from './server.ts';

const Problem = z.object({ detail: z.string() });

/**
 * Asks a running server for an answer that is read while it is sent.
 * @throws Error with what the server says where it refuses
 */
export const askStreamed = async (options: ServerOptions, path: string, params: object = {}): Promise<Readable> => {
  const server = await connect(options);
  const { status, data } = await server.get(path, {
    params,
    responseType: 'stream',
    decompress: false,
    headers: { 'Accept-Encoding': 'identity' },
    validateStatus: () => true,
    maxContentLength: Number.POSITIVE_INFINITY,
  });
  if (!(data instanceof Readable)) throw new Error('the server gave no stream');
  if (status === 200) return data;
  const problem = Problem.safeParse(await jsonOf(data)).data;
  throw new Error(problem?.detail ?? `the server answered ${status}`);
};

const jsonOf = async (stream: Readable): Promise<unknown> => {
  const chunks = await stream.toArray();
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
};
