import { startProxy, type TcpProxy } from './proxy.ts';

/** A proxy to a server that can be cut: then nothing passes, and no side is notified. */
export type CuttableProxy = Pick<TcpProxy, 'url' | 'close'> & {
  /** Passes nothing any more, also on new connections. */
  cut(): void;
  /** Passes requests, and no responses any more. */
  mute(): void;
  mend(): void;
  /** Ends all connections towards the server, and leaves their clients in the dark; new ones work. */
  hush(): void;
  /** Ends new and open connections until it is mended. */
  reject(): void;
  /** Delays each response by this time. */
  slow(delayMs: number): void;
};

export const cuttableProxy = async (serverUrl: string | (() => string)): Promise<CuttableProxy> => {
  let isCut = false;
  let isMute = false;
  let isRejecting = false;
  let delayMs = 0;
  const hushes = new Set<() => void>();
  const { url, close, destroyAll } = await startProxy(serverUrl, (cut, leaveServer) => {
    let isHushed = false;
    hushes.add(() => {
      isHushed = true;
      leaveServer();
    });
    if (isRejecting) cut();
    const unlessCut = (_chunk: Buffer, pass: () => void): void => {
      if (!isCut && !isHushed) pass();
    };
    return {
      fromClient: unlessCut,
      fromServer: (chunk, pass) => {
        if (isMute) return;
        if (delayMs === 0) unlessCut(chunk, pass);
        else setTimeout(() => unlessCut(chunk, pass), delayMs);
      },
    };
  });
  return {
    url,
    close,
    cut: () => {
      isCut = true;
    },
    mute: () => {
      isMute = true;
    },
    // What was lost on the way leaves connections out of step.
    mend: () => {
      isCut = false;
      isMute = false;
      isRejecting = false;
      delayMs = 0;
      destroyAll();
    },
    hush: () => {
      for (const hush of hushes) hush();
      hushes.clear();
    },
    reject: () => {
      isRejecting = true;
      destroyAll();
    },
    slow: (longerMs) => {
      delayMs = longerMs;
    },
  };
};
