import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { GENERATED_PAGES } from '../../../scripts/docs/generated.ts';
import { Settings } from '../../../src/config/settings.ts';

describe('pages that follow from the code: npm run docs writes them', () => {
  for (const [file, document] of Object.entries(GENERATED_PAGES)) {
    it(file, () => {
      expect(readFileSync(file, 'utf8')).to.equal(document());
    });
  }

  it('have a meaning for each setting', () => {
    for (const [name, schema] of Object.entries(Settings.shape)) expect(schema.description, name).to.match(/\w{3,}/);
  });
});
