import { expect } from 'chai';
import { errorTextOf, formatError } from '../../../ui/src/format/error-texts.ts';

describe('texts of errors in the admin UI', () => {
  it('name files instead of links', () => {
    expect(errorTextOf('SECRET_KEY_UNKNOWN')?.remedy).to.equal(
      'The operator adds that key on every engine: docs/how-to/secrets.md.',
    );
  });

  it('are the same for all statuses of a target, and absent for an unknown code', () => {
    expect(errorTextOf('HTTP_503')).to.deep.equal(errorTextOf('HTTP_404'));
    expect(errorTextOf('EUNHEARDOF')).to.equal(undefined);
  });

  it('have a short form', () => {
    expect(formatError('HTTP_503')).to.equal("The target responded with a status that doesn't count as success");
    expect(formatError('DEADLINE_EXCEEDED')).to.match(/ reported no result within deadline$/);
    expect(formatError('E_UNHEARD_OF')).to.equal('E unheard of');
  });
});
