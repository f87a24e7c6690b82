import net from 'node:net';

/** A proxy between clients and a server on this machine. */
export type TcpProxy = {
  /** The server's URL through the proxy. */
  readonly url: string;
  /** Cuts every connection, on both sides. */
  destroyAll(): void;
  close(): Promise<void>;
};

/** Handles the bytes of one connection; `pass` forwards them. */
export type Connection = {
  fromClient(chunk: Buffer, pass: () => void): void;
  fromServer(chunk: Buffer, pass: () => void): void;
};

/**
 * @param serverUrl a function if the server's port changes
 * @param connected makes a connection's handler; `cut` ends it for its client, `leaveServer` for the server alone, which
 *   its client is not told
 */
export const startProxy = async (
  serverUrl: string | (() => string),
  connected: (cut: () => void, leaveServer: () => void) => Connection,
): Promise<TcpProxy> => {
  const upstream = () => new URL(typeof serverUrl === 'string' ? serverUrl : serverUrl());
  const sockets = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const { port, hostname } = upstream();
    const beyond = net.connect(Number(port), hostname);
    let isServerLeft = false;
    const leaveServer = (): void => {
      isServerLeft = true;
      beyond.destroy();
    };
    const { fromClient, fromServer } = connected(() => void client.destroy(), leaveServer);
    for (const socket of [client, beyond]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        if (socket === beyond && isServerLeft) return;
        client.destroy();
        beyond.destroy();
      });
    }
    client.on('data', (chunk) => fromClient(chunk, () => void beyond.write(chunk)));
    beyond.on('data', (chunk) => fromServer(chunk, () => void client.write(chunk)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = upstream();
  if (address !== null && typeof address === 'object') url.port = String(address.port);
  const destroyAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    destroyAll,
    close: async () => {
      destroyAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
