import { startProxy, type TcpProxy } from '../../support/proxy.ts';

/** By way of it to the database. */
export type AnswerLosingProxy = Pick<TcpProxy, 'url' | 'close'> & {
  /** The response to the next appends is dropped, and its connection cut. */
  loseNextAppend(): void;
};

/** Stands between a store and its Postgres. */
export const answerLosingProxy = async (databaseUrl: string): Promise<AnswerLosingProxy> => {
  let armed = false;
  const { url, close } = await startProxy(databaseUrl, (cut) => {
    let losing = false;
    return {
      fromClient: (chunk, pass) => {
        if (armed && chunk.includes('log_append')) {
          armed = false;
          losing = true;
        }
        pass();
      },
      fromServer: (_chunk, pass) => (losing ? cut() : pass()),
    };
  });
  return {
    url,
    close,
    loseNextAppend: () => {
      armed = true;
    },
  };
};
