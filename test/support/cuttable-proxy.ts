import net from 'node:net';

/** A way to a server that can be cut: then nothing comes through it, and nobody is told. */
export type CuttableProxy = {
  /** The server's URL by way of the proxy. */
  readonly url: string;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
};

export const cuttableProxy = async (serverUrl: string): Promise<CuttableProxy> => {
  const upstream = new URL(serverUrl);
  const sockets = new Set<net.Socket>();
  let isCut = false;

  const server = net.createServer((client) => {
    const beyond = net.connect(Number(upstream.port), upstream.hostname);
    for (const [from, to] of [
      [client, beyond],
      [beyond, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => {
        if (!isCut) to.write(chunk);
      });
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = new URL(serverUrl);
  if (address !== null && typeof address === 'object') url.port = String(address.port);
  const destroyAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut: () => {
      isCut = true;
    },
    // What was lost on the way leaves connections out of step.
    mend: () => {
      isCut = false;
      destroyAll();
    },
    close: async () => {
      destroyAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
