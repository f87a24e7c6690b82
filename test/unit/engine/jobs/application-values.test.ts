import { expect } from 'chai';
import type { ApplicationEvent } from '../../../../src/domain/events/index.ts';
import type { EngineSetup } from '../../../../src/engine/context.ts';
import { createNewestValues, createValueTable } from '../../../../src/engine/jobs/application-values.ts';
import { createOpenCalls } from '../../../../src/engine/run/open-calls.ts';
import { positionOf, type RecordedEvent } from '../../../../src/event-store/port.ts';
import { anApplication, sealedAs } from '../../../support/applications.ts';
import { asAnn, inMemory, storeOver } from '../../../support/engines.ts';
import { metadata } from '../../../support/histories.ts';
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

const at = { updatedAt: '2026-03-02T10:00:00.000Z', updatedBy: 'ann' };
const set = (value: string, revision: number): RecordedEvent<ApplicationEvent> => ({
  type: 'VariableSet',
  data: { ...anApplication({ variables: [{ name: 'HOST', value, ...at }] }), variable: 'HOST' },
  id: `event-${revision}`,
  metadata,
  stream: 'app-3',
  revision,
  position: positionOf(revision),
  recordedAt: 0,
});

describe('values of applications in the engine', () => {
  it('are those of the newest event, whatever comes again', () => {
    const table = createValueTable();
    table.load({ applicationId: 3, revision: 1, secrets: [{ name: 'KEY', value: sealedAs('a'), ...at }] });
    expect(table.of(3).values.secrets.get('KEY')?.value).to.deep.equal(sealedAs('a'));
    table.apply(set('new.example', 3));
    table.apply(set('old.example', 2));
    expect(table.of(3).values.variables.get('HOST')).to.equal('new.example');
    expect(table.of(3).values.secrets.size).to.equal(0);
  });

  it('have its limits, with durations in milliseconds', () => {
    const table = createValueTable();
    const limits = [
      { name: 'crm-api', rate: { count: 10, per: '1m' }, ...at },
      { name: 'one', parallel: 1, ...at },
    ];
    table.load({ applicationId: 3, revision: 1, limits });
    expect(table.of(3).limits.get('crm-api')).to.deep.equal({
      parallel: undefined,
      rate: { count: 10, perMs: 60_000 },
    });
    expect(table.of(3).limits.get('one')).to.deep.equal({ parallel: 1, rate: undefined });
    table.apply(set('a.example', 2));
    expect(table.of(3).limits.get('one')).to.equal(undefined);
    expect(table.of(9).limits.get('one')).to.equal(undefined);
  });

  it('exclude the secrets that sign calls, which are separate', () => {
    const table = createValueTable();
    const signing = { name: 'SIGNING', value: sealedAs('s'), signing: true as const, ...at };
    table.load({ applicationId: 3, revision: 1, secrets: [{ name: 'KEY', value: sealedAs('a'), ...at }, signing] });
    expect([...table.of(3).values.secrets.keys()]).to.deep.equal(['KEY']);
    expect(table.of(3).signingKeys).to.deep.equal([signing]);
    expect(table.of(9).signingKeys).to.deep.equal([]);
  });

  it('are none for an application that is not known', () => {
    expect(createValueTable().of(9).values.variables.size).to.equal(0);
  });
});
