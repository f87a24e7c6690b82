import { endAll } from './at-end.ts';
import { stopTestBroker } from './kafka.ts';
import { stopTestServer } from './postgres.ts';

export const mochaHooks = {
  async afterAll(this: Mocha.Context) {
    this.timeout(60_000);
    await endAll();
    await Promise.all([stopTestServer(), stopTestBroker()]);
  },
};
