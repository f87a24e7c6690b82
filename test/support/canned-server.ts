import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type CannedAnswer = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/** A server that responds to each path with its next response, and repeats the last one. */
export const startCannedServer = async (responses: Readonly<Record<string, readonly CannedAnswer[]>>) => {
  const requested = new Map<string, number>();
  const bodies: unknown[] = [];
  const server = createServer(async (request, response) => {
    const sent = Buffer.concat(await request.toArray()).toString();
    if (sent !== '') bodies.push(JSON.parse(sent));
    const path = new URL(request.url ?? '/', 'http://canned').pathname;
    const [place, all] = [requested.get(path) ?? 0, responses[path] ?? [{ status: 404 }]];
    requested.set(path, place + 1);
    const { status = 200, headers = {}, body } = all[Math.min(place, all.length - 1)] ?? {};
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    /** The JSON bodies of the requests, in order. */
    bodies,
    asked: (path: string): number => requested.get(path) ?? 0,
    close: async (): Promise<void> => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
};
