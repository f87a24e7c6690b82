import { expect } from 'chai';
import { checkServerVersion, PostgresTooOld } from '../../../src/db/migrate.ts';

describe('the version of Postgres', () => {
  for (const version of ['13.22 (Debian 13.22-1)', '9.6.24']) {
    it(`is too old: ${version}`, () => {
      expect(() => checkServerVersion(version)).to.throw(PostgresTooOld, `Postgres ${version} is too old`);
    });
  }

  for (const version of ['14.0', '18.4', '19beta1']) {
    it(`is supported: ${version}`, () => {
      expect(() => checkServerVersion(version)).to.not.throw();
    });
  }
});
