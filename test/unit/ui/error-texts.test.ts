import { expect } from 'chai';
import { EXECUTION_ERROR_CODES, PASSED_ON_CODES } from '../../../src/domain/codes/execution-error-codes.ts';
import { ERROR_TEXTS, errorTextOf, formatError } from '../../../ui/src/format/error-texts.ts';

describe('texts of errors on the page', () => {
  /** A page has no links into the documentation, so it names the file. */
  const withoutLinks = (text: string): string => text.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, 'docs/$1');

  it('are those that the documentation has, for every code', () => {
    const documented = Object.entries({ ...EXECUTION_ERROR_CODES, ...PASSED_ON_CODES }).map(
      ([code, { meaning, remedy }]) => [code, { meaning: withoutLinks(meaning), remedy: withoutLinks(remedy) }],
    );
    expect(ERROR_TEXTS).to.deep.equal(Object.fromEntries(documented));
  });

  it('tell any status of a target by one text, and nothing of an unknown code', () => {
    expect(errorTextOf('HTTP_503')).to.equal(ERROR_TEXTS['HTTP_<status>']);
    expect(errorTextOf('EUNHEARDOF')).to.equal(undefined);
  });

  it('are said in a few words where there is little room', () => {
    expect(formatError('HTTP_503')).to.equal("The target responded with a status that doesn't count as success");
    expect(formatError('DEADLINE_EXCEEDED')).to.match(/ reported no result within deadline$/);
    expect(formatError('E_UNHEARD_OF')).to.equal('E unheard of');
  });
});
