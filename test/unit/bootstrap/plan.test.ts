import { expect } from 'chai';
import type { AppResourceKind } from '../../../src/bootstrap/app-resources.ts';
import type { DesiredJob } from '../../../src/bootstrap/definitions.ts';
import { type CurrentApplication, plan } from '../../../src/bootstrap/plan.ts';
import { JobFields } from '../../../src/commands/job/job-input.ts';
import type { Hooks, HttpJobDefinition } from '../../../src/domain/events/index.ts';
import { HttpConfig } from '../../../src/domain/tasks/http/stored.ts';
import { job as storedJob } from '../../support/http.ts';

const SYNC = 'bootstrap:crm';
const ANN = 'ann';
const NOW_MS = Date.parse('2026-03-01T12:00:00Z');

const NOTHING = { resources: [], kinds: new Set<AppResourceKind>() };

const desiredJob = (other: Readonly<Record<string, unknown>> = {}): DesiredJob => ({
  fields: JobFields.parse({
    name: 'nightly',
    pattern: '0 2 * * *',
    taskType: 'HttpInvokerTask',
    taskConfig: { url: 'https://example.com/sync', method: 'POST' },
    ...other,
  }),
  warnings: [],
});

const stored = (other: Partial<HttpJobDefinition> = {}): HttpJobDefinition => ({
  ...storedJob,
  taskConfig: { url: 'https://example.com/sync', method: 'POST' },
  createdBy: SYNC,
  updatedBy: SYNC,
  ...other,
});

const currentWith = (...jobs: HttpJobDefinition[]): CurrentApplication => {
  const summary = { id: 1, name: 'crm', displayName: 'CRM' };
  const stamps = { createdAt: '', createdBy: SYNC, updatedAt: '', updatedBy: SYNC };
  return {
    application: { ...summary, ...stamps, revision: 0 },
    jobs: jobs.map((job) => ({
      job,
      runs: 0,
      nextRunAt: null,
      state: undefined,
      lastExecution: null,
      application: summary,
      revision: 3,
    })),
  };
};

const planned = (
  current: CurrentApplication,
  jobs: readonly DesiredJob[] | undefined,
  displayName = 'CRM',
  hooks: Hooks = {},
) =>
  plan({
    desired: { tenant: 'default', name: 'crm', fields: { displayName, ...hooks }, jobs, ...NOTHING },
    current,
    stored: [],
    adopts: () => false,
    nowMs: NOW_MS,
    tasks: new Map(
      (jobs ?? []).map(({ fields }) => [
        fields.name,
        HttpConfig.pick({ method: true, url: true }).parse(fields.taskConfig),
      ]),
    ),
  });
const kinds = (current: CurrentApplication, jobs: readonly DesiredJob[] | undefined) =>
  planned(current, jobs).jobs.map(({ kind }) => kind);

