import { expect } from 'chai';
import type { AlertContext } from '../../../src/alerts/ports.ts';
import type { WatchedRule } from '../../../src/alerts/watch-list.ts';
import { createDeliverer } from '../../../src/alerts/watch-rules.ts';
import { newAlertBook } from '../../../src/domain/alert-rule/alert-book.ts';
import type { Delivery } from '../../../src/domain/events/index.ts';
import { toInstant } from '../../../src/domain/values.ts';
import { aRule } from '../../support/alerts.ts';
import { createProcesses } from '../../support/processes.ts';
import { stub } from '../../support/stub.ts';
import { settle } from '../../support/world.ts';

describe('the delivery of notifications', () => {
  it('sends those of a tenant while the receivers of eight others hang', async () => {
    const processes = createProcesses();
    const { world, log } = { ...processes, ...processes.start() };
    const at = toInstant(world.clock.now());
    const watched = (tenant: string, count: number): WatchedRule => {
      const receiver = { type: 'webhook', url: `https://${tenant}.example.org/alerts`, signedBy: 1 } as const;
      const delivery: Delivery = { receiver, status: 'pending', attempts: 0, nextAt: at };
      const notifications = Array.from({ length: count }, (_, each) => ({
        ...{ notificationId: `${tenant} ${each}`, at, alerts: [], more: 0, deliveries: [delivery] },
      }));
      const rule = aRule({ tenant });
      const book = { ...newAlertBook(rule), notifications };
      return { rule, revision: 0, book, looks: new Map(), excluded: new Set(), nextCheckMs: 0 };
    };
    const sent: string[] = [];
    const stopping = new AbortController();
    const deliverer = createDeliverer(
      stub<AlertContext>({
        ...log,
        attempted: () => {},
        send: ({ rule }, signal) => {
          sent.push(rule.tenant);
          return world.timers.sleep(60_000, signal).then(() => undefined);
        },
      }),
      stopping.signal,
    );
    await deliverer.look(Array.from({ length: 8 }, (_, each) => watched(`hangs-${each}`, 20)));
    await settle();
    await deliverer.look([watched('other', 1)]);
    await settle();
    expect(sent.filter((tenant) => tenant === 'hangs-0')).to.have.length.above(1);
    expect(sent).to.include('other');
    stopping.abort();
    await deliverer.ended();
  });
});
