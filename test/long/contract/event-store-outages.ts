import { expect } from 'chai';
import { AppendUnconfirmed, LogUnavailable } from '../../../src/event-store/errors.ts';
import type { EventStore } from '../../../src/event-store/port.ts';
import { all, appendOf, namesOf, read, rejection } from '../../contract/event-store-support.ts';
import type { CuttableProxy } from '../../support/cuttable-proxy.ts';

/** A log behind a proxy, and a store whose patience is short, in real time. */
export type OutageLog = {
  readonly proxy: CuttableProxy;
  readonly far: EventStore;
  /** The same log by the straight way, by a store whose patience is the usual one. */
  readonly near: EventStore;
  /** Opens the log behind the proxy, with the usual patience. */
  openPatient(): EventStore;
  remove(): Promise<void>;
};

const OUTAGES: readonly (readonly [name: string, begin: (proxy: CuttableProxy) => void])[] = [
  ['says nothing', (proxy) => proxy.cut()],
  ['rejects', (proxy) => proxy.reject()],
];
const SLOW_MS = 40;

/** What every adapter over a network promises while its log is away: nothing hangs, and all goes on afterwards. */
export const describeOutages = (name: string, makeLog: () => Promise<OutageLog>): void => {
  describe(`event store: ${name}, away`, () => {
    let log: OutageLog;
    beforeEach(async () => {
      log = await makeLog();
      const first = appendOf('runs-1', -1, 'a');
      await untilAnswered(() => log.far.append(first));
    });
    afterEach(async () => {
      log.proxy.mend();
      await log.far.close();
      await log.near.close();
      await log.proxy.close();
      await log.remove();
    });

    for (const [what, start] of OUTAGES) {
      it(`answers each append to a log that ${what}, and makes the same ones afterwards`, async () => {
        const appends = [appendOf('runs-1', 0, 'b'), appendOf('runs-2', -1, 'c')];
        start(log.proxy);
        for (const response of await Promise.all(appends.map((append) => rejection(log.far.append(append))))) {
          expect(response).to.be.instanceOf(AppendUnconfirmed);
        }
        log.proxy.mend();
        for (const append of appends) await untilAnswered(() => log.far.append(append));
        expect(namesOf(await all(log.near.readStream('runs-1')))).to.deep.equal(['a', 'b']);
      });

      it(`answers each read and cut of a log that ${what}, and reads afterwards`, async () => {
        await untilAnswered(() => log.far.readLast(['runs-1']));
        start(log.proxy);
        const requested = [
          log.far.readLast(['runs-1']),
          log.far.readLast(['runs-1', 'runs-2']),
          log.far.end(),
          log.far.readAt('00000000000000000001'),
          all(log.far.readStream('runs-1')),
          log.far.keepLast('runs-1'),
          log.far.truncateBefore('runs-1', 1),
        ];
        for (const response of await Promise.all(requested.map(rejection)))
          expect(response).to.be.instanceOf(LogUnavailable);
        log.proxy.mend();
        expect((await untilAnswered(() => log.far.readLast(['runs-1'])))[0]?.revision).to.equal(0);
      });

      it(`continues with a subscription to a log that ${what}, and leaves nothing out`, async () => {
        const reader = read(log.far);
        await reader.until('caughtUp');
        start(log.proxy);
        await log.near.append(appendOf('runs-1', 0, 'b'));
        const next = reader.events(2);
        log.proxy.mend();
        await log.near.append(appendOf('runs-1', 1, 'c'));
        expect(namesOf(await next)).to.deep.equal(['b', 'c']);
        await reader.stop();
      });
    }

    it('finds by another connection what one that fell silent keeps from it', async () => {
      const reader = read(log.far);
      await reader.until('caughtUp');
      log.proxy.hush();
      const next = reader.events(1);
      await log.near.append(appendOf('runs-1', 0, 'b'));
      expect(namesOf(await next)).to.deep.equal(['b']);
      expect((await untilAnswered(() => log.far.readLast(['runs-1'])))[0]?.revision).to.equal(1);
      await reader.stop();
    });

    it('takes slow answers for what they are', async () => {
      const patient = log.openPatient();
      const reader = read(patient);
      await reader.until('caughtUp');
      log.proxy.slow(SLOW_MS);
      expect((await patient.append(appendOf('runs-1', 0, 'b'))).revision).to.equal(1);
      expect(namesOf(await all(patient.readStream('runs-1')))).to.deep.equal(['a', 'b']);
      expect(namesOf(await reader.events(1))).to.deep.equal(['b']);
      await reader.stop();
      await patient.close();
    });

    it('is closed while it is away', async () => {
      const under = rejection(log.far.append(appendOf('runs-1', 0, 'b')));
      log.proxy.cut();
      const reading = rejection(log.far.readLast(['runs-1']));
      await log.far.close();
      expect(await under).not.to.equal(undefined);
      expect(await reading).not.to.equal(undefined);
    });
  });
};

/** Asks again as long as the log is away for the store: its patience is short, and the machine may be busy. */
const untilAnswered = async <T>(request: () => Promise<T>): Promise<T> => {
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof AppendUnconfirmed || error instanceof LogUnavailable)) throw error;
    }
  }
};
