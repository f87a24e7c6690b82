import { startProxy, type TcpProxy } from './proxy.ts';

/** A way to a server that can be cut: then nothing comes through it, and nobody is told. */
export type CuttableProxy = Pick<TcpProxy, 'url' | 'close'> & {
  cut(): void;
  mend(): void;
};

export const cuttableProxy = async (serverUrl: string): Promise<CuttableProxy> => {
  let isCut = false;
  const unlessCut = (_chunk: Buffer, pass: () => void): void => {
    if (!isCut) pass();
  };
  const { url, close, destroyAll } = await startProxy(serverUrl, () => ({
    fromClient: unlessCut,
    fromServer: unlessCut,
  }));
  return {
    url,
    close,
    cut: () => {
      isCut = true;
    },
    // What was lost on the way leaves connections out of step.
    mend: () => {
      isCut = false;
      destroyAll();
    },
  };
};
