import { expect } from 'chai';
import type { EngineSetup } from '../../../../src/engine/context.ts';
import { createNewestValues, createValueTable } from '../../../../src/engine/jobs/application-values.ts';
import { createOpenCalls } from '../../../../src/engine/run/open-calls.ts';
import { asAnn, inMemory, storeOver } from '../../../support/engines.ts';
import { stub } from '../../../support/stub.ts';

describe('newest values of an application', () => {
  const start = async () => {
    const { world, log, commands } = inMemory();
    let reads = 0;
    let failures = 0;
    const store = storeOver(log, {
      before: ({ verb }) => {
        if (verb !== 'readLast') return;
        reads++;
        if (failures-- > 0) throw new Error('no leader');
      },
      after: ({ verb }) => (verb === 'readLast' ? world.timers.sleep(10) : undefined),
    });
    const { value } = await commands.createApplication(asAnn, { name: 'crm' });
    const set = (host: string) => commands.setVariable(asAnn, value.applicationId, 'HOST', { value: host });
    const parts = { values: createValueTable(), calls: createOpenCalls() };
    const newest = createNewestValues(stub<EngineSetup>({ store, world }), parts);
    const host = async () => (await newest(value.applicationId)).variables.get('HOST');
    const fail = (times: number) => {
      failures = times;
    };
    return { world, set, host, fail, reads: () => reads };
  };

  it('are those known before the request, even while a read is in progress', async () => {
    const { world, set, host, reads } = await start();
    await set('old.example');
    const first = host();
    await world.advance(5);
    await set('new.example');
    const rest = [host(), host(), host()];
    await world.advance(20);
    expect(await first).to.equal('old.example');
    expect(await Promise.all(rest)).to.deep.equal(['new.example', 'new.example', 'new.example']);
    expect(reads()).to.equal(2);
    const last = host();
    await world.advance(10);
    expect(await last).to.equal('new.example');
  });
  it('are read again while the log can not be read', async () => {
    const { world, set, host, fail } = await start();
    await set('a.example');
    fail(3);
    const found = host();
    await world.advance(2_000);
    expect(await found).to.equal('a.example');
  });
});
