import { once } from 'node:events';
import { createServer } from 'node:http';
import { createIdentityProvider } from '../../src/http/sessions/oidc/provider.ts';
import { freePort } from './free-port.ts';
import { type TestApp, testApp } from './http.ts';
import { CLIENT } from './identity-provider.ts';
import { type ManualWorld, manualWorld } from './world.ts';

/** A site of API processes behind a balancer, with sign-in by a provider. */
export type Site = {
  readonly url: string;
  readonly processes: readonly TestApp[];
  /** The world of the client of the provider. */
  readonly world: ManualWorld;
  close(): Promise<void>;
};

type SiteOptions = {
  readonly port: number;
  readonly issuer: string;
  readonly clientId?: string;
  readonly clientSecret?: string | undefined;
};

/** The address of a site before it listens, as a provider has to know it. */
export const siteAt = (port: number): string => `http://127.0.0.1:${port}`;

/** Starts a site of two processes, which take requests in turn. */
export const startSite = async ({ port, issuer, ...client }: SiteOptions): Promise<Site> => {
  const publicUrl = siteAt(port);
  const redirectUri = `${publicUrl}/_/scheduler/sign-in/callback`;
  const world = manualWorld();
  const settings = { issuer, ...CLIENT, ...client, scopes: ['openid', 'profile'], redirectUri };
  const processes = [1, 2].map((seed) =>
    testApp({ publicUrl, seed, provider: createIdentityProvider(settings, world) }),
  );
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    processes[requests % processes.length]?.app(request, response);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: publicUrl,
    processes,
    world,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

export const startSiteAnywhere = async (options: Omit<SiteOptions, 'port'>): Promise<Site> =>
  startSite({ ...options, port: await freePort() });
