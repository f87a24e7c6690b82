import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export type TokenRequest = {
  readonly authorization: string | undefined;
  readonly form: Readonly<Record<string, string>>;
};

/** An OAuth2 provider on this machine that issues `token-1`, `token-2` and so on. */
export type TokenEndpoint = {
  readonly origin: string;
  readonly url: string;
  /** Oldest first. */
  readonly asked: readonly TokenRequest[];
  /** Sets the response from now on; `undefined` for a new token. */
  answer(by: ((response: ServerResponse) => void) | undefined): void;
  /** Sets the lifetime of tokens from now on; `undefined` omits it from the response. */
  expiresIn(seconds: number | undefined): void;
  close(): Promise<void>;
};

export const startTokenEndpoint = async (): Promise<TokenEndpoint> => {
  const requested: TokenRequest[] = [];
  let by: ((response: ServerResponse) => void) | undefined;
  let expires_in: number | undefined = 3_600;
  const server = createServer(async (request, response) => {
    const form = Object.fromEntries(new URLSearchParams(await text(request)));
    requested.push({ authorization: request.headers.authorization, form });
    if (by !== undefined) return by(response);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: `token-${requested.length}`, token_type: 'Bearer', expires_in }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    url: `${origin}/token`,
    asked: requested,
    answer: (next) => {
      by = next;
    },
    expiresIn: (seconds) => {
      expires_in = seconds;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
