import net from 'node:net';

export type HeldConnection = {
  /** A connection string through this proxy. */
  readonly url: string;
  /** Calls still reach the server; its responses are withheld until they can continue. */
  silence(): void;
  speak(): void;
  cut(): void;
  close(): Promise<void>;
};

const AUTHORITY = /^([a-z]+:\/\/(?:[^@/]*@)?)([^/?]+)(.*)$/;

/** A proxy between stores and a real server, which has no switches for faults. One node, without TLS. */
export const holdConnection = async (url: string): Promise<HeldConnection> => {
  const [, before = '', authority = '', after = ''] = AUTHORITY.exec(url) ?? [];
  const [host = '127.0.0.1', serverPort = '2113'] = authority.split(':');
  const sockets = new Set<net.Socket>();
  const upstreams = new Set<net.Socket>();
  let silent = false;
  const server = net.createServer((client) => {
    const upstream = net.connect(Number(serverPort), host);
    upstreams.add(upstream);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        upstreams.delete(upstream);
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => client.write(chunk));
    if (silent) upstream.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `${before}127.0.0.1:${port}${after}`,
    silence: () => {
      silent = true;
      for (const upstream of upstreams) upstream.pause();
    },
    speak: () => {
      silent = false;
      for (const upstream of upstreams) upstream.resume();
    },
    cut,
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
