import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { type Adapter, type AdapterPayload } from 'oidc-provider';
import { freePort } from './free-port.ts';

export type TestProvider = {
  readonly issuer: string;
  /** The next user to sign in automatically; `undefined` denies the sign-in. */
  user: string | undefined;
  close(): Promise<void>;
};

type ProviderOptions = {
  readonly redirectUri: string;
  /** Where browsers can go after signing out. */
  readonly afterSignOut?: string;
  /** Claims of each user's ID token. */
  readonly users: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

export const CLIENT = { clientId: 'carillon', clientSecret: 'a secret: of the client%' };
/** A client without a secret. */
export const PUBLIC_CLIENT = { clientId: 'carillon-public', clientSecret: undefined };

const HOUR_S = 3_600;

/** Stores one kind of a provider's data and remembers used codes, so that none is accepted twice. */
const memoryAdapter = (): Adapter => {
  const stored = new Map<string, AdapterPayload>();
  return {
    upsert: async (id, payload) => void stored.set(id, payload),
    find: async (id) => stored.get(id),
    findByUid: async (uid) => [...stored.values()].find((payload) => payload.uid === uid),
    findByUserCode: async () => undefined,
    consume: async (id) => void stored.set(id, { ...stored.get(id), consumed: 1 }),
    destroy: async (id) => void stored.delete(id),
    revokeByGrantId: async (grantId) => {
      for (const [id, payload] of stored) if (payload.grantId === grantId) stored.delete(id);
    },
  };
};

/** A real OpenID provider on this machine that signs users in and gives consent automatically. */
export const startIdentityProvider = async ({
  redirectUri,
  afterSignOut,
  users,
}: ProviderOptions): Promise<TestProvider> => {
  const port = await freePort();
  const issuer = `http://localhost:${port}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const client = {
    redirect_uris: [redirectUri],
    post_logout_redirect_uris: afterSignOut === undefined ? [] : [afterSignOut],
  };
  const provider = new Provider(issuer, {
    clients: [
      { ...client, client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret },
      { ...client, client_id: PUBLIC_CLIENT.clientId, token_endpoint_auth_method: 'none' },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'one' }] },
    cookies: { keys: ['a key of the test'] },
    claims: { openid: ['sub', ...new Set(Object.values(users).flatMap(Object.keys))] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => {
          context.body = form;
        },
      },
    },
    ttl: { AccessToken: HOUR_S, Grant: HOUR_S, IdToken: HOUR_S, Interaction: HOUR_S, Session: HOUR_S },
    adapter: memoryAdapter,
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, accountId) => ({
      accountId,
      claims: () => ({ sub: accountId, ...users[accountId] }),
    }),
  });
  const running: TestProvider = {
    issuer,
    user: Object.keys(users)[0],
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const result = provider.callback();
  const interact = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { prompt, params } = await provider.interactionDetails(request, response);
    const accountId = running.user;
    if (accountId === undefined) {
      await provider.interactionFinished(request, response, { error: 'access_denied' });
    } else if (prompt.name === 'login') {
      await provider.interactionFinished(request, response, { login: { accountId } });
    } else {
      const grant = new provider.Grant({ accountId, clientId: String(params.client_id) });
      grant.addOIDCScope('openid profile');
      await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
    }
  };
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/interaction/')) void interact(request, response);
    else void result(request, response);
  });
  server.listen(port, 'localhost');
  await once(server, 'listening');
  return running;
};