describe('the plan of a bootstrap', () => {
  it('creates what is in the files alone, its application too', () => {
    const { application, jobs } = planned({ application: undefined, jobs: [] }, [desiredJob()]);
    expect([application.kind, jobs.map(({ kind }) => kind)]).to.deep.equal(['create', ['create']]);
  });

  it('updates what it owns, and names each field that changes', () => {
    const before = stored({ description: 'gone', labels: { team: 'a' } });
    const [action] = planned(currentWith(before), [desiredJob({ pattern: '0 3 * * *' })]).jobs;
    if (action?.kind !== 'update') expect.fail(`${action?.kind}`);
    expect(action.changes).to.have.deep.members([
      { pointer: '/description', before: 'gone' },
      { pointer: '/pattern', before: '0 2 * * *', after: '0 3 * * *' },
      { pointer: '/labels', before: { team: 'a' } },
    ]);
  });

  it('keeps what is so already, with defaults left out of the file', () => {
    expect(kinds(currentWith(stored()), [desiredJob()])).to.deep.equal(['keep']);
    expect(kinds(currentWith(stored()), [desiredJob({ enabled: true, timezone: 'UTC' })])).to.deep.equal(['keep']);
    expect(kinds(currentWith(stored()), [desiredJob({ confidential: false })])).to.deep.equal(['keep']);
  });

  it('compares rules', () => {
    const rules = { overlap: 'queue', retry: { maxAttempts: 3 } } as const;
    expect(kinds(currentWith(stored(rules)), [desiredJob(rules)])).to.deep.equal(['keep']);
    const [action] = planned(currentWith(stored(rules)), [desiredJob({ retry: { maxAttempts: 4 } })]).jobs;
    if (action?.kind !== 'update') expect.fail(`${action?.kind}`);
    expect(action.changes).to.have.deep.members([
      { pointer: '/overlap', before: 'queue' },
      { pointer: '/retry/maxAttempts', before: 3, after: 4 },
    ]);
  });

  it('neither creates nor reschedules a job whose one instant has passed, and keeps one that had it', () => {
    const at = '2026-03-01T12:00:00.000Z';
    const past = desiredJob({ pattern: undefined, schedule: { at } });
    const skipped = { kind: 'skip', reason: 'its instant has passed' };
    expect(planned(currentWith(), [past]).jobs[0]).to.include(skipped);
    expect(planned(currentWith(stored()), [past]).jobs[0]).to.include(skipped);
    const { pattern: _, ...unscheduled } = stored();
    expect(kinds(currentWith({ ...unscheduled, schedule: { at } }), [past])).to.deep.equal(['keep']);
    const ahead = desiredJob({ pattern: undefined, schedule: { at: '2026-03-01T12:00:00.001Z' } });
    expect(kinds(currentWith(), [ahead])).to.deep.equal(['create']);
  });

  it('skips what it made and someone changed since', () => {
    const [action] = planned(currentWith(stored({ updatedBy: ANN })), [desiredJob({ pattern: '1 2 * * *' })]).jobs;
    expect(action).to.include({ kind: 'skip', reason: 'manually modified' });
  });

  it('skips what another source made, with what differs', () => {
    const theirs = stored({ createdBy: ANN, updatedBy: ANN });
    const [action] = planned(currentWith(theirs), [desiredJob({ pattern: '1 2 * * *' })]).jobs;
    const changes = [{ pointer: '/pattern', before: '0 2 * * *', after: '1 2 * * *' }];
    expect(action).to.deep.include({ kind: 'skip', reason: 'created by another source', changes });
  });

  it('owns resources that it changed last, whoever created them', () => {
    expect(kinds(currentWith(stored({ createdBy: ANN })), [desiredJob()])).to.deep.equal(['keep']);
    expect(kinds(currentWith(stored({ createdBy: ANN })), [])).to.deep.equal(['delete']);
  });

  it('adopts a named job, even without differences', () => {
    const [action] = plan({
      desired: { tenant: 'default', name: 'crm', fields: { displayName: 'CRM' }, jobs: [desiredJob()], ...NOTHING },
      current: currentWith(stored({ updatedBy: ANN })),
      stored: [],
      nowMs: NOW_MS,
      tasks: new Map([['nightly', stored().taskConfig]]),
      adopts: (address) => address === 'crm/nightly',
    }).jobs;
    expect(action).to.deep.include({ kind: 'update', changes: [] });
  });

  it('treats an application of another sync as another source', () => {
    const other = stored({ createdBy: 'bootstrap:erp', updatedBy: 'bootstrap:erp' });
    expect(kinds(currentWith(other), [desiredJob()])).to.deep.equal(['skip']);
  });

  it('deletes what it owns and the file lacks, and leaves everything else', () => {
    const current = currentWith(
      stored({ name: 'owned' }),
      stored({ name: 'edited', updatedBy: ANN }),
      stored({ name: 'foreign', createdBy: ANN, updatedBy: ANN }),
    );
    expect(kinds(current, [])).to.deep.equal(['delete', 'ignore', 'ignore']);
  });

  it('touches no job if there is no file of jobs', () => {
    expect(kinds(currentWith(stored()), undefined)).to.deep.equal([]);
  });

  it('sets the hooks of the file on an application that it owns, and removes others', () => {
    const onFailure = { url: 'https://example.com/failed' };
    const changesOf = (current: CurrentApplication, hooks: Hooks) => {
      const { application } = planned(current, undefined, 'CRM', hooks);
      return application.kind === 'update' ? application.changes : application.kind;
    };
    const current = currentWith();
    const hasHook = { ...current, application: current.application && { ...current.application, onFailure } };
    expect(changesOf(current, { onFailure })).to.deep.equal([{ pointer: '/onFailure', after: onFailure }]);
    expect(changesOf(hasHook, {})).to.deep.equal([{ pointer: '/onFailure', before: onFailure }]);
    expect(changesOf(hasHook, { onFailure })).to.equal('keep');
  });

  it('renames an application that it owns, and no other', () => {
    const owned = currentWith();
    expect(planned(owned, [], 'Customers').application).to.deep.include({ kind: 'update', id: 1 });
    if (owned.application === undefined) return;
    const edited = { jobs: [], application: { ...owned.application, updatedBy: ANN } };
    expect(planned(edited, [], 'Customers').application).to.include({ kind: 'skip', reason: 'manually modified' });
    const foreign = { jobs: [], application: { ...owned.application, createdBy: ANN, updatedBy: ANN } };
    expect(planned(foreign, [], 'CRM').application.kind).to.equal('keep');
  });
});
