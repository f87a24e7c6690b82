import { expect } from 'chai';
import { type AppResource, RESOURCE_KINDS } from '../../../src/bootstrap/app-resources.ts';
import { planAppResources, type StoredAppResource } from '../../../src/bootstrap/plan-app-resources.ts';

const SYNC = 'bootstrap:crm';
const NOW_MS = Date.parse('2026-03-01T12:00:00Z');

const variable = (value: string, name = 'STAGE'): AppResource => ({ kind: 'variable', name, value: { value } });
const set = (belonging: AppResource, by = SYNC): StoredAppResource => ({
  ...belonging,
  by,
  at: '2026-02-01T00:00:00.000Z',
});

const planned = (
  wanted: readonly AppResource[],
  stored: readonly StoredAppResource[],
  kinds = RESOURCE_KINDS.slice(),
) => planAppResources({ wanted, stored, kinds: new Set(kinds), owner: SYNC, adopts: false, nowMs: NOW_MS });

describe('the plan of what belongs to an application', () => {
  it('creates missing resources, and keeps equal ones of any owner', () => {
    const [created] = planned([variable('a')], []);
    expect(created).to.deep.equal({ kind: 'create', wanted: variable('a') });
    expect(planned([variable('a')], [set(variable('a'), 'ann')])[0]?.kind).to.equal('keep');
  });

  it('adopts resources of other users, but none of the files of another application', () => {
    const adopt = (by: string) =>
      planAppResources({
        ...{ wanted: [variable('b')], stored: [set(variable('a'), by)], kinds: new Set(RESOURCE_KINDS) },
        ...{ owner: SYNC, adopts: true, nowMs: NOW_MS },
      })[0]?.kind;
    expect(adopt('ann')).to.equal('update');
    expect(adopt('bootstrap:erp')).to.equal('skip');
  });

  it('skips what waits for something, and states for what', () => {
    const waiting: AppResource = { ...variable('a'), waits: 'waits for the secret X' };
    expect(planned([waiting], [])[0]).to.deep.include({ kind: 'skip', reason: 'waits for the secret X', changes: [] });
  });

  it('updates resources that the sync has set, and keeps those of others', () => {
    const changes = [{ pointer: '/value', before: 'a', after: 'b' }];
    expect(planned([variable('b')], [set(variable('a'))])[0]).to.deep.include({ kind: 'update', changes });
    const skipped = { kind: 'skip', reason: 'set by someone else', changes };
    expect(planned([variable('b')], [set(variable('a'), 'ann')])[0]).to.deep.include(skipped);
  });

  it('deletes what the sync has set and the file no longer names, of the kinds that the file states something of', () => {
    const stored = [set(variable('a', 'MINE')), set(variable('a', 'THEIRS'), 'ann')];
    expect(planned([], stored)).to.deep.equal([{ kind: 'delete', stored: stored[0] }]);
    expect(planned([], stored, ['limit'])).to.deep.equal([]);
  });

  it('sets no ended pause, and separates kinds with the same name', () => {
    const pause: AppResource = { kind: 'pause', name: 'one', value: { until: '2026-03-01T12:00:00.000Z' } };
    expect(planned([pause], [])[0]).to.include({ kind: 'skip', reason: 'its instant has passed' });
    const limit: AppResource = { kind: 'limit', name: 'one', value: { parallel: 1 } };
    const ahead: AppResource = { ...pause, value: { until: '2026-03-01T12:00:00.001Z' } };
    expect(planned([limit, ahead], [set(limit)]).map(({ kind }) => kind)).to.deep.equal(['keep', 'create']);
  });
});
