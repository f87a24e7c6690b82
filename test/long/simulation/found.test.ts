import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { audit } from '../../simulation/books/index.ts';
import { Plan } from '../../simulation/plan.ts';
import { simulate } from '../../simulation/simulate.ts';
import { tell } from '../../simulation/story.ts';

const FOLDER = new URL('../../simulation/found/', import.meta.url);

/** Plans that a bug once failed, as short as they could be made. */
describe('what simulation once found', () => {
  for (const file of readdirSync(FOLDER)) {
    it(`stays fixed: ${file.replace('.json', '').replaceAll('-', ' ')}`, async () => {
      const run = await simulate(Plan.parse(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'))));
      const findings = audit(run);
      if (findings.length > 0) expect.fail(tell(run, findings));
    });
  }
});
