import { expect } from 'chai';
import { ALERT_RULES, loadDocument } from '../../../src/commands/loop/documents.ts';
import type { CommandReads } from '../../../src/commands/read-models.ts';
import { createResourceQuotas, type ResourceQuotas, resourceCounts } from '../../../src/commands/resource-quotas.ts';
import { DomainError } from '../../../src/domain/domain-error.ts';
import type { EventStore } from '../../../src/event-store/port.ts';
import { asAnn, commandsOver, inMemory } from '../../support/engines.ts';
import { stub } from '../../support/stub.ts';
import { manualWorld } from '../../support/world.ts';

const page = (total: number) => async () => ({ items: [], total });

describe('what a tenant has, as it is counted', () => {
  const countsWith = (count: () => Promise<{ items: never[]; total: number }>) => {
    const world = manualWorld();
    const counts = resourceCounts({
      world,
      store: stub<EventStore>({ end: async () => undefined }),
      queries: stub<CommandReads['queries']>({
        awaitPosition: async () => true,
        listJobs: count,
        listCalendars: count,
        listPauses: count,
        countAlertRules: async () => (await count()).total,
      }),
    });
    return { world, counts };
  };

  it('equals the totals of the lists', async () => {
    const { counts } = countsWith(page(7));
    for (const count of Object.values(counts)) expect(await count('acme')).to.equal(7);
  });

  it('lets calendars and pauses be set while Postgres is away', async () => {
    const { counts } = countsWith(async () => {
      throw new Error('connection refused');
    });
    expect(await counts.pauses('acme')).to.equal(0);
    expect(await counts.calendars('acme')).to.equal(0);
  });

  it('lets them be set after 3 s while Postgres is silent', async () => {
    const { world, counts } = countsWith(() => new Promise(() => {}));
    const counting = Promise.all([counts.pauses('acme'), counts.calendars('acme')]);
    await world.advance(3_000);
    expect(await counting).to.deep.equal([0, 0]);
  });
});

/** What a process holds of these numbers, which its tests change. */
const holdingsOf = (has: Partial<Record<keyof ResourceQuotas, () => number | Promise<number>>>, jobs?: number) => {
  const counting =
    (count: () => number | Promise<number> = () => 0) =>
    async () =>
      count();
  const { jobs: ofJobs, alertRules, calendars, pauses } = has;
  return createResourceQuotas(
    {
      ...{ jobs: counting(ofJobs), alertRules: counting(alertRules) },
      ...{ calendars: counting(calendars), pauses: counting(pauses) },
    },
    jobs,
  );
};

const codeOf = (done: Promise<unknown>): Promise<string> =>
  done.then(
    () => 'done',
    (error: unknown) => (error instanceof DomainError ? error.code : String(error)),
  );

describe('the bound of what a tenant has', () => {
  /** A tenant that may have five jobs, and how one more is added to it. */
  const fiveJobs = () => {
    const made: string[] = [];
    const { jobs } = holdingsOf({ jobs: () => made.length }, 5);
    const add = (name: string, appended: Promise<unknown> = Promise.resolve(), tenant = 'acme') =>
      codeOf(
        jobs(tenant, async (admit) => {
          await admit();
          await appended;
          made.push(name);
        }),
      );
    return { made, add };
  };

  it('lets through as many of those at the same time as there is room for, the first ones', async () => {
    const { made, add } = fiveJobs();
    const responses = await Promise.all(Array.from({ length: 40 }, (_, index) => add(`job-${index}`)));
    expect(made).to.deep.equal(['job-0', 'job-1', 'job-2', 'job-3', 'job-4']);
    expect(responses.slice(5)).to.deep.equal(Array(35).fill('TOO_MANY_JOBS'));
  });

  it('leaves the room of one that failed to the next, which waits to see it', async () => {
    const { made, add } = fiveJobs();
    const first = Promise.withResolvers<void>();
    const four = [add('failing', first.promise), ...['a', 'b', 'c', 'd'].map((name) => add(name))];
    const next = add('next');
    first.reject(new Error('the log is away'));
    expect(await Promise.all([...four, next])).to.deep.equal(['Error: the log is away', ...Array(5).fill('done')]);
    expect(made).to.deep.equal(['a', 'b', 'c', 'd', 'next']);
  });

  it('counts a retried command once', async () => {
    const { jobs } = holdingsOf({}, 1);
    const twice = jobs('acme', async (admit) => {
      await admit();
      await admit();
    });
    expect(await codeOf(twice)).to.equal('done');
  });

  it('is each tenant’s own', async () => {
    const { made, add } = fiveJobs();
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => add(name)));
    const never = Promise.withResolvers<void>();
    add('slow', never.promise);
    expect(await add('other', undefined, 'globex')).to.equal('done');
    expect(made).to.deep.equal(['a', 'b', 'c', 'd', 'other']);
  });

  it('is none if the operator set none', async () => {
    const { jobs } = holdingsOf({ jobs: () => 1_000_000 });
    expect(await codeOf(jobs('acme', (admit) => admit()))).to.equal('done');
  });
});

describe('the quota of a tenant', () => {
  const tenantWith = (holdings: ResourceQuotas) => {
    const { world, store } = inMemory();
    return { store, commands: commandsOver(store, world, { holdings }) };
  };

  it('is 100 alert rules; those that are there can be changed', async () => {
    const names = Array.from({ length: 31 }, (_, index) => `rule-${index}`);
    const { store, commands } = tenantWith(
      holdingsOf({
        alertRules: async () => {
          const rules = await Promise.all(names.map((name) => loadDocument(store, ALERT_RULES, 'acme', name)));
          return 99 + rules.filter(({ state }) => state !== undefined).length;
        },
      }),
    );
    const set = (name: string, groupWait: string) =>
      codeOf(
        commands.setAlertRule(
          asAnn,
          name,
          {
            ...{ scope: 'tenant', condition: { kind: 'failures', count: 3 }, groupWait },
            receivers: [{ type: 'email', to: 'ops@example.com' }],
          },
          {},
        ),
      );
    const responses = await Promise.all(names.map((name) => set(name, '30s')));
    expect(responses.filter((code) => code === 'done')).to.have.lengthOf(1);
    expect(responses.filter((code) => code === 'TOO_MANY_ALERT_RULES')).to.have.lengthOf(30);
    expect(await set(names[responses.indexOf('done')] ?? '', '1m')).to.equal('done');
  });

  it('is 1,000 calendars; those that are there can be changed', async () => {
    let count = 999;
    const { commands } = tenantWith(holdingsOf({ calendars: () => count }));
    const set = (name: string, dates: string[]) => codeOf(commands.setCalendar(asAnn, name, { dates }));
    expect(await set('holidays', ['2026-12-25'])).to.equal('done');
    count = 1_000;
    expect(await set('another', ['2026-12-25'])).to.equal('TOO_MANY_CALENDARS');
    expect(await set('holidays', ['2026-12-26'])).to.equal('done');
  });

  it('is 1,000 pauses in force, but for an administrator’s of the whole installation', async () => {
    let count = 999;
    const { commands } = tenantWith(holdingsOf({ pauses: () => count }));
    const pause = (scope: string) => codeOf(commands.setPause(asAnn, { scope }, 'installation'));
    expect(await pause('tenant')).to.equal('done');
    count = 1_000;
    expect(await pause('tenant')).to.equal('TOO_MANY_PAUSES');
    expect(await pause('installation')).to.equal('done');
  });
});
