import type { EventStore } from '../../src/event-store/port.ts';
import { appendContract } from './event-store-appends.ts';
import { cutContract } from './event-store-cuts.ts';
import { readContract } from './event-store-reads.ts';
import { subscriptionContract } from './event-store-subscriptions.ts';
import type { ContractLog } from './event-store-support.ts';

/** A log and a store on it, both new for each test. */
export type Opened = { readonly log: ContractLog; readonly store: EventStore };

/** What every adapter promises. Each test gets an empty log of its own. */
export const describeEventStore = (name: string, makeLog: () => Promise<ContractLog>): void => {
  describe(`event store: ${name}`, () => {
    let opened: Opened | undefined;
    const current = (): Opened => {
      if (opened === undefined) throw new Error('no log is open');
      return opened;
    };
    beforeEach(async () => {
      const log = await makeLog();
      opened = { log, store: log.open() };
    });
    afterEach(async () => {
      await opened?.store.close();
      await opened?.log.remove();
      opened = undefined;
    });
    appendContract(current);
    readContract(current);
    subscriptionContract(current);
    cutContract(current);
  });
};
