import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, type Socket } from 'node:net';

/** An HTTP proxy on this machine that connects to the requested port of this machine, whatever the host. */
export type EgressProxy = {
  readonly url: string;
  /** Each CONNECT, oldest first: its host and credentials, and the first data through it. */
  readonly asked: { readonly host: string; readonly credentials: string | undefined; firstBytes?: Buffer }[];
  /** Responds with this status from now on. */
  answer(status: number): void;
  close(): Promise<void>;
};

export const startEgressProxy = async (): Promise<EgressProxy> => {
  const requested: EgressProxy['asked'] = [];
  const sockets = new Set<Socket>();
  let status = 200;
  const server = createServer();
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', (request, client) => {
    const { url: host = '', headers } = request;
    const entry: EgressProxy['asked'][number] = { host, credentials: headers['proxy-authorization'] };
    requested.push(entry);
    client.on('error', () => {});
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const beyond = connect(Number(host.split(':').at(-1)), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.once('data', (chunk: Buffer) => {
        entry.firstBytes = chunk;
      });
      client.pipe(beyond);
      beyond.pipe(client);
    });
    sockets.add(beyond);
    beyond.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://carillon:p%40ss@127.0.0.1:${port}`,
    asked: requested,
    answer: (next) => {
      status = next;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
