import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { BootstrapRejected } from '../../../../src/bootstrap/rejected.ts';
import type { Sync } from '../../../../src/bootstrap/sync.ts';
import { withCommonTime } from '../../../../src/compose/core.ts';
import { createHealthIssues } from '../../../../src/compose/health-issues.ts';
import { syncAtStart } from '../../../../src/compose/roles/api.ts';
import type { Shared } from '../../../../src/compose/shared.ts';
import { loadConfig } from '../../../../src/config.ts';
import { StreamParked } from '../../../../src/event-store/errors.ts';
import { LOG_START } from '../../../../src/event-store/port.ts';
import { writeBootstrap } from '../../../support/bootstrap-folder.ts';
import { stub } from '../../../support/stub.ts';
import { type ManualWorld, manualWorld } from '../../../support/world.ts';

const sharedOf = (world: ManualWorld, bootstrapDir: string): Shared =>
  stub<Shared>({
    config: { ...loadConfig({}), mode: 'production', bootstrapDir },
    queries: stub<Shared['queries']>({
      listApplications: async () => ({ items: [] }),
      awaitPosition: async () => true,
    }),
    world: withCommonTime(world),
    issues: createHealthIssues(world),
  });

describe('the sync at a start', () => {
  it('states in a line why files were rejected', async () => {
    const dir = await writeBootstrap({ 'crm/application.json': { name: 'crm' } });
    const sync: Sync = async () => {
      throw new BootstrapRejected([{ file: 'crm/jobs.json', field: '/0/pattern', pointer: '', message: 'is missing' }]);
    };
    const world = manualWorld();
    await syncAtStart(sharedOf(world, dir), sync);
    const reason = 'nothing was applied:\ncrm/jobs.json: /0/pattern: is missing';
    expect(world.lines.map(({ level, fields }) => [level, fields])).to.deep.equal([['error', { dir, reason }]]);
    await rm(dir, { recursive: true });
  });

  it('names the setting if there is no such folder', async () => {
    const world = manualWorld();
    await syncAtStart(sharedOf(world, '/nowhere/jobs'), stub<Sync>({}));
    const reason =
      "Can't read the folder /nowhere/jobs (BOOTSTRAP_DIR): it does not exist. Create it and let the user of this process read it, or correct BOOTSTRAP_DIR.";
    expect(world.lines.map(({ fields }) => fields)).to.deep.equal([{ dir: '/nowhere/jobs', reason }]);
  });

  it('brings all other applications to their files if one has a parked stream', async () => {
    const dir = await writeBootstrap({
      'bad/application.json': { name: 'bad' },
      'good/application.json': { name: 'good' },
    });
    const synced: string[] = [];
    const sync: Sync = async ({ sources }) => {
      const folders = sources.map(({ folder }) => folder);
      if (folders.includes('bad')) {
        const at = { stream: 'app-1', revision: 3, position: LOG_START, id: '1', recordedAt: 0, why: 'no JSON' };
        throw new StreamParked({ ...at, type: 'VariableSet' });
      }
      synced.push(...folders);
      return { applications: [], position: undefined };
    };
    const world = manualWorld();
    await syncAtStart(sharedOf(world, dir), sync);
    expect(synced).to.deep.equal(['good']);
    expect(world.lines.map(({ level, fields }) => [level, fields.folder])).to.deep.equal([['error', 'bad']]);
    await rm(dir, { recursive: true });
  });
});
