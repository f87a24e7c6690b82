import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import type { Secret, Variable } from '../../src/domain/events/index.ts';
import { applicationStream } from '../../src/domain/streams.ts';
import { loadSchedule } from '../../src/projections/load-schedule.ts';
import { anApplication, applicationCreated, sealedAs } from '../support/applications.ts';
import type { Entry } from '../support/entry.ts';
import { openProjecting, type Projecting } from '../support/projecting.ts';

const at = { updatedAt: '2026-03-02T10:00:00.000Z', updatedBy: 'ann' };
const variables: Variable[] = [{ name: 'HOST', value: 'a "quoted" ☃', ...at }];
const secrets: Secret[] = [{ name: 'KEY', value: sealedAs('a'), ...at }];
const stream = applicationStream(3);

const limits = [{ name: 'crm-api', parallel: 2, rate: { count: 10, per: '1m' }, ...at }];
const created: Entry[] = [
  { stream: applicationStream(4), event: applicationCreated({ applicationId: 4 }) },
  { stream, event: applicationCreated() },
];
const set: Entry[] = [
  { stream, event: { type: 'VariableSet', data: { ...anApplication({ variables }), variable: 'HOST' } } },
  { stream, event: { type: 'SecretSet', data: { ...anApplication({ variables, secrets }), secret: 'KEY' } } },
  { stream, event: { type: 'LimitSet', data: { ...anApplication({ variables, secrets, limits }), limit: 'crm-api' } } },
];
const erased: Entry[] = [
  {
    stream,
    event: {
      type: 'SecretsErased',
      data: { ...anApplication({ variables, secrets, limits, erasedGeneration: 1 }), generation: 1 },
    },
  },
];
const deleted: Entry[] = [
  {
    stream,
    event: {
      type: 'VariableDeleted',
      data: { ...anApplication({ variables: [], secrets, limits }), variable: 'HOST' },
    },
  },
  {
    stream,
    event: { type: 'SecretDeleted', data: { ...anApplication({ variables: [], secrets: [], limits }), secret: 'KEY' } },
  },
  { stream, event: { type: 'LimitDeleted', data: { ...anApplication(), limit: 'crm-api' } } },
];

describe('read models of a name that an index can not hold', () => {
  it('continue, and show it', async () => {
    const projecting = await openProjecting();
    try {
      projecting.run();
      const name = randomBytes(4_000).toString('base64');
      const event = applicationCreated({ applicationId: 4, name });
      await projecting.reach(await projecting.append([{ stream: applicationStream(4), event }, ...created.slice(1)]));
      expect((await projecting.queries.getApplication({ tenant: 'acme' }, 4))?.name).to.equal(name);
      expect(await projecting.queries.getApplication({ tenant: 'acme' }, 3)).to.not.equal(undefined);
    } finally {
      await projecting.close();
    }
  });
});

describe('read models of variables, secrets and limits', () => {
  let projecting: Projecting;
  before(async () => {
    projecting = await openProjecting();
    projecting.run();
  });
  after(() => projecting.close());

  const values = (tenant = 'acme') => projecting.queries.getValues({ tenant }, 3);
  const loaded = async () => {
    const { applications, position } = await loadSchedule(projecting.scheduleSource, () => {});
    expect(position).to.equal(await projecting.store.end());
    return applications;
  };

  it('have none of a new application, and nothing for another tenant', async () => {
    await projecting.reach(await projecting.append(created));
    expect(await values()).to.deep.equal({ variables: [], secrets: [], limits: [], tls: [] });
    expect(await values('other')).to.equal(undefined);
    expect(await loaded()).to.deep.equal([]);
  });

  it('show limits and the names of secrets, and let an engine load sealed values', async () => {
    await projecting.reach(await projecting.append(set));
    expect(await values()).to.deep.equal({ variables, secrets: [{ name: 'KEY', ...at }], limits, tls: [] });
    expect(await loaded()).to.deep.equal([
      { applicationId: 3, revision: 3, variables, secrets, limits, tls: [], hooks: {}, deleted: false },
    ]);
    expect((await projecting.queries.getApplication({ tenant: 'acme' }, 3))?.revision).to.equal(3);
  });

  it('report which secrets were erased', async () => {
    await projecting.reach(await projecting.append(erased));
    expect((await values())?.secrets).to.deep.equal([{ name: 'KEY', ...at, erased: true }]);
  });

  it('forget what was deleted', async () => {
    await projecting.reach(await projecting.append(deleted));
    expect(await values()).to.deep.equal({ variables: [], secrets: [], limits: [], tls: [] });
    expect(await loaded()).to.deep.equal([]);
  });

  it('let engines load a deleted application, and show it to no caller', async () => {
    await projecting.reach(
      await projecting.append([{ stream, event: { type: 'ApplicationDeleted', data: anApplication() } }]),
    );
    expect(await values()).to.equal(undefined);
    expect(await projecting.queries.getApplication({ tenant: 'acme' }, 3)).to.equal(undefined);
    const { items, total } = await projecting.queries.listApplications({ tenant: 'acme' }, { limit: 5 });
    expect([items.map(({ id }) => id), total]).to.deep.equal([[4], 1]);
    const [row] = (await loaded()) ?? [];
    expect(row).to.deep.include({ applicationId: 3, deleted: true, secrets: [] });
  });
});
