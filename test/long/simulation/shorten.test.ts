import { expect } from 'chai';
import { audit } from '../../simulation/books/index.ts';
import { explain, findAmong, seedsFrom } from '../../simulation/find.ts';
import { cursorLeftBehind as sabotage } from '../../simulation/planted-bugs.ts';
import { simulate } from '../../simulation/simulate.ts';

/** Its plan is among the shortest. */
const FIRST = 178;

describe('a failing plan', () => {
  it('is shortened while it fails the same way, and prints its steps', async () => {
    const like = /has its cursor at/;
    const found = await findAmong(seedsFrom(FIRST, 200), { sabotage, like });
    if (found === undefined) return expect.fail('nothing was found');
    const { plan, story } = await explain(found, sabotage);
    expect(plan.commands.length + plan.faults.length).to.be.lessThan(
      found.run.plan.commands.length + found.run.plan.faults.length,
    );
    const whats = audit(await simulate(plan, sabotage)).map(({ what }) => what);
    expect(whats.join('\n')).to.match(like);
    expect(story).to.match(/^seed \d+: \d+ findings\n {2}ledger: .* has its cursor at/);
    expect(story).to.match(/log {7}takes runs-\d+\/\d+ Occurrences/);
  });
});
