import { expect } from 'chai';
import { comparePositions } from '../../src/event-store/port.ts';
import { allProjections } from '../../src/projections/all.ts';
import { unattendedProjections } from '../../src/projections/registry.ts';
import { history } from '../support/histories.ts';
import { openProjecting, type Projecting } from '../support/projecting.ts';

const names = allProjections.map(({ name }) => name);
const [first] = allProjections;

describe('projections that no one runs', () => {
  let projecting: Projecting;
  before(async () => {
    projecting = await openProjecting();
  });
  after(() => projecting.close());

  it('are those whose lock no process holds', async () => {
    const unattended = () => unattendedProjections(projecting.pool);
    expect(await unattended()).to.deep.equal(names);
    const one = projecting.run(first === undefined ? {} : { projections: [first] });
    await one.become('running', [names[0] ?? '']);
    expect(await unattended()).to.deep.equal(names.slice(1));
    const rest = projecting.run();
    await rest.become('running', names.slice(1));
    expect(await unattended()).to.deep.equal([]);
  });

  it('report the progress of the read models to everyone', async () => {
    const position = await projecting.append(history([{ jobId: 1, step: 'edit' }]));
    await projecting.reach(position);
    const reached = projecting.queries.reached();
    expect(reached !== undefined && comparePositions(reached, position) >= 0).to.equal(true);
  });
});
