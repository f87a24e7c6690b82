import { expect } from 'chai';
import type { Secret, Variable } from '../../src/domain/events/index.ts';
import { applicationStream } from '../../src/domain/streams.ts';
import { loadSchedule } from '../../src/projections/load-schedule.ts';
import { anApplication, applicationCreated, sealedAs } from '../support/applications.ts';
import type { Entry } from '../support/histories.ts';
import { openProjecting, type Projecting } from '../support/projecting.ts';

const at = { updatedAt: '2026-03-02T10:00:00.000Z', updatedBy: 'ann' };
const variables: Variable[] = [{ name: 'HOST', value: 'a "quoted" ☃', ...at }];
const secrets: Secret[] = [{ name: 'KEY', value: sealedAs('a'), ...at }];
const stream = applicationStream(3);

const created: Entry[] = [
  { stream: applicationStream(4), event: applicationCreated({ applicationId: 4 }) },
  { stream, event: applicationCreated() },
];
const set: Entry[] = [
  { stream, event: { type: 'VariableSet', data: { ...anApplication({ variables }), variable: 'HOST' } } },
  { stream, event: { type: 'SecretSet', data: { ...anApplication({ variables, secrets }), secret: 'KEY' } } },
];
const erased: Entry[] = [
  {
    stream,
    event: {
      type: 'SecretsErased',
      data: { ...anApplication({ variables, secrets, erasedGeneration: 1 }), generation: 1 },
    },
  },
];
const deleted: Entry[] = [
  {
    stream,
    event: { type: 'VariableDeleted', data: { ...anApplication({ variables: [], secrets }), variable: 'HOST' } },
  },
  {
    stream,
    event: { type: 'SecretDeleted', data: { ...anApplication({ variables: [], secrets: [] }), secret: 'KEY' } },
  },
];

describe('read models of variables and secrets', () => {
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
    expect(await values()).to.deep.equal({ variables: [], secrets: [] });
    expect(await values('other')).to.equal(undefined);
    expect(await loaded()).to.deep.equal([]);
  });

  it('show that a secret is there, and give an engine what was sealed', async () => {
    await projecting.reach(await projecting.append(set));
    expect(await values()).to.deep.equal({ variables, secrets: [{ name: 'KEY', ...at }] });
    expect(await loaded()).to.deep.equal([{ applicationId: 3, revision: 2, variables, secrets }]);
    expect((await projecting.queries.getApplication({ tenant: 'acme' }, 3))?.revision).to.equal(2);
  });

  it('tell which secrets were erased', async () => {
    await projecting.reach(await projecting.append(erased));
    expect((await values())?.secrets).to.deep.equal([{ name: 'KEY', ...at, erased: true }]);
  });

  it('forget what was deleted', async () => {
    await projecting.reach(await projecting.append(deleted));
    expect(await values()).to.deep.equal({ variables: [], secrets: [] });
    expect(await loaded()).to.deep.equal([]);
  });
});
