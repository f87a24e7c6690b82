import net from 'node:net';

export type AnswerLosingProxy = {
  /** The database's URL by way of the proxy. */
  readonly url: string;
  /** The answer to the next commit is swallowed, and its connection cut. */
  loseNextCommit(): void;
  close(): Promise<void>;
};

/** Stands between a store and its Postgres. */
export const answerLosingProxy = async (databaseUrl: string): Promise<AnswerLosingProxy> => {
  const upstream = new URL(databaseUrl);
  const sockets = new Set<net.Socket>();
  let armed = false;

  const server = net.createServer((client) => {
    const database = net.connect(Number(upstream.port), upstream.hostname);
    let losing = false;
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        database.destroy();
      });
    }
    client.on('data', (chunk) => {
      if (armed && chunk.includes('commit\0')) {
        armed = false;
        losing = true;
      }
      database.write(chunk);
    });
    database.on('data', (chunk) => {
      if (losing) client.destroy();
      else client.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = new URL(databaseUrl);
  if (address !== null && typeof address === 'object') url.port = String(address.port);
  return {
    url: url.href,
    loseNextCommit: () => {
      armed = true;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
