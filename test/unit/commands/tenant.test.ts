import { expect } from 'chai';
import { createAdmitTenant } from '../../../src/commands/tenant.ts';
import { tenantStream } from '../../../src/domain/streams.ts';
import type { EventStore } from '../../../src/event-store/port.ts';
import { aContext, createProcesses } from '../../support/processes.ts';
import { stub } from '../../support/stub.ts';

const start = () => {
  const processes = createProcesses();
  const { log, commands } = processes.start();
  const faults: Error[] = [];
  const read: string[] = [];
  const store: Pick<EventStore, 'readLast'> = {
    readLast: async (streams, ...rest) => {
      read.push(...streams);
      const fault = faults.shift();
      if (fault !== undefined) throw fault;
      return log.store.readLast(streams, ...rest);
    },
  };
  return {
    processes,
    commands,
    faults,
    read,
    admit: createAdmitTenant(stub<EventStore>(store), log.world.clock),
  };
};

describe('the check whether a tenant was erased', () => {
  it('reads the log once a second, and rejects only the erased tenant', async () => {
    const { processes, commands, read, admit } = start();
    await Promise.all([admit('leaving'), admit('leaving'), admit('staying')]);
    expect(read).to.deep.equal([tenantStream('leaving'), tenantStream('staying')]);
    await commands.eraseTenant(aContext({ tenant: 'default' }), 'leaving');
    await processes.world.advance(1_000);
    const rejected: unknown = await admit('leaving').catch((error: unknown) => error);
    expect(rejected).to.have.property('code', 'TENANT_ERASED');
    await admit('staying');
  });

  it('checks again if the log did not respond', async () => {
    const { faults, admit, read } = start();
    faults.push(new Error('the log is away'));
    const failed: unknown = await admit('staying').catch((error: unknown) => error);
    expect(failed).to.have.property('message', 'the log is away');
    await admit('staying');
    expect(read).to.have.length(2);
  });
});
