import { expect } from 'chai';
import type { Role } from '../../src/compose.ts';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { freePort } from '../support/free-port.ts';

/** An engine is running only once somebody has built the schedule for it. */
const WITHOUT_API: readonly (readonly Role[])[] = [['projections'], ['engine', 'projections'], ['publisher']];

describe('a process without the API', () => {
  for (const roles of WITHOUT_API) {
    describe(`that plays ${roles.join(' and ')}`, () => {
      let service: AService;
      before(async () => {
        service = await aService()
          .withRoles(...roles)
          .start();
      });
      after(() => service.stop());

      it('reports whether it lives and is ready, and its metrics', async () => {
        const live = await fetch(`${service.url}/healthz`);
        expect([live.status, await live.json()]).to.deep.equal([200, { status: 'ok' }]);
        const ready = await fetch(`${service.url}/readyz`);
        expect(ready.status).to.equal(200);
        const isReady = roles.map((role) => [role, { ready: true }]);
        expect(await ready.json()).to.deep.include({ roles: Object.fromEntries(isReady) });
        expect((await fetch(`${service.url}/metrics`)).status).to.equal(401);
        const metrics = await fetch(`${service.url}/metrics`, {
          headers: { Authorization: `Bearer ${service.token()}` },
        });
        expect(metrics.status).to.equal(200);
        expect(await metrics.text()).to.contain('process_cpu_seconds_total');
      });

      it('serves nothing else', async () => {
        for (const path of ['/jobs', '/openapi.json', '/events', '/echo']) {
          const { status, body } = await service.as().get(path);
          expect([path, status, body.code]).to.deep.equal([path, 404, 'ROUTE_NOT_FOUND']);
        }
        expect((await service.as().post('/jobs', {})).status).to.equal(404);
      });
    });
  }
});

describe('a process with METRICS_PORT', () => {
  it('serves metrics and reasons there without a token, and nothing else', async () => {
    const port = await freePort();
    const service = await aService()
      .withSettings({ METRICS_PORT: String(port) })
      .withRoles('projections')
      .start();
    try {
      const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
      expect(await metrics.text()).to.contain('process_cpu_seconds_total');
      expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).to.equal(200);
      expect((await fetch(`http://127.0.0.1:${port}/_/scheduler/jobs`)).status).to.equal(404);
    } finally {
      await service.stop();
    }
  });
});
