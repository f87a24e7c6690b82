import { once } from 'node:events';
import { createServer } from 'node:http';
import { CompactSign, exportJWK, generateKeyPair } from 'jose';
import { freePort } from './free-port.ts';

export type LyingProvider = {
  readonly issuer: string;
  /** The next response of the token endpoint. */
  answer: { readonly status: number; readonly body: unknown };
  /** An ID token signed with the published key or another one. */
  idToken(claims: Readonly<Record<string, unknown>>, signedBy?: 'own key' | 'other key'): Promise<string>;
  close(): Promise<void>;
};

/** A provider with arbitrary responses, unlike a real one. */
export const startLyingProvider = async (): Promise<LyingProvider> => {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const [own, other] = [await generateKeyPair('RS256'), await generateKeyPair('RS256')];
  const metadata = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    id_token_signing_alg_values_supported: ['RS256'],
  };
  const keys = { keys: [{ ...(await exportJWK(own.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] };
  const server = createServer((request, response) => {
    const { status, body } =
      request.url === '/token' ? lying.answer : { status: 200, body: request.url === '/jwks' ? keys : metadata };
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  const lying: LyingProvider = {
    issuer,
    answer: { status: 200, body: {} },
    idToken: (claims, signedBy = 'own key') =>
      new CompactSign(Buffer.from(JSON.stringify(claims)))
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .sign(signedBy === 'own key' ? own.privateKey : other.privateKey),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  server.listen(port, 'localhost');
  await once(server, 'listening');
  return lying;
};
