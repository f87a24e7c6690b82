import { expect } from 'chai';
import type { Role } from '../../src/compose.ts';
import { startTestService, type TestService } from '../support/service.ts';

/** An engine is running only once somebody has built the schedule for it. */
const WITHOUT_API: readonly (readonly Role[])[] = [['projections'], ['engine', 'projections'], ['publisher']];

describe('a process without the API', () => {
  for (const roles of WITHOUT_API) {
    describe(`that plays ${roles.join(' and ')}`, () => {
      let service: TestService;
      before(async () => {
        service = await startTestService({}, roles);
      });
      after(() => service.stop());

      it('tells whether it lives and is ready, and its metrics', async () => {
        const live = await fetch(`${service.url}/healthz`);
        expect([live.status, await live.json()]).to.deep.equal([200, { status: 'ok' }]);
        const ready = await fetch(`${service.url}/readyz`);
        expect(ready.status).to.equal(200);
        const isReady = roles.map((role) => [role, { ready: true }]);
        expect(await ready.json()).to.deep.include({ roles: Object.fromEntries(isReady) });
        const metrics = await fetch(`${service.url}/metrics`);
        expect(metrics.status).to.equal(200);
        expect(await metrics.text()).to.contain('process_cpu_seconds_total');
      });

      it('has nothing else to ask for', async () => {
        for (const path of ['/jobs', '/openapi.json', '/events', '/echo']) {
          const { status, body } = await service.as().get(path);
          expect([path, status, body.code]).to.deep.equal([path, 404, 'ROUTE_NOT_FOUND']);
        }
        expect((await service.as().post('/jobs', {})).status).to.equal(404);
      });
    });
  }
});
